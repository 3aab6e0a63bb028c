#include "providers/catalog.h"

#include <utility>

namespace axonflow::providers {
namespace {

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
  struct Row {
    Provider provider;
    std::string_view variable, public_url, suffix;
  };
  Row rows[] = {
      {{"openai", Protocol::kOpenAi, options.openai_base_url, std::move(options.openai_key), true,
        options.openai_model},
       "OPENAI_BASE_URL",
       "https://api.openai.com/v1",
       ""},
      {{"anthropic", Protocol::kAnthropic, options.anthropic_base_url,
        std::move(options.anthropic_key), true, options.anthropic_model},
       "ANTHROPIC_BASE_URL",
       "https://api.anthropic.com",
       ""},
      // The resource of a customer: there is no public address, and the key has its own header.
      {{"azure-openai", Protocol::kOpenAi, options.azure_endpoint, std::move(options.azure_key),
        true, options.azure_model, "api-key"},
       "AZURE_OPENAI_ENDPOINT",
       "",
       "/openai/v1"},
      {{"gemini", Protocol::kOpenAi, options.google_base_url, std::move(options.google_key), true,
        options.google_model},
       "GOOGLE_BASE_URL",
       "https://generativelanguage.googleapis.com/v1beta/openai",
       ""},
      // Ollama serves the OpenAI protocol below /v1.
      {{"ollama", Protocol::kOpenAi, options.ollama_base_url, Secret(), false,
        options.ollama_model},
       "OLLAMA_BASE_URL",
       "",
       "/v1"},
  };
  Catalog catalog;
  for (Row& row : rows) {
    Provider& provider = row.provider;
    if (provider.base_url.empty() && provider.key.empty()) continue;
    if (provider.base_url.empty()) provider.base_url = row.public_url;
    if (auto checked = CheckUrl(row.variable, provider.base_url); !checked) return checked.error();
    provider.base_url = WithoutSlash(std::move(provider.base_url)) + std::string(row.suffix);
    provider.deadlines = options.deadlines;
    catalog.providers_.push_back(std::move(provider));
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
