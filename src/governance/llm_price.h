#pragma once

#include <cstdint>
#include <string_view>

namespace axonflow::governance {

// What a reported model call is taken to cost, in US dollars: total tokens times the price of
// (provider, model) per thousand. A dated suffix of the model name is ignored
// ("gpt-4o-2024-08-06"). Unknown pairs count kUnknownPricePer1k; local models (ollama) cost
// nothing.
inline constexpr double kUnknownPricePer1k = 0.01;
double EstimateCostUsd(std::string_view provider, std::string_view model,
                       std::int64_t total_tokens);

}  // namespace axonflow::governance
