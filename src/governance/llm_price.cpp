#include "governance/llm_price.h"

namespace axonflow::governance {
namespace {

struct Price {
  std::string_view provider;
  std::string_view model;  // the longest entry that begins the reported name wins
  double usd_per_1k;
};

constexpr Price kPrices[] = {
    {"openai", "gpt-4", 0.03},
    {"openai", "gpt-4-turbo", 0.01},
    {"openai", "gpt-4o", 0.005},
    {"openai", "gpt-3.5-turbo", 0.0005},
    {"azure-openai", "gpt-4", 0.03},
    {"azure-openai", "gpt-4-turbo", 0.01},
    {"azure-openai", "gpt-4o", 0.005},
    {"azure-openai", "gpt-3.5-turbo", 0.0005},
    {"anthropic", "claude-3-opus", 0.015},
    {"anthropic", "claude-3-sonnet", 0.003},
    {"anthropic", "claude-3-haiku", 0.00025},
    {"bedrock", "anthropic.claude-v2", 0.008},
    {"bedrock", "amazon.titan-text", 0.0008},
};

bool IsModel(std::string_view reported, std::string_view known) {
  return reported == known || (reported.size() > known.size() && reported.starts_with(known) &&
                               reported[known.size()] == '-');
}

}  // namespace

double EstimateCostUsd(std::string_view provider, std::string_view model,
                       std::int64_t total_tokens) {
  if (provider == "ollama") return 0;
  double per_1k = kUnknownPricePer1k;
  std::size_t longest = 0;
  for (const auto& price : kPrices) {
    if (price.provider != provider || !IsModel(model, price.model)) continue;
    if (price.model.size() <= longest) continue;
    longest = price.model.size();
    per_1k = price.usd_per_1k;
  }
  return static_cast<double>(total_tokens) / 1000.0 * per_1k;
}

}  // namespace axonflow::governance
