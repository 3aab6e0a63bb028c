#include "audit/evidence_check.h"

#include <limits>

namespace axonflow::audit {

namespace {

// A head follows within a second; what is older and has none was put there by somebody else.
constexpr std::chrono::seconds kHeadDelayMax{30};

std::string_view Bytes(const Signature& signature) {
  return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}

}  // namespace

EvidenceCheck::Tree& EvidenceCheck::TreeOf(const RecordView& record) {
  TreeId id{std::string(record.org), std::string(record.tenant)};
  const auto known = trees_.find(id);
  if (known != trees_.end()) return known->second;
  Tree tree{std::nullopt, {}, TileReader(transaction_, id)};
  auto head = ReadHead(transaction_, id, std::numeric_limits<std::int64_t>::max());
  if (!head) {
    tree.problem = head.error().message;
  } else {
    tree.head = std::move(*head);
    const bool unsigned_head = !tree.head || tree.head->signature.empty();
    if (tree.head && !(unsigned_head && options_.keys.signer() == nullptr) &&
        !VerifyHead(*tree.head, options_.keys)) {
      tree.problem = "the signature of the tree head does not verify";
    }
  }
  return trees_.emplace(std::move(id), std::move(tree)).first->second;
}

std::string EvidenceCheck::TreeProblem(const StoredEvidence& stored, const RecordView& record,
                                       const RecordCheck& check, bool& covered) {
  covered = false;
  Tree& tree = TreeOf(record);
  if (!tree.problem.empty()) return tree.problem;
  if (!tree.head || stored.leaf_index >= tree.head->size) {
    if (now_ - record.timestamp <= kHeadDelayMax) return {};
    return "no signed tree head covers the record";
  }
  const auto data = LeafData(check.record_digest, check.chain_hash);
  const auto leaf = merkle::LeafHash({data.data(), data.size()});
  const auto proof =
      merkle::InclusionProof(stored.leaf_index, tree.head->size, tree.tiles.source());
  if (!proof) return proof.error().message;
  if (!merkle::VerifyInclusion(leaf, stored.leaf_index, tree.head->size, *proof, tree.head->root)) {
    return "the record is not in the signed tree";
  }
  covered = true;
  return {};
}

void EvidenceCheck::CheckSignature(const StoredEvidence& stored, bool may_sign,
                                   RecordCheck& check) {
  const auto text = Hex(check.chain_hash);
  if (!stored.signature.empty()) {
    check.is_signed = true;
    check.signature = stored.signature;
    check.signing_key_id = stored.signing_key_id;
    if (const auto* key = options_.keys.Find(stored.signing_key_id)) {
      check.public_key = *key;
      check.signature_valid = VerifySignature(*key, text, stored.signature);
      if (!check.signature_valid) check.reason = "the signature does not verify";
    } else {
      check.reason = "the record was signed with an unknown key";
    }
    return;
  }
  const auto* signer = options_.keys.signer();
  if (signer == nullptr || options_.mode != SignatureMode::kOnDemand || !may_sign) {
    check.reason = "the record is not signed";
    return;
  }
  check.is_signed = true;
  check.signature_valid = true;
  check.signature = Bytes(signer->Sign(text));
  check.signing_key_id = options_.keys.signer_id();
  check.public_key = signer->public_key();
}

RecordCheck EvidenceCheck::Check(const StoredEvidence& stored) {
  RecordCheck check;
  check.chain_seq = stored.chain_seq;
  check.leaf_index = stored.leaf_index;
  check.prev_hash = stored.prev_hash;
  check.record_digest = stored.record_digest;
  check.chain_hash = stored.chain_hash;
  RecordView record;
  if (!DecodeRecordView(stored.payload, record).ok()) {
    check.reason = "the record cannot be read";
    return check;
  }
  check.record_id = record.id;
  check.chain_id = ChainIdOf(record);
  check.org = record.org;
  check.tenant = record.tenant;
  ChainEntry entry;
  FillEntry(record, stored.payload, stored.chain_seq, entry);
  const auto digest = RecordDigest(entry, check.preimage);
  const auto hash = ChainHash(digest, stored.prev_hash);
  if (digest != stored.record_digest) check.reason = "the record does not have its digest";
  if (check.reason.empty() && hash != stored.chain_hash) {
    check.reason = "the chain hash is not that of the record and its predecessor";
  }
  bool covered = false;
  if (check.reason.empty()) check.reason = TreeProblem(stored, record, check, covered);
  check.intact = check.reason.empty();
  check.record_digest = digest;
  check.chain_hash = hash;
  if (check.intact) {
    CheckSignature(stored, true, check);
  } else {
    const auto reason = check.reason;
    CheckSignature(stored, false, check);
    check.reason = reason;
  }
  return check;
}

ChainCheck EvidenceCheck::CheckChain(const std::vector<StoredEvidence>& chain) {
  ChainCheck result;
  result.total = static_cast<std::int64_t>(chain.size());
  Digest256 prev{};
  std::int64_t seq = 0;
  for (const auto& stored : chain) {
    auto check = Check(stored);
    ++(check.is_signed ? result.signed_records : result.unsigned_records);
    ++seq;
    std::string broken = check.intact ? std::string() : check.reason;
    if (broken.empty() && stored.chain_seq != seq) {
      broken = "a record is missing before it, or stands there twice";
    }
    if (broken.empty() && stored.prev_hash != prev) {
      broken = "it does not follow the record before it";
    }
    if (!broken.empty()) result.linkage_valid = false;
    if (check.is_signed && !check.signature_valid) {
      result.signatures_valid = false;
      if (broken.empty()) broken = check.reason;
    }
    prev = check.chain_hash;
    if (!broken.empty()) {
      result.first_broken_seq = stored.chain_seq;
      result.first_broken_record_id = check.record_id;
      result.break_reason = std::move(broken);
    }
    result.records.push_back(std::move(check));
    if (!result.valid()) break;
  }
  return result;
}

Result<Receipt> EvidenceCheck::MakeReceipt(const StoredEvidence& stored) {
  Receipt receipt;
  receipt.record = Check(stored);
  if (!receipt.record.intact) return Error{ErrorCode::kCorrupt, receipt.record.reason};
  RecordView record;
  if (const auto decoded = DecodeRecordView(stored.payload, record); !decoded) {
    return decoded.error();
  }
  Tree& tree = TreeOf(record);
  if (!tree.head || stored.leaf_index >= tree.head->size) {
    return Error{ErrorCode::kUnavailable, "no signed tree head covers the record yet"};
  }
  receipt.head = *tree.head;
  auto proof = merkle::InclusionProof(stored.leaf_index, tree.head->size, tree.tiles.source());
  if (!proof) return proof.error();
  receipt.proof = std::move(*proof);
  return receipt;
}

}  // namespace axonflow::audit
