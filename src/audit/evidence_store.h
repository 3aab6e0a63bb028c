#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/evidence.h"
#include "audit/tree_tiles.h"
#include "store/database.h"

namespace axonflow::audit {

// A record as it lies in the store, with what proves it. Nothing is checked yet.
struct StoredEvidence {
  JournalPosition position{};
  std::string payload;  // the record's bytes
  std::int64_t chain_seq = 0;
  std::uint64_t leaf_index = 0;
  Digest256 record_digest{};
  Digest256 prev_hash{};
  Digest256 chain_hash{};
  std::string signature;  // 64 raw bytes, or empty
  std::string signing_key_id;
};

// Longest chain that is read; a decision has a record and a few reports.
inline constexpr std::int64_t kChainRecordsMax = 10'000;

// The chain of a decision, or of a record that has none, by chain_seq. Empty when the scope has no
// such chain. kTooLarge beyond kChainRecordsMax.
Result<std::vector<StoredEvidence>> ReadChain(store::Transaction& transaction,
                                              const store::OrgScope& scope,
                                              std::string_view chain_id);

// The record with that id; a decision's id names its own record. Nothing when the scope has none.
Result<std::optional<StoredEvidence>> ReadEvidence(store::Transaction& transaction,
                                                   const store::OrgScope& scope,
                                                   std::string_view record_id);

// The records of a tenant in the order of its tree, from leaf `first`, at most `limit`. Those that
// retention took away are missing.
Result<std::vector<StoredEvidence>> ReadLeaves(store::Transaction& transaction, const TreeId& tree,
                                               std::uint64_t first, std::int64_t limit);

// The newest head of a tree, or the newest of at most `size_max` leaves. Nothing when there is
// none.
Result<std::optional<TreeHead>> ReadHead(store::Transaction& transaction, const TreeId& tree,
                                         std::uint64_t size_max);

}  // namespace axonflow::audit
