#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/evidence_rows.h"
#include "audit/evidence_store.h"
#include "base/result.h"
#include "base/time.h"
#include "store/database.h"

// Evidence exports: a run of a tenant's log with everything that proves it, in lines of JSON. The
// format, "axonflow-evidence/1", is described in docs/evidence.md.
namespace axonflow::audit {

inline constexpr std::string_view kExportFormat = "axonflow-evidence/1";

// Which leaves are exported: [first, end). `end` is at most the size of the newest head.
struct LeafRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> end;
};

// What the lines of one record are made of.
struct ExportedRecord {
  std::uint64_t leaf_index = 0;
  std::int64_t chain_seq = 0;
  std::string payload;
  Digest256 prev_hash{};
  std::string signature;  // raw, or empty
  std::string signing_key_id;
  std::vector<Digest256> proof;
};

struct ExportHeader {
  std::string org, tenant;
  Time exported_at{};
  std::uint64_t first_leaf = 0, end_leaf = 0;
  std::string signing_key_id;
  std::optional<PublicKey> public_key;
  std::string checkpoint;
};

struct ExportTrailer {
  std::uint64_t records = 0;
  Digest256 digest{};  // SHA-256 of all bytes before the trailer
  std::string signing_key_id;
  std::string signature;  // raw, over TrailerText, or empty
};

// Lines without the line end. RecordLine fails with kCorrupt when the payload is no record.
std::string HeaderLine(const ExportHeader& header);
Result<std::string> RecordLine(const ExportedRecord& record);
std::string TrailerLine(const ExportTrailer& trailer);
std::string TrailerText(const Digest256& digest);

// Takes the next piece of the export; false ends it.
using ExportSink = std::function<bool(std::string_view)>;

struct ExportSummary {
  std::uint64_t records = 0;
  bool cut_off = false;  // by the sink
};

// Writes the export of a tenant's log, a page of records at a time. kNotFound when the log has no
// head yet, kCorrupt, naming the record, when what is stored does not agree with the signed head.
Result<ExportSummary> ExportEvidence(store::Database& database, const store::OrgScope& scope,
                                     const TreeId& tree, const LeafRange& range,
                                     const EvidenceOptions& options, Time now,
                                     const ExportSink& sink);

// What an offline check of an export has seen.
struct ExportCheck {
  std::uint64_t records = 0;
  std::uint64_t tree_size = 0;
  Digest256 root{};
  std::uint64_t unsigned_items = 0;  // records, the head or the export itself
  std::uint64_t broken_line = 0;     // from 1; 0: nothing is broken
  std::string reason;

  bool ok() const { return broken_line == 0; }
};

// Checks an export against itself and against `keys`; without any key the one in the export is
// believed. `known_head` is a checkpoint of the same log that the reader kept earlier, or empty:
// the export must begin at leaf 0 then and hold the same records up to it.
ExportCheck VerifyExport(std::string_view bytes, const KeyRing& keys, std::string_view known_head);

}  // namespace axonflow::audit
