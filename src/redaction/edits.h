#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/types.h"
#include "redaction/strategy.h"

namespace axonflow::redaction {

// Where something stands that must not, and what is to happen to it. The views point at what
// outlives the place: the policy, or a constant.
struct Place {
  policy::Span span;
  Strategy strategy = Strategy::kNone;
  std::string_view type;  // TypeOf
  std::string_view policy_id;
};

// Says what stands in a text. Redaction calls it for parts of a text (a leaf of JSON, a window of a
// stream) and calls no engine by itself. Must be a function of the text alone.
using Detect = std::function<Result<std::vector<Place>>(std::string_view text)>;

// The byte at `at` ends the statement that holds it: a newline, ';', or '.', '!', '?' before a
// blank, a capital or the end of the text.
bool EndsStatement(std::string_view text, std::size_t at);
bool IsBlank(char c);

// What is done to `text`: places widened to whole characters and, for kRemoveStatement, to whole
// statements; overlapping ones merged under the strongest strategy (of equals, the first). In
// ascending order, none empty, none overlapping. Linear in the text, n log n in the places.
std::vector<Place> PlanEdits(std::string_view text, std::vector<Place> places);

// Appends `text` from `from` to `to` to `out` with `edits` (of PlanEdits, all within that range)
// applied.
void ApplyEdits(std::string_view text, std::size_t from, std::size_t to,
                const std::vector<Place>& edits, std::string& out);

}  // namespace axonflow::redaction
