#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "net/outbound/client.h"
#include "providers/breaker.h"
#include "providers/fields.h"

namespace axonflow::providers {

// Somebody who serves models.
struct Provider {
  std::string name;  // "openai", "anthropic", "ollama": as in records and prices
  Protocol protocol = Protocol::kOpenAi;
  std::string base_url;  // without a slash at the end; paths of surfaces are appended
  Secret key;            // empty: the caller brings one, or none is needed
  bool needs_key = true;
  std::string default_model;
  std::string_view key_header = {};  // empty: what the protocol has
  outbound::Deadlines deadlines = {};
  std::shared_ptr<Breaker> breaker = std::make_shared<Breaker>();
};

struct CatalogOptions {
  // Each provider exists when its URL or its key is set; an unset URL is the public one.
  std::string openai_base_url, anthropic_base_url, ollama_base_url;
  std::string azure_endpoint;   // https://<resource>.openai.azure.com
  std::string google_base_url;  // of Gemini's OpenAI protocol
  Secret openai_key, anthropic_key, azure_key, google_key;
  // For calls that name none. On Azure a model is called as its deployment.
  std::string openai_model, anthropic_model, ollama_model, azure_model, google_model;
  outbound::Deadlines deadlines;
};

// The providers of this deployment, in order of preference. Immutable.
class Catalog {
 public:
  Catalog() = default;
  // Fails when a URL is none (http or https, no query, no user).
  static Result<Catalog> From(CatalogOptions options);

  std::span<const Provider> providers() const { return providers_; }
  const Provider* Find(std::string_view name) const;
  // The first provider that speaks `protocol`; null when there is none.
  const Provider* For(Protocol protocol) const;

 private:
  std::vector<Provider> providers_;
};

}  // namespace axonflow::providers
