#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "base/crypto.h"
#include "base/time.h"

// What makes a record evidence: the exact bytes that are hashed and signed. docs/evidence.md states
// them for whoever writes a verifier; tests/verifier/ holds one that shares no code with this.
namespace axonflow::audit {

// The fields of one entry of a decision's chain, in the order of the preimage. A chain holds the
// records of one decision: its own first, then what was reported about it. Absent texts are empty.
struct ChainEntry {
  std::string_view id, chain_id, request_id, parent_request_id;
  std::int64_t step_number = 0;
  std::int64_t chain_seq = 0;
  std::string_view org_id, tenant_id, client_id, user_id, decision_type, decision_outcome,
      system_id, model_provider, model_id;
  std::vector<std::string_view> policies_evaluated;
  std::string_view policy_triggered, risk_level;
  bool requires_human_review = false;
  std::int64_t processing_time_ms = 0;
  std::string_view input_hash;
  std::string output_hash, audit_hash;
  // "sha256:<hex>" of the whole record as the journal holds it, so that the digest of the entry
  // covers every field of the record and not only those above.
  std::string data_source;
  Time created_at;
};

// The id of the chain that a record belongs to: its decision, or itself when it has none.
std::string_view ChainIdOf(const RecordView& record);

// Fills `entry` from `record`, whose bytes are `payload`. The texts of `entry` point into the
// record's. Memory of `entry` is used again.
void FillEntry(const RecordView& record, std::string_view payload, std::int64_t chain_seq,
               ChainEntry& entry);

// Appends the preimage of the record digest: for a scalar `label:length:value` and byte 0x1E, for a
// list `label#count:length:items` with 0x1F between the items. Lengths count bytes.
void AppendPreimage(const ChainEntry& entry, std::string& out);

// SHA-256 of the preimage of `entry`. `scratch` is overwritten.
Digest256 RecordDigest(const ChainEntry& entry, std::string& scratch);

// SHA-256 of "<hex of digest>|<hex of prev>". The first entry's `prev` is all zeros.
Digest256 ChainHash(const Digest256& record_digest, const Digest256& prev);

// What a leaf of the tenant's tree is made of: the digest and the chain hash, 64 bytes.
std::array<char, 64> LeafData(const Digest256& record_digest, const Digest256& chain_hash);

std::string Hex(const Digest256& digest);
// 64 lower-case hex digits, else nothing.
std::optional<Digest256> ParseHexDigest(std::string_view hex);
// 32 raw bytes, else nothing.
std::optional<Digest256> DigestFromBytes(std::string_view bytes);

// Whether `text` is a UUID in its usual spelling (36 characters, either case).
bool IsUuid(std::string_view text);

}  // namespace axonflow::audit
