#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "audit/evidence_rows.h"
#include "audit/evidence_store.h"
#include "base/time.h"

namespace axonflow::audit {

namespace {

enum Column : std::size_t {
  kNode,
  kPosition,
  kOrg,
  kTenant,
  kRecordBucket,
  kRecordKey,
  kChainSeq,
  kLeafIndex,
  kRecordDigest,
  kPrevHash,
  kChainHash,
  kSignature,
  kSigningKeyId,
  kColumns
};

constexpr std::size_t kRowsAStatement = 64;
// Chains that are likely to go on: a reported call follows its decision within seconds. Others are
// looked up in the store. A power of two.
constexpr std::size_t kChainsRemembered = 16'384;
constexpr std::size_t kTreesRemembered = 16'384;
constexpr std::chrono::minutes kHeadRowSpan{1};

std::string InsertStatement(std::size_t rows) {
  std::string sql = R"(
      INSERT INTO audit_evidence
        (node, position, org_id, tenant_id, record_bucket, record_key, chain_seq, leaf_index,
         record_digest, prev_hash, chain_hash, signature, signing_key_id)
      VALUES )";
  for (std::size_t i = 0; i < rows * kColumns; ++i) {
    if (i % kColumns == 0) sql.append(i == 0 ? "(" : "), (");
    sql.append(i % kColumns == 0 ? "$" : ", $").append(std::to_string(i + 1));
  }
  return sql + ")";
}

Status Done(const Result<std::int64_t>& executed) {
  return executed ? Status() : Status(executed.error());
}

struct StoredHead {
  std::uint64_t size = 0;
  Time signed_at{};
};

// The newest head of a tree; size 0 when it has none.
Result<StoredHead> LatestHead(store::Transaction& transaction, const TreeId& id) {
  StoredHead head;
  const auto read = transaction.Query(
      R"(SELECT size, signed_at FROM audit_tree_heads
         WHERE org_id = $1 AND tenant_id = $2 ORDER BY minute DESC LIMIT 1)",
      {id.org, id.tenant}, [&](const store::Row& row) {
        head.size = static_cast<std::uint64_t>(row.Int(0));
        head.signed_at = Time(std::chrono::microseconds(row.Int(1)));
      });
  if (!read) return read.error();
  return head;
}

// The last head of a minute stays: enough to prove that a log of years never changed its past.
Status UpsertHead(store::Transaction& transaction, const TreeId& id, const TreeHead& head) {
  const auto minute = head.signed_at.time_since_epoch() / kHeadRowSpan;
  return Done(transaction.Execute(
      R"(INSERT INTO audit_tree_heads
           (org_id, tenant_id, minute, size, root, signed_at, signing_key_id, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (org_id, tenant_id, minute) DO UPDATE SET
           size = excluded.size, root = excluded.root, signed_at = excluded.signed_at,
           signing_key_id = excluded.signing_key_id, signature = excluded.signature)",
      {id.org, id.tenant, static_cast<std::int64_t>(minute), static_cast<std::int64_t>(head.size),
       store::BlobView(AsBytes(head.root)), std::int64_t{head.signed_at.time_since_epoch().count()},
       head.key_id, store::Blob{head.signature}}));
}

}  // namespace

EvidenceWriter::EvidenceWriter(const EvidenceOptions& options)
    : options_(options),
      remembered_(kChainsRemembered),
      memory_(kRowsAStatement),
      parameters_(kRowsAStatement * kColumns) {}

Status EvidenceWriter::Begin(store::Transaction& transaction) {
  rows_ = 0;
  driven_out_.clear();
  trees_.clear();
  last_tree_.reset();
  // The row is locked until the end of the transaction, on engines with several writers.
  const auto taken =
      Done(transaction.Execute("UPDATE audit_evidence_turn SET turn = turn + 1 WHERE id = 1", {}));
  if (!taken) return taken;
  std::int64_t turn = 0;
  const auto read = transaction.Query("SELECT turn FROM audit_evidence_turn WHERE id = 1", {},
                                      [&](const store::Row& row) { turn = row.Int(0); });
  if (!read) return read;
  // Another process wrote in between, or the last transaction was rolled back: what is remembered
  // may not be what is stored.
  if (turn != turn_ + 1) {
    for (auto& place : remembered_) place.key.clear();
  }
  turn_ = turn;
  return {};
}

