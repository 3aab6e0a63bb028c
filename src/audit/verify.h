#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

namespace axonflow::audit {

// What a check of the journal against the store has seen.
struct VerifyReport {
  std::uint64_t segments = 0;
  std::uint64_t journal_records = 0;  // whole records in the segments on disk
  JournalPosition journal_first{};    // kNone: no record on disk
  JournalPosition journal_last{};
  std::uint64_t torn_tail_bytes = 0;  // after the last whole record: never acknowledged
  JournalPosition shipped{};          // the store's own position
  std::uint64_t stored = 0;           // rows of the store
  std::uint64_t quarantined = 0;
  std::uint64_t compared = 0;  // records found equal in journal and store
  std::string problem;         // the first one; empty when everything holds

  bool ok() const { return problem.empty(); }
};

// Checks that every segment's records pass their CRC and follow one another without gaps, that each
// of them up to the shipped position is in the store, in one table, with the same bytes, and that
// the store's positions run from 1 to the shipped one without gaps. Reads only and takes no lock: a
// server may be running on the same files. Fails when files or store cannot be read; what is wrong
// in them is `problem`.
Result<VerifyReport> Verify(const std::filesystem::path& journal_directory,
                            store::Database& database);

}  // namespace axonflow::audit
