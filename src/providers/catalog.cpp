#include "providers/catalog.h"

#include <utility>

namespace axonflow::providers {
namespace {

constexpr std::string_view kOpenAiUrl = "https://api.openai.com/v1";
constexpr std::string_view kAnthropicUrl = "https://api.anthropic.com";

Status CheckUrl(std::string_view variable, std::string_view url) {
  const bool scheme = url.starts_with("https://") || url.starts_with("http://");
  if (scheme && url.find_first_of("?#@ \t\r\n") == std::string_view::npos) return {};
  return Error{ErrorCode::kInvalidArgument,
               std::string(variable) + " must be an http or https URL without user and query"};
}

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<Catalog> Catalog::From(CatalogOptions options) {
  Catalog catalog;
  const auto add = [&](Provider provider, std::string_view variable) -> Status {
    if (auto checked = CheckUrl(variable, provider.base_url); !checked) return checked;
    provider.base_url = WithoutSlash(std::move(provider.base_url));
    catalog.providers_.push_back(std::move(provider));
    return {};
  };
  if (!options.openai_base_url.empty() || !options.openai_key.empty()) {
    auto& url = options.openai_base_url;
    if (url.empty()) url = kOpenAiUrl;
    auto added = add({"openai", Protocol::kOpenAi, url, std::move(options.openai_key), true,
                      options.openai_model},
                     "OPENAI_BASE_URL");
    if (!added) return added.error();
  }
  if (!options.anthropic_base_url.empty() || !options.anthropic_key.empty()) {
    auto& url = options.anthropic_base_url;
    if (url.empty()) url = kAnthropicUrl;
    auto added = add({"anthropic", Protocol::kAnthropic, url, std::move(options.anthropic_key),
                      true, options.anthropic_model},
                     "ANTHROPIC_BASE_URL");
    if (!added) return added.error();
  }
  if (!options.ollama_base_url.empty()) {
    // Ollama serves the OpenAI protocol below /v1.
    auto added = add({"ollama", Protocol::kOpenAi, WithoutSlash(options.ollama_base_url) + "/v1",
                      Secret(), false, options.ollama_model},
                     "OLLAMA_BASE_URL");
    if (!added) return added.error();
  }
  return catalog;
}

const Provider* Catalog::Find(std::string_view name) const {
  for (const Provider& provider : providers_) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

const Provider* Catalog::For(Protocol protocol) const {
  for (const Provider& provider : providers_) {
    if (provider.protocol == protocol) return &provider;
  }
  return nullptr;
}

}  // namespace axonflow::providers
