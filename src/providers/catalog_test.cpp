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

TEST(Catalog, KnowsWhereAzureAndGeminiSpeakTheProtocolOfOpenAi) {
  CatalogOptions options;
  options.azure_endpoint = "https://unit.openai.azure.com/";
  options.azure_key = Secret("a");
  options.google_key = Secret("g");
  const auto catalog = Catalog::From(std::move(options));
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->Find("azure-openai")->base_url, "https://unit.openai.azure.com/openai/v1");
  EXPECT_EQ(catalog->Find("azure-openai")->key_header, "api-key");
  EXPECT_EQ(catalog->Find("gemini")->base_url,
            "https://generativelanguage.googleapis.com/v1beta/openai");
}

TEST(Catalog, RefusesAKeyOfAzureWithoutAnEndpoint) {
  CatalogOptions options;
  options.azure_key = Secret("a");
  EXPECT_FALSE(Catalog::From(std::move(options)));
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
