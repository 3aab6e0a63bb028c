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
  options.azure_endpoint = settings.String("AZURE_OPENAI_ENDPOINT");
  options.azure_key = settings.SecretOf("AZURE_OPENAI_API_KEY");
  options.azure_model = settings.String("AZURE_OPENAI_DEPLOYMENT_NAME");
  options.google_base_url = settings.String("GOOGLE_BASE_URL");
  options.google_key = settings.SecretOf("GOOGLE_API_KEY");
  options.google_model = settings.String("GOOGLE_MODEL");
  options.deadlines.first_byte = settings.Duration("AXONFLOW_MODEL_ANSWER_TIMEOUT");
  options.deadlines.idle = settings.Duration("AXONFLOW_MODEL_IDLE_TIMEOUT");
  options.deadlines.total = settings.Duration("AXONFLOW_MODEL_TOTAL_TIMEOUT");
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
