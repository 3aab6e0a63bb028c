#include "redaction/strategy.h"

#include <algorithm>
#include <span>

#include "base/crypto.h"
#include "policy/detect_input.h"

namespace axonflow::redaction {
namespace {

using policy::Policy;
using policy::Severity;

// Values of up to this many bytes are masked whole: any byte left would be too much of them.
constexpr std::size_t kMaskedWholeBytes = 4;
constexpr std::size_t kPartialBytesMin = 7;
constexpr std::size_t kHashDigits = 8;
constexpr std::size_t kTokenDigits = 6;

constexpr std::string_view kTypes[] = {"ssn",          "credit_card", "iban",  "aadhaar",
                                       "pan",          "email",       "phone", "ip_address",
                                       "bank_account", "passport",    "dob",   "driver_license"};

bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

// Whether `word` stands in `id` with nothing of a word on either side: "pan" not in "japan".
bool HoldsWord(std::string_view id, std::string_view word) {
  for (std::size_t at = id.find(word); at != std::string_view::npos; at = id.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !IsAlnum(id[at - 1])) && (end == id.size() || !IsAlnum(id[end]))) return true;
  }
  return false;
}

bool IsInjection(const Policy& policy) {
  return policy.category == "security-dangerous" &&
         policy.id.find("_injection_") != std::string::npos;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t CodePointsFromFront(std::string_view value, int count) {
  std::size_t bytes = 0;
  for (; count > 0 && bytes < value.size(); --count) {
    ++bytes;
    while (bytes < value.size() && IsContinuation(value[bytes])) ++bytes;
  }
  return bytes;
}

std::size_t CodePointsFromBack(std::string_view value, int count) {
  std::size_t bytes = 0;
  for (; count > 0 && bytes < value.size(); --count) {
    ++bytes;
    while (bytes < value.size() && IsContinuation(value[value.size() - bytes])) ++bytes;
  }
  return bytes;
}

// Leaves `kept` code points at both ends and stars, one a byte, between them.
std::string Star(std::string_view value, int kept) {
  const std::size_t front = CodePointsFromFront(value, kept);
  const std::size_t back = CodePointsFromBack(value, kept);
  if (value.size() <= kMaskedWholeBytes || front + back >= value.size()) {
    return std::string(value.size(), '*');
  }
  std::string out(value.substr(0, front));
  out.append(value.size() - front - back, '*');
  out += value.substr(value.size() - back);
  return out;
}

std::string DigestDigits(std::string_view value, std::size_t digits) {
  return HexEncode(Sha256(value)).substr(0, digits);
}

}  // namespace

Strategy StrategyOf(const Policy& policy) {
  const std::string_view category = policy.category;
  if (!policy::IsRedactable(policy)) return Strategy::kNone;
  if (policy.strategy && *policy.strategy != Strategy::kNone) return *policy.strategy;
  if (IsInjection(policy)) return Strategy::kRemoveStatement;
  if (policy.severity == Severity::kCritical) return Strategy::kMask;
  if (!category.starts_with("pii-")) return Strategy::kRemove;
  if (category != "pii-global" || policy.severity == Severity::kHigh) return Strategy::kMask;
  return Strategy::kPartial;
}

std::string_view TypeOf(const Policy& policy, Strategy strategy) {
  if (strategy == Strategy::kRemoveStatement) return policy.category;
  const auto* const found = std::ranges::find_if(
      kTypes, [&](std::string_view type) { return HoldsWord(policy.id, type); });
  return found == std::end(kTypes) ? std::string_view(policy.category) : *found;
}

std::string Mask(std::string_view value) { return Star(value, 1); }

std::string Partial(std::string_view value) {
  return Star(value, value.size() < kPartialBytesMin ? 1 : 2);
}

std::string Hash(std::string_view value) { return "HASH_" + DigestDigits(value, kHashDigits); }

std::string Tokenize(std::string_view value, std::string_view type) {
  std::string out = "TOKEN_";
  for (const char c : type) {
    const bool lower = c >= 'a' && c <= 'z';
    out += lower ? static_cast<char>(c - 'a' + 'A') : IsAlnum(c) ? c : '_';
  }
  return out + "_" + DigestDigits(value, kTokenDigits);
}

std::string Replacement(std::string_view value, Strategy strategy, std::string_view type) {
  switch (strategy) {
    case Strategy::kPartial:
      return Partial(value);
    case Strategy::kMask:
      return Mask(value);
    case Strategy::kTokenize:
      return Tokenize(value, type);
    case Strategy::kHash:
      return Hash(value);
    case Strategy::kRemove:
    case Strategy::kRemoveStatement:
      return "[REDACTED:" + std::string(type) + "]";
    case Strategy::kNone:
      break;
  }
  return std::string(value);
}

}  // namespace axonflow::redaction