EvidenceWriter::RememberedChain& EvidenceWriter::PlaceOf(const RecordView& record) {
  chain_key_.assign(record.org)
      .append("\n")
      .append(record.tenant)
      .append("\n")
      .append(ChainIdOf(record));
  return remembered_[std::hash<std::string>()(chain_key_) % kChainsRemembered];
}

Result<EvidenceWriter::ChainHead> EvidenceWriter::HeadOf(store::Transaction& transaction,
                                                         const RecordView& record,
                                                         const RememberedChain& place) {
  if (place.key == chain_key_) return place.head;
  ChainHead head;
  const auto chain = ChainIdOf(record);
  // A decision's own record begins its chain.
  if (record.id == chain) return head;
  const auto driven_out = driven_out_.find(chain_key_);
  if (driven_out != driven_out_.end()) return driven_out->second;
  const auto scope = store::OrgScope::ForTenant(OrgId(std::string(record.org)),
                                                TenantId(std::string(record.tenant)));
  if (!scope) return scope.error();
  const auto stored = ReadChain(transaction, *scope, chain);
  if (!stored) return stored.error();
  if (stored->empty()) return head;
  return ChainHead{stored->back().chain_seq, stored->back().chain_hash};
}

void EvidenceWriter::Remember(ChainHead head, RememberedChain& place) {
  driven_out_.erase(chain_key_);
  if (place.turn == turn_ && place.key != chain_key_ && !place.key.empty()) {
    driven_out_[place.key] = place.head;
  }
  place.key = chain_key_;
  place.turn = turn_;
  place.head = head;
}

Result<EvidenceWriter::Tree*> EvidenceWriter::TreeOf(store::Transaction& transaction,
                                                     const RecordView& record) {
  if (last_tree_ && last_tree_->first.org == record.org &&
      last_tree_->first.tenant == record.tenant) {
    return last_tree_->second;
  }
  TreeId id{std::string(record.org), std::string(record.tenant)};
  auto found = trees_.find(id);
  if (found == trees_.end()) {
    const auto size = TreeSize(transaction, id);
    if (!size) return size.error();
    found = trees_.emplace(id, Tree{*size, {}}).first;
  }
  last_tree_.emplace(std::move(id), &found->second);
  return &found->second;
}

void EvidenceWriter::Fill(std::size_t row, JournalPosition position, const RecordView& record,
                          const ChainHead& prev, const ChainHead& head, const Digest256& digest,
                          std::uint64_t leaf) {
  auto& memory = memory_[row];
  memory.org = record.org;
  memory.tenant = record.tenant;
  memory.digest = digest;
  memory.prev = prev.hash;
  memory.hash = head.hash;
  store::Value* const values = &parameters_[row * kColumns];
  values[kPosition] = static_cast<std::int64_t>(ToNumber(position));
  values[kOrg] = store::TextView(memory.org);
  values[kTenant] = store::TextView(memory.tenant);
  values[kRecordBucket] = std::monostate{};
  values[kRecordKey] = std::monostate{};
  if (record.decision_id != record.id) {  // the decision's own record is found by its decision
    values[kRecordBucket] = DecisionBucket(position);
    values[kRecordKey] = DecisionKey(record.id);
  }
  values[kChainSeq] = head.seq;
  values[kLeafIndex] = static_cast<std::int64_t>(leaf);
  values[kRecordDigest] = store::BlobView(AsBytes(memory.digest));
  values[kPrevHash] = store::BlobView(AsBytes(memory.prev));
  values[kChainHash] = store::BlobView(AsBytes(memory.hash));
  values[kSignature] = std::monostate{};
  values[kSigningKeyId] = std::monostate{};
  const auto* signer = options_.keys.signer();
  if (signer == nullptr || options_.mode != SignatureMode::kEachRecord) return;
  memory.signature = signer->Sign(Hex(memory.hash));
  values[kSignature] = store::BlobView(
      {reinterpret_cast<const char*>(memory.signature.data()), memory.signature.size()});
  values[kSigningKeyId] = store::TextView(options_.keys.signer_id());
}

