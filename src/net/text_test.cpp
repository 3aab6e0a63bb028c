#include "net/text.h"

#include <gtest/gtest.h>

namespace axonflow::net {
namespace {

TEST(EqualsIgnoreCase, FoldsAsciiLettersOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("Content-LENGTH", "content-length"));
  EXPECT_FALSE(EqualsIgnoreCase("host", "hosts"));
  EXPECT_FALSE(EqualsIgnoreCase("a@", "a`"));  // 0x40 and 0x60 differ by the case bit
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
}

TEST(PercentDecode, DecodesOnceAndRefusesWhatIsNotAnEscape) {
  std::string out = "left over";
  EXPECT_TRUE(PercentDecode("/a%20b%2Fc%2f%41", out));
  EXPECT_EQ(out, "/a b/c/A");
  EXPECT_TRUE(PercentDecode("%2541", out));
  EXPECT_EQ(out, "%41");
  for (const char* bad : {"%", "%4", "/%zz", "/%4g", "/%00", "/%0a", "/%0D", "/%7f", "/%%41"}) {
    EXPECT_FALSE(PercentDecode(bad, out)) << bad;
  }
}

TEST(IsFieldText, RefusesControlCharactersExceptTab) {
  EXPECT_TRUE(IsFieldText("a\tb \xc3\xa4 ~"));
  for (const char c : {'\0', '\r', '\n', '\x0b', '\x1f', '\x7f'}) {
    EXPECT_FALSE(IsFieldText(std::string("a") + c + "b")) << static_cast<int>(c);
  }
}

TEST(AfterAuthority, LeavesPathAndQuery) {
  EXPECT_EQ(AfterAuthority("http://host:80/a/b?c"), "/a/b?c");
  EXPECT_EQ(AfterAuthority("HTTPS://host/"), "/");
  EXPECT_EQ(AfterAuthority("http://host"), "");
  EXPECT_EQ(AfterAuthority("http://host?q"), "?q");
  for (const char* bad : {"*", "host:443", "http:///a", "http://", "ftp://host/", "http:/a"}) {
    EXPECT_FALSE(AfterAuthority(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace axonflow::net
