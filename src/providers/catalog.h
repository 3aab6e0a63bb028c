#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
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
};

struct CatalogOptions {
  // Each provider exists when its URL or its key is set; an unset URL is the public one.
  std::string openai_base_url, anthropic_base_url, ollama_base_url;
  Secret openai_key, anthropic_key;
  std::string openai_model, anthropic_model, ollama_model;  // for calls that name none
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
