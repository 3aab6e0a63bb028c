// The SHA-256 block functions are marked deprecated in OpenSSL 3 in favour of EVP.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "audit/evidence_export.h"

#include <openssl/sha.h>

#include <algorithm>
#include <limits>

#include "audit/evidence_check.h"
#include "base/json_writer.h"

namespace axonflow::audit {

namespace {

constexpr std::int64_t kPageRecords = 512;

void WriteEntry(JsonWriter& json, const ChainEntry& entry) {
  json.BeginObject().Field("id", entry.id).Field("chain_id", entry.chain_id);
  json.Field("request_id", entry.request_id).Field("parent_request_id", entry.parent_request_id);
  json.Field("step_number", entry.step_number).Field("chain_seq", entry.chain_seq);
  json.Field("org_id", entry.org_id).Field("tenant_id", entry.tenant_id);
  json.Field("client_id", entry.client_id).Field("user_id", entry.user_id);
  json.Field("decision_type", entry.decision_type);
  json.Field("decision_outcome", entry.decision_outcome).Field("system_id", entry.system_id);
  json.Field("model_provider", entry.model_provider).Field("model_id", entry.model_id);
  json.Key("policies_evaluated").BeginArray();
  for (const auto policy : entry.policies_evaluated) json.String(policy);
  json.EndArray().Field("policy_triggered", entry.policy_triggered);
  json.Field("risk_level", entry.risk_level);
  json.Field("requires_human_review", entry.requires_human_review);
  json.Field("processing_time_ms", entry.processing_time_ms);
  json.Field("input_hash", entry.input_hash).Field("output_hash", entry.output_hash);
  json.Field("audit_hash", entry.audit_hash);
  json.Key("data_sources").BeginArray().String(entry.data_source).EndArray();
  json.Field("created_at_unixmicro",
             static_cast<std::int64_t>(entry.created_at.time_since_epoch().count()));
  json.EndObject();
}

void WriteDetails(JsonWriter& json, const RecordView& record) {
  json.BeginObject().Field("plane", record.plane).Field("request_type", record.request_type);
  json.Field("stage", record.stage).Field("verdict", record.verdict);
  json.Field("reason", record.reason).Field("session_id", record.session_id);
  json.Field("user_role", record.user_role).Field("tool_signature", record.tool_signature);
  json.Field("query", record.query).Field("correlation_id", record.correlation_id);
  json.Field("policy_set_version", record.policy_set_version).EndObject();
}

std::string_view BytesOf(const Signature& signature) {
  return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}

// One page of the log as lines. `next` is the leaf that must come first.
class PageWriter {
 public:
  PageWriter(store::Transaction& transaction, const TreeId& tree, const TreeHead& head,
             const EvidenceOptions& options, Time now)
      : check_(transaction, options, now), tiles_(transaction, tree), head_(head) {}

  Status Append(const StoredEvidence& stored, std::string& lines) {
    const auto check = check_.Check(stored);
    if (!check.intact) {
      return Error{ErrorCode::kCorrupt, "record " + check.record_id + " (leaf " +
                                            std::to_string(stored.leaf_index) +
                                            "): " + check.reason};
    }
    ExportedRecord record{stored.leaf_index,
                          stored.chain_seq,
                          stored.payload,
                          stored.prev_hash,
                          check.signature,
                          check.signing_key_id,
                          {}};
    auto proof = merkle::InclusionProof(stored.leaf_index, head_.size, tiles_.source());
    if (!proof) return proof.error();
    record.proof = std::move(*proof);
    const auto line = RecordLine(record);
    if (!line) return line.error();
    lines.append(*line).append("\n");
    return {};
  }

 private:
  EvidenceCheck check_;
  TileReader tiles_;
  const TreeHead& head_;
};

// SHA-256 of what has passed by.
class RunningDigest {
 public:
  RunningDigest() { SHA256_Init(&context_); }
  void Add(std::string_view bytes) { SHA256_Update(&context_, bytes.data(), bytes.size()); }
  Digest256 Take() {
    Digest256 digest;
    SHA256_Final(digest.data(), &context_);
    return digest;
  }

