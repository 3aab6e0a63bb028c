#include <string>

#include "api/endpoints.h"
#include "api/evidence_reads.h"
#include "audit/evidence_check.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::chrono::milliseconds kHeadTimeout{3'000};

Task<Result<audit::Receipt>> FindReceipt(Api& api, const Call& call, std::string_view record_id) {
  const auto& services = api.services();
  auto receipt = co_await ReadEvidenceStore<audit::Receipt>(
      api, call,
      [&services, record_id](store::Transaction& transaction,
                             const store::OrgScope& scope) -> Result<audit::Receipt> {
        const auto stored = audit::ReadEvidence(transaction, scope, record_id);
        if (!stored) return stored.error();
        if (!*stored) return Error{ErrorCode::kNotFound, "Record not found"};
        audit::EvidenceCheck check(transaction, *services.evidence, Now());
        return check.MakeReceipt(**stored);
      });
  co_return receipt;
}

// The receipt, after a head that covers the record has been signed where that is still to come.
Task<Result<audit::Receipt>> AwaitReceipt(Api& api, const Call& call, std::string_view record_id) {
  auto receipt = co_await FindReceipt(api, call, record_id);
  if (receipt || receipt.error().code != ErrorCode::kUnavailable) co_return receipt;
  {
    const WorkerPlace place(api.services().blocking);
    if (!place.entered()) co_return receipt;
    co_await SwitchTo(api.services().blocking);
    const auto covered = api.services().shipper.WaitForTreeHeads(kHeadTimeout);
    if (!covered) co_return covered.error();
  }
  receipt = co_await FindReceipt(api, call, record_id);
  co_return receipt;
}

}  // namespace

std::string ReceiptJson(const audit::Receipt& receipt, const audit::KeyRing& keys) {
  const auto& record = receipt.record;
  JsonWriter json;
  json.BeginObject().Field("format", "axonflow-receipt/1").Field("record_id", record.record_id);
  json.Field("chain_id", record.chain_id).Field("chain_seq", record.chain_seq);
  json.Field("record_digest", audit::Hex(record.record_digest));
  json.Field("prev_hash", audit::Hex(record.prev_hash));
  json.Field("chain_hash", audit::Hex(record.chain_hash));
  json.Field("record_signature", Base64Encode(record.signature));
  json.Field("signing_key_id", record.signing_key_id);
  json.Field("leaf_index", record.leaf_index).Key("inclusion_proof").BeginArray();
  for (const auto& hash : receipt.proof) json.String(audit::Hex(hash));
  json.EndArray();
  json.Field("checkpoint", audit::SignedCheckpoint(receipt.head, keys.Find(receipt.head.key_id)));
  json.EndObject();
  return std::move(json).Take();
}

Task<net::Response> AuditReceipt(Api& api, Call& call) {
  if (auto refusal = RefuseWithoutEvidenceAuthority(call)) co_return std::move(*refusal);
  if (!audit::IsUuid(call.path_parameter)) {
    co_return Refusal(call.route.errors, 400, "The id must be a UUID", call);
  }
  const auto receipt = co_await AwaitReceipt(api, call, call.path_parameter);
  if (!receipt) {
    co_return Refusal(call.route.errors, StatusOf(receipt.error().code), receipt.error().message,
                      call);
  }
  net::Response response;
  response.body = ReceiptJson(*receipt, api.services().evidence->keys);
  co_return response;
}

Task<void> AttachReceipt(Api& api, Call& call, const OrgId& org, net::Response& response) {
  // The body may have named the tenant, but the id was made for this call: it is the caller's own.
  call.principal.org = org;
  call.principal.reads_whole_org = true;
  const auto receipt = co_await AwaitReceipt(api, call, call.decision_id.str());
  if (receipt) {
    response.headers.emplace_back(
        "X-AxonFlow-Receipt",
        Base64UrlEncode(ReceiptJson(*receipt, api.services().evidence->keys)));
  } else {
    response.headers.emplace_back("X-AxonFlow-Receipt-Error", receipt.error().message);
  }
}

}  // namespace axonflow::api
