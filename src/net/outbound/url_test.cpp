#include "net/outbound/url.h"

#include <gtest/gtest.h>

namespace axonflow::outbound {
namespace {

std::string Written(std::string_view text) {
  const auto url = Url::Parse(text);
  return url ? url->ToString() : "refused";
}

TEST(Url, WritesWhatItRead) {
  EXPECT_EQ(Written("https://API.example.org"), "https://api.example.org/");
  EXPECT_EQ(Written("HTTPS://api.example.org:443/v1?x=%20a&y=[1]#part"),
            "https://api.example.org/v1?x=%20a&y=[1]");
  EXPECT_EQ(Written("http://api.example.org:8080?x"), "http://api.example.org:8080/?x");
  EXPECT_EQ(Written("https://[2606:4700:0::1111]:8443/a/../b"),
            "https://[2606:4700::1111]:8443/a/../b");
  EXPECT_EQ(Written("http://my_service-1/"), "http://my_service-1/");
  EXPECT_EQ(Written("https://8.8.8.8:80/"), "https://8.8.8.8:80/");
}

TEST(Url, RefusesWhatTwoReadersUnderstandDifferently) {
  for (const char* bad : {"",
                          "https://",
                          "https://a b/",
                          "https://a\tb/",
                          "https://a\n/",
                          "https://a/\x7f",
                          "https://u@a/",
                          "https://a%41/",
                          "https://a\\b/",
                          "https://1.2.3/",
                          "https://0x1/",
                          "https://a./",
                          "https://a:1:2/",
                          "https://a:080/",
                          "https://a:99999/",
                          "https://[::1%1]/",
                          "https://[1.2.3.4]/",
                          "ftp://a/",
                          "https//a/",
                          "https://\xc3\xa4/"}) {
    EXPECT_EQ(Written(bad), "refused") << bad;
  }
  EXPECT_EQ(Written("https://a/" + std::string(Url::kBytesMax, 'x')), "refused");
  EXPECT_EQ(Written("https://" + std::string(64, 'a') + "/"), "refused");
  EXPECT_EQ(Written(std::string("https://a/\0b", 12)), "refused");
}

TEST(Url, ResolvesAsRfc3986Says) {
  const Url base = *Url::Parse("https://a.example:8443/b/c/d?q=1");
  const std::pair<const char*, const char*> rows[] = {
      {"https://other.example/x", "https://other.example/x"},
      {"//other.example/x", "https://other.example/x"},
      {"/x?y", "https://a.example:8443/x?y"},
      {"g", "https://a.example:8443/b/c/g"},
      {"./g", "https://a.example:8443/b/c/g"},
      {"../g", "https://a.example:8443/b/g"},
      {"../../../g", "https://a.example:8443/g"},
      {"?y=2", "https://a.example:8443/b/c/d?y=2"},
      {"#part", "https://a.example:8443/b/c/d"},
      {"g/..", "https://a.example:8443/b/c/"},
      {"/a/./b/../c?x=../y", "https://a.example:8443/a/c?x=../y"},
      {"ftp://other.example/", "refused"},
      {"javascript:alert(1)", "refused"},
      {"//user@other.example/", "refused"},
      {"\\\\other.example", "refused"},
  };
  for (const auto& [location, want] : rows) {
    const auto url = base.Resolve(location);
    EXPECT_EQ(url ? url->ToString() : "refused", want) << location;
  }
}

}  // namespace
}  // namespace axonflow::outbound
