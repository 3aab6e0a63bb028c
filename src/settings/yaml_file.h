#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace axonflow::settings {

inline constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kConfigKeysMax = 1'000;
inline constexpr int kConfigDepthMax = 16;

// Reads a YAML file of nested maps as ("server.port", "8080") in the order of the file. A list of
// scalars becomes its items with commas between; a null value becomes empty text. Fails
// (kInvalidArgument) on syntax, a repeated key, a list of anything else, or a bound above.
Result<std::vector<std::pair<std::string, std::string>>> ReadYamlFile(const std::string& file);

}  // namespace axonflow::settings
