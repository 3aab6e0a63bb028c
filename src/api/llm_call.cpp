#include <string>

#include "api/endpoints.h"
#include "api/store_reads.h"
#include "audit/audit_store.h"
#include "base/crypto.h"
#include "base/json_writer.h"
#include "governance/llm_price.h"
#include "governance/stored_text.h"

namespace axonflow::api {
namespace {

constexpr std::size_t kSummaryBytesMax = 2000;  // 500 characters of at most four bytes
constexpr std::size_t kMetadataBytesMax = 16 << 10;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::int64_t kTokensMax = 1'000'000'000;      // a call
constexpr std::int64_t kLatencyMsMax = 24 * 3'600'000;  // a day
constexpr std::string_view kInvalidContext = "Invalid or expired context";

struct Input {
  std::string context_id, provider, model, response_summary, metadata;
  BodyClaims claims;
  std::int64_t prompt_tokens = 0, completion_tokens = 0, total_tokens = 0, latency_ms = 0;
};

Result<std::int64_t> Count(const JsonValue& object, std::string_view name, std::int64_t max) {
  const auto member = object.Find(name);
  if (!member) return std::int64_t{0};
  const auto value = member->AsInt();
  if (!value || *value < 0 || *value > max) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string(name) + " must be a whole number from 0 to " + std::to_string(max)};
  }
  return *value;
}

Status ReadTokens(const JsonValue& root, Input& input) {
  const auto usage = root.Find("token_usage");
  if (!usage || usage->type() != JsonType::kObject) {
    return Error{ErrorCode::kInvalidArgument, "token_usage field is required"};
  }
  const auto prompt = Count(*usage, "prompt_tokens", kTokensMax);
  if (!prompt) return prompt.error();
  const auto completion = Count(*usage, "completion_tokens", kTokensMax);
  if (!completion) return completion.error();
  const auto total = Count(*usage, "total_tokens", kTokensMax);
  if (!total) return total.error();
  input.prompt_tokens = *prompt;
  input.completion_tokens = *completion;
  input.total_tokens = *total != 0 ? *total : *prompt + *completion;
  return {};
}

Status ReadNames(const JsonValue& root, Input& input) {
  const std::pair<const char*, std::string*> required[] = {
      {"context_id", &input.context_id}, {"provider", &input.provider}, {"model", &input.model}};
  for (const auto& [name, target] : required) {
    const auto text = RequiredString(root, name);
    if (!text) return text.error();
    if (text->size() > kNameBytesMax) {
      return Error{ErrorCode::kInvalidArgument, std::string(name) + " is too long"};
    }
    *target = *text;
  }
  const auto summary = OptionalString(root, "response_summary");
  if (!summary) return summary.error();
  input.response_summary = *summary;
  auto claims = ReadClaims(root);
  if (!claims) return claims.error();
  input.claims = std::move(*claims);
  return {};
}

Result<Input> Parse(std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  Input input;
  if (auto names = ReadNames(*root, input); !names) return names.error();
  if (auto tokens = ReadTokens(*root, input); !tokens) return tokens.error();
  const auto latency = Count(*root, "latency_ms", kLatencyMsMax);
  if (!latency) return latency.error();
  input.latency_ms = *latency;
  if (const auto metadata = root->Find("metadata")) {
    if (metadata->type() != JsonType::kObject) {
      return Error{ErrorCode::kInvalidArgument, "metadata must be an object"};
    }
    if (metadata->size() > 0) input.metadata = metadata->ToString();
    if (input.metadata.size() > kMetadataBytesMax) {
      return Error{ErrorCode::kInvalidArgument, "metadata is larger than 16 KiB"};
    }
  }
  return input;
}

audit::Record ToRecord(const Input& input, const Call& call, const audit::Record& context,
                       const policy::PolicyView& view) {
  audit::Record record;
  record.id = NewUuid();
  record.decision_id = context.decision_id;
  record.timestamp = Now();
  record.org = call.principal.org;
  record.tenant = call.principal.tenant;
  record.client = call.principal.client;
  record.user_email = context.user_email;
  record.user_role = context.user_role;
  record.session_id = call.principal.session_id;
  record.plane = call.route.plane;
  record.request_type = call.route.request_type;
  record.stage = "llm";
  record.verdict = policy::ToString(policy::Outcome::kAllowed);
  // A call that was made although the pre-check refused it is evidence of its own.
  if (context.verdict != "allowed" && context.verdict != "redacted") {
    record.verdict = policy::ToString(policy::Outcome::kBlocked);
    record.reason = "A model call was reported on a pre-check that refused it";
    record.matches = context.matches;
  }
  record.query_hash = context.query_hash;
  record.trace = call.trace;
  record.correlation_id = context.correlation_id;
  record.provider = governance::RedactForStorage(view, input.provider, kNameBytesMax);
  record.model = governance::RedactForStorage(view, input.model, kNameBytesMax);
  record.response_sample =
      governance::RedactForStorage(view, input.response_summary, kSummaryBytesMax);
  record.prompt_tokens = input.prompt_tokens;
  record.completion_tokens = input.completion_tokens;
  record.total_tokens = input.total_tokens;
  record.cost_usd = governance::EstimateCostUsd(input.provider, input.model, input.total_tokens);
  record.upstream_latency_ms = input.latency_ms;
  record.metadata_json = governance::RedactJsonForStorage(view, input.metadata, kMetadataBytesMax);
  return record;
}

}  // namespace

// Records a model call that was made on an approved pre-check. The context is not consumed: one
// approval may cover several calls until it expires.
Task<net::Response> ReportLlmCall(Api& api, Call& call) {
  auto input = Parse(call.request.body);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  auto refused = co_await api.RefineCaller(call, input->claims.View());
  if (refused) co_return std::move(*refused);

  call.principal.reads_whole_org = false;  // the context must be the named client's own
  Executor* const home = Executor::Current();
  auto context = co_await ReadStore<audit::StoredRecord>(
      api, call, [&](store::Database& database, const store::OrgScope& scope) {
        return audit::FindDecision(database, scope, DecisionId(input->context_id));
      });
  if (home != nullptr) co_await SwitchTo(*home);
  const bool unknown = !context && context.error().code == ErrorCode::kNotFound;
  const bool usable = context && context->record.request_type == "pre_check" &&
                      context->record.client == call.principal.client &&
                      context->record.expires_at > Now();
  if (unknown || (context && !usable)) {
    auto refusal = co_await api.Refuse(call, 400, kInvalidContext);
    co_return refusal;
  }
  if (!context) {
    auto refusal =
        co_await api.Refuse(call, StatusOf(context.error().code), context.error().message);
    co_return refusal;
  }
  const auto view =
      co_await api.services().governor.ViewOf(call.principal.org, call.principal.tenant);
  if (!view) {
    auto refusal = co_await api.Refuse(call, StatusOf(view.error().code), view.error().message);
    co_return refusal;
  }
  auto record = ToRecord(*input, call, context->record, **view);
  const std::string audit_id = record.id;
  const auto reported = co_await api.services().governor.Report(std::move(record));
  if (!reported) {
    co_return Refusal(call.route.errors, StatusOf(reported.error().code), reported.error().message,
                      call);
  }
  api.metrics().CountReportedCall();
  JsonWriter json;
  json.BeginObject().Field("success", true).Field("audit_id", audit_id).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

}  // namespace axonflow::api
