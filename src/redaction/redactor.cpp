#include "redaction/redactor.h"

#include <algorithm>
#include <utility>

namespace axonflow::redaction {
namespace {

using policy::Span;

std::size_t CountCodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string Redact(std::string_view text, std::vector<Place> places) {
  std::string out;
  out.reserve(text.size());
  ApplyEdits(text, 0, text.size(), PlanEdits(text, std::move(places)), out);
  return out;
}

Redaction RedactAndReport(std::string_view text, std::vector<Place> places) {
  const std::vector<Place> edits = PlanEdits(text, std::move(places));
  Redaction redaction;
  ApplyEdits(text, 0, text.size(), edits, redaction.text);
  std::size_t at = 0;          // bytes
  std::size_t characters = 0;  // before `at`
  for (const Place& edit : edits) {
    const auto [begin, end] = edit.span;
    const std::string_view value = text.substr(begin, end - begin);
    const std::size_t first = characters + CountCodePoints(text.substr(at, begin - at));
    const std::size_t length = CountCodePoints(value);
    characters = first + length;
    at = end;
    redaction.fields.push_back(
        {.path = "string[" + std::to_string(first) + ":" + std::to_string(characters) + "]",
         .original_len = length,
         .redacted_to = Replacement(value, edit.strategy, edit.type),
         .policy_id = std::string(edit.policy_id),
         .pii_type = std::string(edit.type)});
  }
  return redaction;
}

void AppendPlaces(const policy::Policy& policy, const policy::Finding& finding,
                  std::size_t text_bytes, std::vector<Place>& places) {
  const Strategy strategy = StrategyOf(policy);
  if (strategy == Strategy::kNone) return;
  for (const Span span : finding.spans) {
    places.push_back({span, strategy, TypeOf(policy, strategy), policy.id});
  }
  if (finding.count > finding.spans.size()) {
    const std::uint32_t from = finding.spans.empty() ? 0 : finding.spans.back().end;
    const Span rest{from, static_cast<std::uint32_t>(text_bytes)};
    places.push_back({rest, Strategy::kRemove, TypeOf(policy, Strategy::kRemove), policy.id});
  }
}

}  // namespace axonflow::redaction