 private:
  SHA256_CTX context_;
};

Result<ExportHeader> StartExport(store::Transaction& transaction, const TreeId& tree,
                                 const LeafRange& range, const EvidenceOptions& options, Time now,
                                 TreeHead& head) {
  auto found = ReadHead(transaction, tree, std::numeric_limits<std::int64_t>::max());
  if (!found) return found.error();
  if (!*found) return Error{ErrorCode::kNotFound, "The tenant's log is empty"};
  head = std::move(**found);
  ExportHeader header;
  header.org = tree.org;
  header.tenant = tree.tenant;
  header.exported_at = now;
  header.end_leaf = std::min(range.end.value_or(head.size), head.size);
  header.first_leaf = std::min(range.first, header.end_leaf);
  const auto* key = options.keys.Find(head.key_id);
  header.signing_key_id = key == nullptr ? std::string() : head.key_id;
  if (key != nullptr) header.public_key = *key;
  header.checkpoint = SignedCheckpoint(head, key);
  return header;
}

}  // namespace

std::string HeaderLine(const ExportHeader& header) {
  JsonWriter json;
  json.BeginObject().Field("type", "header").Field("format", kExportFormat);
  json.Field("org_id", header.org).Field("tenant_id", header.tenant);
  json.Field("exported_at", FormatRfc3339(header.exported_at));
  json.Field("first_leaf", header.first_leaf).Field("end_leaf", header.end_leaf);
  json.Field("signing_key_id", header.signing_key_id);
  json.Field("public_key",
             header.public_key
                 ? Base64Encode({reinterpret_cast<const char*>(header.public_key->data()),
                                 header.public_key->size()})
                 : std::string());
  json.Field("checkpoint", header.checkpoint).EndObject();
  return std::move(json).Take();
}

Result<std::string> RecordLine(const ExportedRecord& record) {
  RecordView view;
  if (auto decoded = DecodeRecordView(record.payload, view); !decoded) return decoded.error();
  ChainEntry entry;
  FillEntry(view, record.payload, record.chain_seq, entry);
  std::string scratch;
  const auto digest = RecordDigest(entry, scratch);
  JsonWriter json;
  json.BeginObject().Field("type", "record").Field("leaf_index", record.leaf_index).Key("entry");
  WriteEntry(json, entry);
  json.Key("details");
  WriteDetails(json, view);
  json.Field("payload", Base64Encode(record.payload)).Field("record_digest", Hex(digest));
  json.Field("prev_hash", Hex(record.prev_hash));
  json.Field("chain_hash", Hex(ChainHash(digest, record.prev_hash)));
  json.Field("record_signature", Base64Encode(record.signature));
  json.Field("signing_key_id", record.signing_key_id).Key("inclusion_proof").BeginArray();
  for (const auto& hash : record.proof) json.String(Hex(hash));
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string TrailerText(const Digest256& digest) {
  return std::string(kExportFormat) + "\n" + Hex(digest) + "\n";
}

std::string TrailerLine(const ExportTrailer& trailer) {
  JsonWriter json;
  json.BeginObject().Field("type", "trailer").Field("records", trailer.records);
  json.Field("sha256", Hex(trailer.digest)).Field("signing_key_id", trailer.signing_key_id);
  json.Field("signature", Base64Encode(trailer.signature)).EndObject();
  return std::move(json).Take();
}

Result<ExportSummary> ExportEvidence(store::Database& database, const store::OrgScope& scope,
                                     const TreeId& tree, const LeafRange& range,
                                     const EvidenceOptions& options, Time now,
                                     const ExportSink& sink) {
  ExportSummary summary;
  RunningDigest digest;
  TreeHead head;
  ExportHeader header;
  std::string lines;
  const auto pass_on = [&] {
    digest.Add(lines);
    summary.cut_off = summary.cut_off || !sink(lines);
    lines.clear();
  };
  auto read = database.Read(scope, [&](store::Transaction& transaction) -> Status {
    auto started = StartExport(transaction, tree, range, options, now, head);
    if (!started) return started.error();
    header = std::move(*started);
    return {};
  });
  if (!read) return read.error();
  lines = HeaderLine(header) + "\n";
  pass_on();
  // The log only grows, so a page a transaction shows the same records as one long transaction.
  for (auto next = header.first_leaf; next < header.end_leaf && !summary.cut_off;) {
    read = database.Read(scope, [&](store::Transaction& transaction) -> Status {
      const auto wanted = std::min<std::uint64_t>(kPageRecords, header.end_leaf - next);
      const auto page = ReadLeaves(transaction, tree, next, static_cast<std::int64_t>(wanted));
      if (!page) return page.error();
      PageWriter writer(transaction, tree, head, options, now);
      for (const auto& stored : *page) {
        if (stored.leaf_index != next) break;
        if (auto added = writer.Append(stored, lines); !added) return added;
        ++next;
        ++summary.records;
        if (next == header.end_leaf) return {};
      }
      if (page->size() < wanted || page->back().leaf_index >= next) {
        return Error{ErrorCode::kCorrupt,
                     "record " + std::to_string(next) + " of the log is missing"};
      }
      return {};
    });
    if (!read) return read.error();
    pass_on();
  }
  ExportTrailer trailer{summary.records, digest.Take(), {}, {}};
  if (const auto* signer = options.keys.signer()) {
    trailer.signing_key_id = options.keys.signer_id();
    trailer.signature = BytesOf(signer->Sign(TrailerText(trailer.digest)));
  }
  if (!summary.cut_off) summary.cut_off = !sink(TrailerLine(trailer) + "\n");
  return summary;
}

}  // namespace axonflow::audit
