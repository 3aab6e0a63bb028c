#pragma once

#include <memory>

#include "base/result.h"
#include "net/outbound/client.h"
#include "providers/catalog.h"
#include "settings/settings.h"

namespace axonflow::app {

// What calls to models need: who serves them, by OPENAI_*, ANTHROPIC_*, AZURE_OPENAI_*,
// GOOGLE_* and OLLAMA_*, and a client
// that reaches what AXONFLOW_EGRESS_ALLOW and the public network allow.
struct ModelAccess {
  providers::Catalog catalog;
  std::unique_ptr<outbound::Client> client;
};

Result<ModelAccess> OpenModelAccess(const settings::Settings& settings);

}  // namespace axonflow::app
