#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace axonflow::settings {

// AXONFLOW_* variables that the official clients and plugins read for themselves. They may be set
// where the server runs, so they are known and ignored.
std::span<const std::string_view> ClientVariables();

// Settings of the reference that have no effect in this version. They are allowed, and named in one
// warning at start, so that nobody relies on them.
std::span<const std::string_view> VariablesWithoutEffect();

// A setting of the reference that asks for a protection which this version does not have. Serving
// without it would be worse than not serving, so it stops the start.
struct UnsupportedVariable {
  std::string_view name;
  // What it may be set to all the same, in any case, because it asks for no more than this version
  // does.
  std::span<const std::string_view> harmless;
};
std::span<const UnsupportedVariable> UnsupportedVariables();

// The smallest number of insertions, deletions, substitutions and swaps of neighbours (each
// character edited at most once) that makes `a` into `b`. Both at most kComparedBytesMax bytes;
// longer ones are cut.
inline constexpr std::size_t kComparedBytesMax = 128;
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `name`, when it is at most 3 edits and a third of the name's length
// away.
std::optional<std::string_view> Nearest(std::string_view name,
                                        const std::vector<std::string_view>& candidates);

}  // namespace axonflow::settings
