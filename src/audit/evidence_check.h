#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/evidence_rows.h"
#include "audit/evidence_store.h"
#include "audit/signing_key.h"
#include "base/time.h"
#include "store/database.h"

namespace axonflow::audit {

// What the check of one record has seen. `reason` is empty when everything holds.
struct RecordCheck {
  std::string record_id, chain_id, org, tenant;  // empty when the record cannot be read
  std::int64_t chain_seq = 0;
  std::uint64_t leaf_index = 0;
  bool intact = false;  // its bytes, its hashes and its place in the tree agree
  bool is_signed = false;
  bool signature_valid = false;
  std::string reason;
  std::string preimage;
  Digest256 record_digest{}, prev_hash{}, chain_hash{};
  std::string signature;  // 64 raw bytes, or empty
  std::string signing_key_id;
  std::optional<PublicKey> public_key;

  bool valid() const { return intact && is_signed && signature_valid; }
};

struct ChainCheck {
  std::vector<RecordCheck> records;  // up to the first broken one
  std::int64_t total = 0;
  bool linkage_valid = true;
  bool signatures_valid = true;
  std::int64_t signed_records = 0;
  std::int64_t unsigned_records = 0;
  std::int64_t first_broken_seq = 0;  // 0: nothing is broken
  std::string first_broken_record_id;
  std::string break_reason;

  bool valid() const { return linkage_valid && signatures_valid; }
  bool authorship_proven() const { return valid() && total > 0 && unsigned_records == 0; }
};

// A record of a tree with the proof that leads to a signed head.
struct Receipt {
  RecordCheck record;
  TreeHead head;
  std::vector<Digest256> proof;
};

// Checks records against themselves, their chain and the signed head of their tenant's tree, in one
// transaction that reads. A record without a stored signature is signed here when the server has a
// key, but only after the tree has shown that it is the record that was written.
class EvidenceCheck {
 public:
  EvidenceCheck(store::Transaction& transaction, const EvidenceOptions& options, Time now)
      : transaction_(transaction), options_(options), now_(now) {}

  RecordCheck Check(const StoredEvidence& stored);
  // `chain` as ReadChain gives it. Stops at the first break.
  ChainCheck CheckChain(const std::vector<StoredEvidence>& chain);

  // The record with an inclusion proof in the newest head. kUnavailable while no head covers it.
  Result<Receipt> MakeReceipt(const StoredEvidence& stored);

 private:
  struct Tree {
    std::optional<TreeHead> head;
    std::string problem;  // of the head itself
    TileReader tiles;
  };

  Tree& TreeOf(const RecordView& record);
  // What is wrong with the record's place in the tree; empty when it is there, or too new.
  std::string TreeProblem(const StoredEvidence& stored, const RecordView& record,
                          const RecordCheck& check, bool& covered);
  void CheckSignature(const StoredEvidence& stored, bool may_sign, RecordCheck& check);

  store::Transaction& transaction_;
  const EvidenceOptions& options_;
  const Time now_;
  std::map<TreeId, Tree> trees_;
};

}  // namespace axonflow::audit
