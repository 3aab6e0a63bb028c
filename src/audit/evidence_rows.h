#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_rows.h"
#include "audit/checkpoint.h"
#include "audit/evidence.h"
#include "audit/signing_key.h"
#include "audit/tree_tiles.h"
#include "store/database.h"

namespace axonflow::audit {

enum class SignatureMode {
  // Ed25519 signatures of single records are made when somebody asks for them, after the record
  // was checked against the signed tree head. They are the same bytes as at any other time.
  kOnDemand,
  kEachRecord,  // 16 us of CPU a record
};

struct EvidenceOptions {
  KeyRing keys;  // without a signer nothing is signed
  SignatureMode mode = SignatureMode::kOnDemand;
  std::chrono::milliseconds head_interval{1'000};  // at least this between two heads of a tree
};

// Writes the chain entry and the tree leaf of each record that the shipper stores, in the same
// transaction. For one thread.
//
// All writers of a store take turns from Begin to the end of the transaction, so that no two of
// them continue the same chain or tree.
class EvidenceWriter {
 public:
  // `options` outlives the writer.
  explicit EvidenceWriter(const EvidenceOptions& options);

  // Call first in the transaction, also after one that failed.
  Status Begin(store::Transaction& transaction);
  // The row of `position` holds `payload`, which decodes to `record`.
  Status Add(store::Transaction& transaction, JournalPosition position, std::string_view payload,
             const RecordView& record);
  // Call last in the transaction.
  Status Finish(store::Transaction& transaction);

  // Whether a tree has grown since its last head and `now` allows a new one. `any_age` when the
  // process ends.
  bool HeadsAreDue(Time now, bool any_age) const;
  // Signs and writes the heads that are due.
  Status WriteHeads(store::Transaction& transaction, Time now, bool any_age);

 private:
  struct ChainHead {
    std::int64_t seq = 0;
    Digest256 hash{};
  };
  // What the parameters of a row point into.
  struct RowMemory {
    std::string org, tenant;
    Digest256 digest, prev, hash;
    Signature signature;
  };
  struct Tree {
    std::uint64_t size = 0;  // in the store
    std::vector<Digest256> leaves;
  };
  // A place that the chains of one hash share; the last of them is remembered.
  struct RememberedChain {
    std::string key;        // empty: none
    std::int64_t turn = 0;  // in which it was written
    ChainHead head;
  };

  Result<ChainHead> HeadOf(store::Transaction& transaction, const RecordView& record,
                           const RememberedChain& place);
  RememberedChain& PlaceOf(const RecordView& record);
  void Remember(ChainHead head, RememberedChain& place);
  Result<Tree*> TreeOf(store::Transaction& transaction, const RecordView& record);
  void Fill(std::size_t row, JournalPosition position, const RecordView& record,
            const ChainHead& prev, const ChainHead& head, const Digest256& digest,
            std::uint64_t leaf);
  Status FlushRows(store::Transaction& transaction);
  Status WriteHead(store::Transaction& transaction, const TreeId& id, Time now);

  const EvidenceOptions& options_;
  std::int64_t turn_ = 0;                    // the last one that was ours
  std::vector<RememberedChain> remembered_;  // by org, tenant and chain id
  // Chains of this transaction that lost their place; its rows may not be in the store yet.
  std::map<std::string, ChainHead> driven_out_;
  std::string chain_key_;  // of the record in hand
  ChainEntry entry_;
  std::string preimage_;
  std::map<TreeId, Tree> trees_;  // of this transaction
  std::optional<std::pair<TreeId, Tree*>> last_tree_;
  std::map<TreeId, Time> heads_due_;  // grown since their last head; when that was
  std::map<TreeId, Time> last_heads_;
  std::vector<RowMemory> memory_;
  std::vector<store::Value> parameters_;
  std::size_t rows_ = 0;
};

}  // namespace axonflow::audit
