#include "providers/catalog.h"

#include <gtest/gtest.h>

namespace axonflow::providers {
namespace {

TEST(Catalog, HasAProviderForEachThatIsConfigured) {
  CatalogOptions options;
  options.openai_key = Secret("k");
  options.ollama_base_url = "http://127.0.0.1:11434/";
  const auto catalog = Catalog::From(std::move(options));
  ASSERT_TRUE(catalog);
  ASSERT_EQ(catalog->providers().size(), 2U);
  EXPECT_EQ(catalog->Find("openai")->base_url, "https://api.openai.com/v1");
  EXPECT_EQ(catalog->Find("ollama")->base_url, "http://127.0.0.1:11434/v1");
  EXPECT_FALSE(catalog->Find("ollama")->needs_key);
  EXPECT_EQ(catalog->For(Protocol::kOpenAi)->name, "openai");
  EXPECT_EQ(catalog->For(Protocol::kAnthropic), nullptr);
}

TEST(Catalog, RefusesWhatIsNoUrl) {
  for (const char* url : {"ftp://x", "x", "https://user@host", "https://host/?a=b", "http://a b"}) {
    CatalogOptions options;
    options.anthropic_base_url = url;
    EXPECT_FALSE(Catalog::From(std::move(options))) << url;
  }
}

}  // namespace
}  // namespace axonflow::providers
