#include <algorithm>
#include <string>

#include "api/endpoints.h"
#include "api/evidence_reads.h"
#include "audit/evidence_check.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kNotAUuid = "The id must be a UUID";

void WriteKey(JsonWriter& json, const audit::RecordCheck& record) {
  if (!record.signing_key_id.empty()) json.Field("signing_key_id", record.signing_key_id);
  if (record.public_key) json.Field("public_key", Base64Of(*record.public_key));
}

net::Response WriteChain(const Call& call, const audit::ChainCheck& chain) {
  JsonWriter json;
  json.BeginObject().Field("chain_id", call.path_parameter);
  json.Field("org_id", call.principal.org.str()).Field("total_records", chain.total);
  json.Field("valid", chain.valid()).Field("authorship_proven", chain.authorship_proven());
  json.Field("linkage_valid", chain.linkage_valid);
  json.Field("signatures_valid", chain.signatures_valid);
  json.Field("signed_records", chain.signed_records);
  json.Field("unsigned_records", chain.unsigned_records);
  if (!chain.valid()) {
    json.Field("first_broken_seq", chain.first_broken_seq);
    json.Field("first_broken_record_id", chain.first_broken_record_id);
    json.Field("break_reason", chain.break_reason);
  }
  const auto with_key = std::ranges::find_if(
      chain.records, [](const auto& record) { return !record.signing_key_id.empty(); });
  if (with_key != chain.records.end()) WriteKey(json, *with_key);
  json.Key("records").BeginArray();
  for (const auto& record : chain.records) {
    json.BeginObject().Field("id", record.record_id).Field("chain_seq", record.chain_seq);
    json.EndObject();
  }
  json.EndArray().Field("verified_at", FormatRfc3339(Now())).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  return response;
}

net::Response WriteRecord(const audit::RecordCheck& record) {
  JsonWriter json;
  json.BeginObject().Field("record_id", record.record_id).Field("chain_id", record.chain_id);
  json.Field("org_id", record.org).Field("chain_seq", record.chain_seq);
  json.Field("signed", record.is_signed).Field("signature_valid", record.signature_valid);
  json.Field("valid", record.valid());
  if (!record.reason.empty()) json.Field("reason", record.reason);
  json.Field("digest_preimage_b64", Base64Encode(record.preimage));
  json.Field("record_digest", audit::Hex(record.record_digest));
  json.Field("prev_hash", audit::Hex(record.prev_hash));
  json.Field("chain_hash", audit::Hex(record.chain_hash));
  if (!record.signature.empty()) json.Field("record_signature", Base64Encode(record.signature));
  WriteKey(json, record);
  json.Field("verified_at", FormatRfc3339(Now())).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  return response;
}

}  // namespace

Task<net::Response> VerifyAuditChain(Api& api, Call& call) {
  if (auto refusal = RefuseWithoutEvidenceAuthority(call)) co_return std::move(*refusal);
  if (!audit::IsUuid(call.path_parameter)) {
    co_return Refusal(call.route.errors, 400, kNotAUuid, call);
  }
  const auto& options = *api.services().evidence;
  const auto chain = co_await ReadEvidenceStore<audit::ChainCheck>(
      api, call,
      [&](store::Transaction& transaction,
          const store::OrgScope& scope) -> Result<audit::ChainCheck> {
        const auto records = audit::ReadChain(transaction, scope, call.path_parameter);
        if (!records) return records.error();
        if (records->empty()) return Error{ErrorCode::kNotFound, "Chain not found"};
        audit::EvidenceCheck check(transaction, options, Now());
        return check.CheckChain(*records);
      });
  if (!chain) {
    co_return Refusal(call.route.errors, StatusOf(chain.error().code), chain.error().message, call);
  }
  co_return WriteChain(call, *chain);
}

Task<net::Response> VerifyAuditRecord(Api& api, Call& call) {
  if (auto refusal = RefuseWithoutEvidenceAuthority(call)) co_return std::move(*refusal);
  if (!audit::IsUuid(call.path_parameter)) {
    co_return Refusal(call.route.errors, 400, kNotAUuid, call);
  }
  const auto& options = *api.services().evidence;
  const auto record = co_await ReadEvidenceStore<audit::RecordCheck>(
      api, call,
      [&](store::Transaction& transaction,
          const store::OrgScope& scope) -> Result<audit::RecordCheck> {
        const auto stored = audit::ReadEvidence(transaction, scope, call.path_parameter);
        if (!stored) return stored.error();
        if (!*stored) return Error{ErrorCode::kNotFound, "Record not found"};
        audit::EvidenceCheck check(transaction, options, Now());
        return check.Check(**stored);
      });
  if (!record) {
    co_return Refusal(call.route.errors, StatusOf(record.error().code), record.error().message,
                      call);
  }
  co_return WriteRecord(*record);
}

Task<net::Response> AuditSigningKey(Api& api, Call& /*call*/) {
  const auto& keys = api.services().evidence->keys;
  const auto* signer = keys.signer();
  JsonWriter json;
  json.BeginObject().Field("algorithm", "ed25519").Field("signing_key_id", keys.signer_id());
  json.Field("public_key", signer == nullptr ? std::string() : Base64Of(signer->public_key()));
  json.Field("configured", signer != nullptr);
  json.Field("verification_note",
             signer == nullptr
                 ? "No key: records are chained but not signed."
                 : "record_digest is SHA-256 of the preimage, chain_hash is SHA-256 of "
                   "\"record_digest|prev_hash\" in hex, and the signature is over the 64 hex "
                   "digits of chain_hash.");
  json.Key("retired_keys").BeginArray();
  for (const auto& [id, key] : keys.keys()) {
    if (id == keys.signer_id()) continue;
    json.BeginObject().Field("signing_key_id", id).Field("public_key", Base64Of(key)).EndObject();
  }
  json.EndArray().EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

}  // namespace axonflow::api
