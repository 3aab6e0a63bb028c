#include "policy/dynamic/fact_probe.h"

#include <algorithm>

#include "policy/dynamic/fold.h"
#include "policy/dynamic/text_form.h"

namespace axonflow::policy {
namespace {

// Enough for the states of any expression that CheckPatternShape lets pass; beyond it RE2 changes
// to its slower engine, which is linear too.
constexpr std::int64_t kExpressionBytesMax = 512U << 10U;

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kExpressionBytesMax);
  return options;
}

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

// Whether the filter's idea of small letters agrees with FoldInto for everything that the pattern
// can spell out: ASCII, written as itself.
bool IsPlain(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (static_cast<unsigned char>(pattern[i]) >= 0x80) return false;
    if (pattern[i] != '\\' || ++i == pattern.size()) continue;
    constexpr std::string_view kSpellings = "xXpP0123456789";
    if (kSpellings.find(pattern[i]) != std::string_view::npos) return false;
  }
  return true;
}

// Calls `visit` with the text of the fact, or with each of a list, until it returns true.
template <typename Visit>
bool AnyText(const FactValue& value, Visit&& visit) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return visit(*text);
  if (const auto* number = std::get_if<double>(&value)) {
    const std::string text = NumberText(*number);
    return visit(std::string_view(text));
  }
  if (const auto* list = std::get_if<std::span<const std::string>>(&value)) {
    return std::ranges::any_of(*list, [&](const std::string& text) { return visit(text); });
  }
  return false;
}

}  // namespace

std::uint32_t FactProbe::AddNeedle(std::string_view text) { return needles_.Add(Folded(text)); }

std::uint32_t FactProbe::AddExpression(const std::string& pattern) {
  const auto number = static_cast<std::uint32_t>(places_.size());
  const auto [known, inserted] = expression_numbers_.emplace(pattern, number);
  if (!inserted) return known->second;
  int index = 0;
  if (IsPlain(pattern) && filter_.Add(pattern, Options(), &index) == RE2::NoError) {
    places_.push_back({true, index});
  } else {
    places_.push_back({false, static_cast<int>(unfiltered_.size())});
    unfiltered_.push_back(std::make_unique<RE2>(pattern, Options()));
  }
  return number;
}

void FactProbe::Build() {
  if (filter_.NumRegexps() > 0) {
    std::vector<std::string> texts;
    filter_.Compile(&texts);
    for (const std::string& text : texts) atoms_.push_back(AddNeedle(text));
  }
  needles_.Build();
}

void FactProbe::Reset(ProbeState& state) const {
  state.was_read = false;
  state.was_searched = false;
  state.was_filtered = false;
  state.expressions.assign(places_.size(), -1);
}

const FactValue& FactProbe::Value(const Facts& facts, ProbeState& state) const {
  if (!state.was_read) {
    state.value = ReadFact(ref_, facts);
    state.was_read = true;
  }
  return state.value;
}

bool FactProbe::HasNeedle(std::uint32_t needle, ProbeState& state) const {
  if (!state.was_searched) Search(state);
  return NeedleMatcher::Has(state.found, needle);
}

void FactProbe::Search(ProbeState& state) const {
  static thread_local std::string folded;
  constexpr std::size_t kFoldedKept = 1U << 20U;
  state.found.assign(needles_.words(), 0);
  AnyText(state.value, [&](std::string_view text) {
    FoldInto(text, folded);
    needles_.Find(folded, state.found);
    return false;
  });
  if (folded.capacity() > kFoldedKept) std::string().swap(folded);
  state.was_searched = true;
}

void FactProbe::Filter(ProbeState& state) const {
  if (!state.was_searched) Search(state);
  std::vector<int> found;
  for (std::size_t i = 0; i < atoms_.size(); ++i) {
    if (NeedleMatcher::Has(state.found, atoms_[i])) found.push_back(static_cast<int>(i));
  }
  filter_.AllPotentials(found, &state.candidates);
  std::ranges::sort(state.candidates);
  state.was_filtered = true;
}

const RE2& FactProbe::Expression(std::uint32_t expression) const {
  const Place place = places_[expression];
  return place.filtered ? filter_.GetRE2(place.index)
                        : *unfiltered_[static_cast<std::size_t>(place.index)];
}

bool FactProbe::HasMatch(std::uint32_t expression, ProbeState& state) const {
  if (state.expressions[expression] >= 0) return state.expressions[expression] == 1;
  const Place place = places_[expression];
  bool matches = true;
  if (place.filtered) {
    if (!state.was_filtered) Filter(state);
    matches = std::ranges::binary_search(state.candidates, place.index);
  }
  if (matches) {
    const RE2& re2 = Expression(expression);
    matches = AnyText(state.value, [&](std::string_view text) {
      return re2.Match(Piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
    });
  }
  state.expressions[expression] = matches ? 1 : 0;
  return matches;
}

}  // namespace axonflow::policy
