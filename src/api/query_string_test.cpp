#include "api/query_string.h"

#include <gtest/gtest.h>

namespace axonflow::api {
namespace {

TEST(QueryString, DecodesNamesAndValues) {
  const auto query = QueryString::Parse("a=1&b=x%20y+z&&empty=&flag&a=2&%63=%C3%A9");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->Get("a"), "1");
  EXPECT_EQ(query->Get("b"), "x y z");
  EXPECT_EQ(query->Get("empty"), "");
  EXPECT_EQ(query->Get("c"), "\u00e9");
  EXPECT_EQ(query->Get("absent"), "");
}

TEST(QueryString, RefusesWhatIsNotText) {
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "%C0%80=1"}) {
    EXPECT_FALSE(QueryString::Parse(bad)) << bad;
  }
}

TEST(QueryString, IntegerChecksItsBounds) {
  const auto query = QueryString::Parse("n=7&word=x&neg=-1&float=1.5&huge=99999999999999999999");
  ASSERT_TRUE(query);
  EXPECT_EQ(*query->Integer("n", 1, 1, 10), 7);
  EXPECT_EQ(*query->Integer("absent", 5, 1, 10), 5);
  for (const char* name : {"word", "neg", "float", "huge"}) {
    const auto value = query->Integer(name, 5, 1, 10);
    ASSERT_FALSE(value) << name;
    EXPECT_NE(value.error().message.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace axonflow::api
