#include "redaction/redactor.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace axonflow::redaction {
namespace {

using policy::Policy;
using policy::Severity;
using policy::Span;

// Ordered by how much goes away, so that the strongest of overlapping edits is the greatest.
enum class Strategy : std::uint8_t { kNone, kPartial, kMask, kRemove, kRemoveStatement };

// Values of up to this many bytes are masked whole: any byte left would be too much of them.
constexpr std::size_t kMaskedWholeBytes = 4;
constexpr std::size_t kPartialBytesMin = 7;

constexpr std::string_view kTypes[] = {"ssn",          "credit_card", "iban",  "aadhaar",
                                       "pan",          "email",       "phone", "ip_address",
                                       "bank_account", "passport",    "dob",   "driver_license"};

struct Edit {
  Span span;
  Strategy strategy = Strategy::kNone;
  const Policy* policy = nullptr;
};

bool IsInjection(const Policy& policy) {
  return policy.category == "security-dangerous" &&
         policy.id.find("_injection_") != std::string::npos;
}

Strategy StrategyOf(const Policy& policy) {
  const std::string_view category = policy.category;
  if (IsInjection(policy)) return Strategy::kRemoveStatement;
  for (const std::string_view kept :
       {"security-", "admin-access", "code-unsafe", "code-compliance", "media-"}) {
    if (category.starts_with(kept)) return Strategy::kNone;
  }
  if (policy.severity == Severity::kCritical) return Strategy::kMask;
  if (!category.starts_with("pii-")) return Strategy::kRemove;
  if (category != "pii-global" || policy.severity == Severity::kHigh) return Strategy::kMask;
  return Strategy::kPartial;
}

std::string_view TypeOf(const Policy& policy) {
  for (const std::string_view type : kTypes) {
    if (policy.id.find(type) != std::string::npos) return type;
  }
  return policy.category;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Widens `span` to whole code points, so that no edit leaves half of one behind.
Span ToCodePoints(std::string_view text, Span span) {
  const auto size = static_cast<std::uint32_t>(text.size());
  span.end = std::min(span.end, size);
  span.begin = std::min(span.begin, span.end);
  while (span.begin > 0 && span.begin < size && IsContinuation(text[span.begin])) --span.begin;
  while (span.end < size && IsContinuation(text[span.end])) ++span.end;
  return span;
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsEdgeOfStatement(char c) {
  return IsBlank(c) || c == '.' || c == '!' || c == '?' || c == ';';
}

// Whether the statement that holds byte `at` ends with it.
bool EndsStatement(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '\n' || c == ';') return true;
  if (c != '.' && c != '!' && c != '?') return false;
  if (at + 1 == text.size()) return true;
  const char next = text[at + 1];
  return IsBlank(next) || (next >= 'A' && next <= 'Z');
}

// Widens the places of statement removal to whole statements. Goes over the text once: `edits` come
// in ascending order of their begin.
void WidenToStatements(std::string_view text, std::vector<Edit>& edits) {
  std::size_t start = 0;  // of the statement under the cursor
  std::size_t end = 0;    // one past its last byte
  const auto next_statement = [&] {
    start = end;
    while (end < text.size() && !EndsStatement(text, end)) ++end;
    if (end < text.size()) ++end;
  };
  for (Edit& edit : edits) {
    if (edit.strategy != Strategy::kRemoveStatement) continue;
    // Expressions may have taken a neighbouring blank or full stop along.
    while (edit.span.begin < edit.span.end && IsEdgeOfStatement(text[edit.span.begin])) {
      ++edit.span.begin;
    }
    while (edit.span.end > edit.span.begin && IsEdgeOfStatement(text[edit.span.end - 1])) {
      --edit.span.end;
    }
    while (end <= edit.span.begin && end < text.size()) next_statement();
    std::size_t first = start;
    while (first < edit.span.begin && IsBlank(text[first])) ++first;
    while (end < edit.span.end) next_statement();
    std::size_t last = end;
    if (last > edit.span.end && text[last - 1] == '\n') --last;
    edit.span = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
  }
}

// Merges overlapping edits; the strongest strategy (then the first) decides for the whole range.
std::vector<Edit> Merge(std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.strategy > b.strategy;
  });
  std::vector<Edit> merged;
  for (const Edit& edit : edits) {
    if (edit.span.begin >= edit.span.end) continue;
    if (merged.empty() || edit.span.begin >= merged.back().span.end) {
      merged.push_back(edit);
      continue;
    }
    Edit& last = merged.back();
    last.span.end = std::max(last.span.end, edit.span.end);
    if (edit.strategy > last.strategy) {
      last.strategy = edit.strategy;
      last.policy = edit.policy;
    }
  }
  return merged;
}

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

std::string Replacement(std::string_view value, const Edit& edit) {
  switch (edit.strategy) {
    case Strategy::kPartial:
      return Partial(value);
    case Strategy::kMask:
      return Mask(value);
    case Strategy::kRemove:
      return "[REDACTED:" + std::string(TypeOf(*edit.policy)) + "]";
    case Strategy::kRemoveStatement:
      return "[REDACTED:" + edit.policy->category + "]";
    case Strategy::kNone:
      break;
  }
  return std::string(value);
}

}  // namespace

std::string Mask(std::string_view value) { return Star(value, 1); }

std::string Partial(std::string_view value) {
  return Star(value, value.size() < kPartialBytesMin ? 1 : 2);
}

std::string Redact(std::string_view text, const policy::PolicySet& set,
                   std::span<const policy::Finding> findings) {
  std::vector<Edit> edits;
  const auto policies = set.policies();
  for (const auto& finding : findings) {
    if (finding.policy >= policies.size()) continue;
    const Policy& found = policies[finding.policy];
    const Strategy strategy = StrategyOf(found);
    if (strategy == Strategy::kNone) continue;
    for (const Span span : finding.spans) {
      edits.push_back({ToCodePoints(text, span), strategy, &found});
    }
    // Places that were counted but not recorded stand after the recorded ones; as nobody knows
    // where, all of that text goes.
    if (finding.count > finding.spans.size()) {
      const std::uint32_t from = finding.spans.empty() ? 0 : finding.spans.back().end;
      const Span rest{from, static_cast<std::uint32_t>(text.size())};
      edits.push_back({ToCodePoints(text, rest), Strategy::kRemove, &found});
    }
  }
  if (edits.empty()) return std::string(text);

  std::sort(edits.begin(), edits.end(),
            [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  WidenToStatements(text, edits);
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (const Edit& edit : Merge(std::move(edits))) {
    out += text.substr(at, edit.span.begin - at);
    out += Replacement(text.substr(edit.span.begin, edit.span.end - edit.span.begin), edit);
    at = edit.span.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace axonflow::redaction
