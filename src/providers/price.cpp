#include "providers/price.h"

#include "base/json.h"

namespace axonflow::providers {
namespace {

struct Row {
  std::string_view provider;
  std::string_view model;
  Price price;
};

// The public list prices in US dollars a thousand tokens, as of 2025-10; see docs/proxy.md for the
// source of each.
constexpr ListedPrice kRows[] = {
    {"openai", "gpt-3.5-turbo", {0.0005, 0.0015}},
    {"openai", "gpt-4", {0.03, 0.06}},
    {"openai", "gpt-4-turbo", {0.01, 0.03}},
    {"openai", "gpt-4o", {0.0025, 0.01}},
    {"openai", "gpt-4o-mini", {0.00015, 0.0006}},
    {"openai", "gpt-4.1", {0.002, 0.008}},
    {"openai", "gpt-4.1-mini", {0.0004, 0.0016}},
    {"openai", "gpt-4.1-nano", {0.0001, 0.0004}},
    {"openai", "text-embedding-3-small", {0.00002, 0}},
    {"openai", "text-embedding-3-large", {0.00013, 0}},
    {"anthropic", "claude-3-haiku", {0.00025, 0.00125}},
    {"anthropic", "claude-3-5-haiku", {0.0008, 0.004}},
    {"anthropic", "claude-3-5-sonnet", {0.003, 0.015}},
    {"anthropic", "claude-3-7-sonnet", {0.003, 0.015}},
    {"anthropic", "claude-sonnet-4", {0.003, 0.015}},
    {"anthropic", "claude-haiku-4-5", {0.001, 0.005}},
    {"anthropic", "claude-3-opus", {0.015, 0.075}},
    {"anthropic", "claude-opus-4", {0.015, 0.075}},
};

bool Fits(std::string_view model, std::string_view name) {
  return model == name ||
         (model.size() > name.size() && model.starts_with(name) && model[name.size()] == '-');
}

std::optional<std::int64_t> Count(const JsonValue& usage, std::string_view a, std::string_view b) {
  for (const auto name : {a, b}) {
    if (const auto member = usage.Find(name)) {
      if (const auto count = member->AsInt(); count && *count >= 0) return count;
    }
  }
  return std::nullopt;
}

}  // namespace

std::span<const ListedPrice> ListedPrices() { return kRows; }

std::optional<Price> PriceOf(std::string_view provider, std::string_view model) {
  if (provider == "ollama") return Price{};
  const ListedPrice* best = nullptr;
  for (const ListedPrice& row : kRows) {
    if (row.provider != provider || !Fits(model, row.model)) continue;
    if (best == nullptr || row.model.size() > best->model.size()) best = &row;
  }
  if (best == nullptr) return std::nullopt;
  return best->price;
}

std::int64_t EstimateTokens(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + 3) / 4);
}

std::optional<double> CostOf(std::string_view provider, std::string_view model,
                             const Usage& usage) {
  const auto price = PriceOf(provider, model);
  if (!price) return std::nullopt;
  return (static_cast<double>(usage.prompt_tokens) * price->input_per_1k +
          static_cast<double>(usage.completion_tokens) * price->output_per_1k) /
         1000;
}

std::optional<Usage> UsageIn(std::string_view answer_json) {
  thread_local JsonDocument document;
  const auto root = document.Parse(answer_json);
  if (!root) return std::nullopt;
  auto stated = root->Find("usage");
  if (!stated) {
    // The first event of an Anthropic stream wraps the message, the last of a Responses stream the
    // response.
    for (const char* wrapper : {"message", "response"}) {
      const auto whole = root->Find(wrapper);
      if (whole && !stated) stated = whole->Find("usage");
    }
  }
  if (!stated) {
    const auto counted = Count(*root, "input_tokens", "input_tokens");
    if (!counted) return std::nullopt;
    return Usage{*counted, 0, false};
  }
  const auto input = Count(*stated, "prompt_tokens", "input_tokens");
  const auto output = Count(*stated, "completion_tokens", "output_tokens");
  if (!input && !output) return std::nullopt;
  return Usage{input.value_or(0), output.value_or(0), false};
}

}  // namespace axonflow::providers
