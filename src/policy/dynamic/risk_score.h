#pragma once

#include <string_view>

namespace axonflow::policy {

inline constexpr double kRiskOfInjection = 0.9;
inline constexpr double kRiskOfSecretWord = 0.7;  // once, however many words stand in the text
inline constexpr double kRiskOfSelectAll = 0.3;

// How risky a request is before any policy changes it, 0 to 1: the sum, at most 1, of
// kRiskOfInjection when an SQL injection was found, kRiskOfSecretWord when password, secret, key or
// token stands in `query` as a whole word (of ASCII letters, digits and '_'), and kRiskOfSelectAll
// when "select *" stands in it. Letter case does not matter. Linear in the text.
double RiskScore(bool sql_injection, std::string_view query);

}  // namespace axonflow::policy
