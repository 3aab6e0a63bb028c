#include "policy/dynamic/risk_score.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace axonflow::policy {
namespace {

constexpr std::string_view kSelectAll = "select *";
constexpr auto kSecretWords =
    std::to_array<std::string_view>({"password", "secret", "token", "key"});

char Small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c; }

bool IsWordByte(char c) {
  const char small = Small(c);
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether `small` stands at the start of `text`, in any case.
bool StartsWith(std::string_view text, std::string_view small) {
  return text.size() >= small.size() && std::equal(small.begin(), small.end(), text.begin(),
                                                   [](char a, char b) { return a == Small(b); });
}

bool IsSecretWordAt(std::string_view text, std::size_t at) {
  if (at > 0 && IsWordByte(text[at - 1])) return false;
  const auto rest = text.substr(at);
  return std::ranges::any_of(kSecretWords, [&](std::string_view word) {
    return StartsWith(rest, word) && (rest.size() == word.size() || !IsWordByte(rest[word.size()]));
  });
}

// A filter of pairs of letters: which first two bytes of the texts above can stand here.
constexpr std::size_t kPairs = 32 * 32;
constexpr std::array<bool, kPairs> kStarts = [] {
  std::array<bool, kPairs> starts{};
  for (const std::string_view text : {"password", "secret", "token", "key", "select *"}) {
    starts[static_cast<std::size_t>(text[0] & 31) * 32 + static_cast<std::size_t>(text[1] & 31)] =
        true;
  }
  return starts;
}();

}  // namespace

double RiskScore(bool sql_injection, std::string_view query) {
  bool secret_word = false;
  bool select_all = false;
  for (std::size_t at = 0; at + 1 < query.size() && !(secret_word && select_all); ++at) {
    const auto pair = static_cast<std::size_t>(query[at] & 31) * 32 +
                      static_cast<std::size_t>(query[at + 1] & 31);
    if (!kStarts[pair]) continue;
    if (!secret_word) secret_word = IsSecretWordAt(query, at);
    if (!select_all) select_all = StartsWith(query.substr(at), kSelectAll);
  }
  const double sum = (sql_injection ? kRiskOfInjection : 0) +
                     (secret_word ? kRiskOfSecretWord : 0) + (select_all ? kRiskOfSelectAll : 0);
  return std::min(1.0, sum);
}

}  // namespace axonflow::policy
