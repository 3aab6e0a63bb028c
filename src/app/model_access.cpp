#include "app/model_access.h"

#include <utility>

namespace axonflow::app {

Result<ModelAccess> OpenModelAccess(const settings::Settings& settings) {
  providers::CatalogOptions options;
  options.openai_base_url = settings.String("OPENAI_BASE_URL");
  options.openai_key = settings.SecretOf("OPENAI_API_KEY");
  options.openai_model = settings.String("OPENAI_MODEL");
  options.anthropic_base_url = settings.String("ANTHROPIC_BASE_URL");
  options.anthropic_key = settings.SecretOf("ANTHROPIC_API_KEY");
  options.anthropic_model = settings.String("ANTHROPIC_MODEL");
  options.ollama_base_url = settings.String("OLLAMA_BASE_URL");
  options.ollama_model = settings.String("OLLAMA_MODEL");
  auto catalog = providers::Catalog::From(std::move(options));
  if (!catalog) return catalog.error();
  auto guard = outbound::EgressGuard::FromList(settings.List("AXONFLOW_EGRESS_ALLOW"));
  if (!guard) return guard.error();
  outbound::ClientOptions client_options;
  client_options.guard = std::move(*guard);
  client_options.ca_file = settings.String("AXONFLOW_EGRESS_CA_FILE");
  client_options.proxy = settings.String("AXONFLOW_EGRESS_PROXY");
  auto client = outbound::Client::Start(std::move(client_options));
  if (!client) return client.error();
  return ModelAccess{std::move(*catalog), std::move(*client)};
}

}  // namespace axonflow::app
