#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace axonflow {

// Whole file, at most `bytes_max` bytes (kTooLarge above).
Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t bytes_max);

// Writes `bytes` to a temporary file in the same folder (mode 0600), syncs it, renames it over
// `path` and syncs the folder: after a crash `path` holds the old bytes or the new ones, never a
// mixture.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace axonflow
