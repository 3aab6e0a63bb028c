#include "api/condition_context.h"

#include <gtest/gtest.h>

namespace axonflow::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(ConditionContext, FlattensObjectsIntoDottedKeysInOrder) {
  JsonDocument document;
  const auto root =
      document.Parse(R"({"z":"last","a":{"b":{"c":true},"n":1.5},"list":[1,"x"],"gone":null})");
  ASSERT_TRUE(root);
  const auto pairs = ReadConditionContext(*root);
  ASSERT_TRUE(pairs);
  EXPECT_EQ(*pairs,
            (Pairs{{"a.b.c", "true"}, {"a.n", "1.5"}, {"list", R"([1,"x"])"}, {"z", "last"}}));
}

TEST(ConditionContext, RefusesMoreThanItsBounds) {
  std::string many = "{";
  for (std::size_t i = 0; i <= kConditionValuesMax; ++i) {
    many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  }
  many += "}";
  std::string deep;
  for (std::size_t i = 0; i <= kConditionDepthMax; ++i) deep += R"({"a":)";
  deep += "1" + std::string(kConditionDepthMax + 1, '}');
  for (const auto& text : {many, deep}) {
    JsonDocument document;
    const auto root = document.Parse(text);
    ASSERT_TRUE(root);
    const auto pairs = ReadConditionContext(*root);
    ASSERT_FALSE(pairs);
    EXPECT_EQ(pairs.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace axonflow::api
