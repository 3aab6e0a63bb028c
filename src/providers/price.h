#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace axonflow::providers {

// US dollars a thousand tokens.
struct Price {
  double input_per_1k = 0;
  double output_per_1k = 0;
};

// When the prices below were read from the providers' public lists.
inline constexpr std::string_view kPricesAsOf = "2025-10";

struct ListedPrice {
  std::string_view provider;
  std::string_view model;
  Price price;
};
std::span<const ListedPrice> ListedPrices();

// The list price of a model. The longest name of the table that begins the model's counts, so that
// dated names fit. Nothing when nobody knows: an unknown price is not zero. Ollama's models cost
// nothing.
std::optional<Price> PriceOf(std::string_view provider, std::string_view model);

struct Usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  bool estimated = false;  // the provider did not say
};

// Four bytes a token, rounded up: what English takes. Only for answers that do not say.
std::int64_t EstimateTokens(std::size_t bytes);

std::optional<double> CostOf(std::string_view provider, std::string_view model, const Usage& usage);

// The usage that an answer of any protocol states; nothing when it states none.
std::optional<Usage> UsageIn(std::string_view answer_json);

}  // namespace axonflow::providers
