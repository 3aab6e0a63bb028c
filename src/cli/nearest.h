#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace axonflow::cli {

// The command that `typed` was probably meant to be: the only one that begins with it, else the
// nearest one when it is near enough to be a slip of the finger (settings::Nearest).
std::optional<std::string_view> NearestCommand(std::string_view typed,
                                               const std::vector<std::string_view>& commands);

}  // namespace axonflow::cli
