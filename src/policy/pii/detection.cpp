#include "policy/pii/detection.h"

#include <algorithm>

#include "policy/pii/characters.h"
#include "policy/pii/email_rule.h"

namespace axonflow::policy::pii {

void Detection::Add(Rule rule, std::size_t begin, std::size_t end, int percent) {
  ++adds;
  floor = std::max(floor, end);
  std::size_t& count = counts[static_cast<std::size_t>(rule)];
  if (count == kHitsPerRuleMax) {
    hits.truncated = true;
    return;
  }
  ++count;
  hits.hits.push_back({rule, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                       static_cast<float>(percent) / 100.0F});
}

void Detection::ReturnTo(const State& state) {
  while (hits.hits.size() > state.hits) {
    --counts[static_cast<std::size_t>(hits.hits.back().rule)];
    hits.hits.pop_back();
  }
  context.Forget();
  hits.truncated = state.truncated;
  adds = state.adds;
  floor = state.floor;
  routing_end = state.routing_end;
}

bool Detection::StandsAlone(std::size_t begin, std::size_t end) const {
  const char before = At(text, begin - 1);
  const char after = At(text, end);
  if (IsWordByte(before) || IsWordByte(after)) return false;
  if (before == '.' && IsDigit(At(text, begin - 2))) return false;
  if (before == '-' && IsAlnum(At(text, begin - 2))) return false;
  if (after == '.' && IsDigit(At(text, end + 1))) return false;
  if (after == '-' && IsAlnum(At(text, end + 1))) return false;
  return !IsEmailLocalPart(text, end);
}

}  // namespace axonflow::policy::pii
