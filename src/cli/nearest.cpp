#include "cli/nearest.h"

#include "settings/names.h"

namespace axonflow::cli {

std::optional<std::string_view> NearestCommand(std::string_view typed,
                                               const std::vector<std::string_view>& commands) {
  if (typed.empty()) return std::nullopt;
  std::vector<std::string_view> beginning_with;
  for (const std::string_view command : commands) {
    if (command.starts_with(typed)) beginning_with.push_back(command);
  }
  if (beginning_with.size() == 1) return beginning_with.front();
  return settings::Nearest(typed, commands);
}

}  // namespace axonflow::cli
