#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/node.h"
#include "store/database.h"

namespace axonflow::cli {

enum class CheckState { kOk, kWarn, kFail };
std::string_view ToString(CheckState state);

struct Check {
  std::string name;
  CheckState state = CheckState::kOk;
  std::string finding;
  std::string todo;  // what to do about it; empty when there is nothing to do
};

inline constexpr std::uintmax_t kFreeBytesMin = std::uintmax_t{128} << 20;  // two journal segments
inline constexpr std::uintmax_t kFreeBytesWanted = std::uintmax_t{2} << 30;
inline constexpr std::chrono::microseconds kSyncTimeWanted{10'000};

// Whether the server would take the settings; a warning when some of them have no effect.
Check CheckSettings(const Node& node);
// Whether the folder exists, is ours alone, can be written, and how much room is left. A folder
// that does not exist is a warning: the server makes it.
Check CheckDataDirectory(const Node& node);
// The median time of 20 appends of 4 KiB with fdatasync in `folder`: the least time of an answer.
// Leaves nothing behind.
Check CheckSyncTime(const std::filesystem::path& folder);
// The database engine's own check of its file (PRAGMA quick_check).
Check CheckDatabase(const Node& node);
// The journal's records, against the store.
Check CheckJournal(const Node& node);
// The policies of `directory` (empty: the built-in ones), loaded as the server does, against their
// own texts.
Check CheckPolicies(const std::string& directory);
// Whether the port is free, or our own server answers on it.
Check CheckPort(const Node& node);

// The first line of the engine's report on its file: "ok", or what is wrong (doctor_store.cpp).
Result<std::string> IntegrityReport(store::Database& database);

}  // namespace axonflow::cli