Status EvidenceWriter::Add(store::Transaction& transaction, JournalPosition position,
                           std::string_view payload, const RecordView& record) {
  auto& place = PlaceOf(record);
  const auto prev = HeadOf(transaction, record, place);
  if (!prev) return prev.error();
  const auto tree = TreeOf(transaction, record);
  if (!tree) return tree.error();
  ChainHead head;
  head.seq = prev->seq + 1;
  FillEntry(record, payload, head.seq, entry_);
  const auto digest = RecordDigest(entry_, preimage_);
  head.hash = ChainHash(digest, prev->hash);
  const auto data = LeafData(digest, head.hash);
  const auto leaf = (*tree)->size + (*tree)->leaves.size();
  (*tree)->leaves.push_back(merkle::LeafHash({data.data(), data.size()}));
  parameters_[rows_ * kColumns + kNode] = store::TextView(transaction.node());
  Fill(rows_, position, record, *prev, head, digest, leaf);
  Remember(head, place);
  if (++rows_ < kRowsAStatement) return {};
  static const std::string sql = InsertStatement(kRowsAStatement);
  rows_ = 0;
  return Done(transaction.Execute(sql, parameters_));
}

Status EvidenceWriter::FlushRows(store::Transaction& transaction) {
  static const std::string sql = InsertStatement(1);
  const auto rows = std::exchange(rows_, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto from = parameters_.begin() + static_cast<std::ptrdiff_t>(row * kColumns);
    if (row > 0) std::copy_n(from, kColumns, parameters_.begin());
    if (auto inserted = Done(transaction.Execute(sql, parameters_)); !inserted) return inserted;
  }
  return {};
}

Status EvidenceWriter::Finish(store::Transaction& transaction) {
  if (auto flushed = FlushRows(transaction); !flushed) return flushed;
  for (const auto& [id, tree] : trees_) {
    if (auto added = AppendLeaves(transaction, id, tree.size, tree.leaves); !added) return added;
    if (heads_due_.contains(id)) continue;
    auto last = last_heads_.find(id);
    if (last == last_heads_.end()) {
      const auto stored = LatestHead(transaction, id);
      if (!stored) return stored.error();
      if (last_heads_.size() >= kTreesRemembered) last_heads_.clear();
      last = last_heads_.emplace(id, stored->signed_at).first;
    }
    heads_due_.emplace(id, last->second);
  }
  return {};
}

bool EvidenceWriter::HeadsAreDue(Time now, bool any_age) const {
  return std::ranges::any_of(heads_due_, [&](const auto& due) {
    return any_age || now - due.second >= options_.head_interval;
  });
}

Status EvidenceWriter::WriteHeads(store::Transaction& transaction, Time now, bool any_age) {
  if (auto begun = Begin(transaction); !begun) return begun;
  for (auto due = heads_due_.begin(); due != heads_due_.end();) {
    if (!any_age && now - due->second < options_.head_interval) {
      ++due;
      continue;
    }
    if (auto written = WriteHead(transaction, due->first, now); !written) return written;
    last_heads_[due->first] = now;
    due = heads_due_.erase(due);
  }
  return {};
}

Status EvidenceWriter::WriteHead(store::Transaction& transaction, const TreeId& id, Time now) {
  const auto size = TreeSize(transaction, id);
  if (!size) return size.error();
  const auto last = LatestHead(transaction, id);
  if (!last) return last.error();
  if (*size <= last->size) return {};
  TileReader tiles(transaction, id);
  const auto root = merkle::Root(*size, tiles.source());
  if (!root) return root.error();
  TreeHead head{LogOrigin(id.org, id.tenant), *size, *root, std::max(now, last->signed_at), {}, {}};
  if (const auto* signer = options_.keys.signer()) {
    SignHead(*signer, options_.keys.signer_id(), head);
  }
  return UpsertHead(transaction, id, head);
}

}  // namespace axonflow::audit
