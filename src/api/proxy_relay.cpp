#include "api/proxy_relay.h"

#include <utility>

#include "api/cost_spending.h"
#include "api/proxy_call.h"
#include "api/proxy_errors.h"
#include "api/proxy_stream_body.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kNoProvider = "No provider that speaks this protocol is configured";
constexpr std::string_view kNoKey =
    "No key for the provider: set it for the deployment or send X-Provider-Key";
constexpr std::string_view kUnknownPart = "The request holds a content part of unknown type at ";

struct Input {
  std::string model;
  bool streams = false;
  std::vector<providers::Part> parts;
};

Result<Input> Parse(const providers::Surface& surface, std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  Input input;
  const auto model = RequiredString(*root, "model");
  if (!model) return model.error();
  input.model = *model;
  if (const auto stream = root->Find("stream")) {
    const auto wanted = stream->AsBool();
    if (!wanted) return Error{ErrorCode::kInvalidArgument, "stream must be a boolean"};
    input.streams = *wanted;
  }
  auto parts = providers::ReadParts(surface.request, body);
  if (!parts) return parts.error();
  for (const providers::Part& part : *parts) {
    if (!part.withheld) continue;
    return Error{ErrorCode::kInvalidArgument, std::string(kUnknownPart) + part.path};
  }
  input.parts = std::move(*parts);
  return input;
}

int UpstreamStatus(const Error& error) {
  return error.code == ErrorCode::kDeadlineExceeded    ? 504
         : error.code == ErrorCode::kResourceExhausted ? 503
                                                       : 502;
}

net::Response Denied(Api& api, const providers::Surface& surface, const ModelCall& call,
                     const governance::Decision& decision) {
  const bool approval = decision.outcome == policy::Outcome::kNeedsApproval;
  const std::string message =
      "Request blocked by policy: " +
      (approval && decision.reason.empty() ? "an approval is needed" : decision.reason);
  const bool anthropic = surface.protocol == providers::Protocol::kAnthropic;
  auto response =
      ProviderError(surface.protocol, 400, anthropic ? "invalid_request_error" : "policy_violation",
                    "policy_denied", message);
  AddAiHeaders(api, call, {true, false, approval, decision.policy_ids}, response);
  return response;
}

net::Response Failed(Api& api, const providers::Surface& surface, const ModelCall& call, int status,
                     std::string_view code, std::string_view message) {
  auto response =
      ProviderError(surface.protocol, status, ErrorType(surface.protocol, status), code, message);
  AddAiHeaders(api, call, {}, response);
  return response;
}

// The refusal of a call that the budgets do not let go; otherwise it holds what it may cost.
Task<std::optional<net::Response>> RefuseSpending(Api& api, Call& call,
                                                  const providers::Surface& surface,
                                                  ModelCall& model) {
  auto spender = SpenderOf(call);
  SetSpender(spender, model);
  if (IsWithoutBudgets(api, spender)) co_return std::nullopt;
  const bool answers = &surface != &providers::kEmbeddings && &surface != &providers::kCountTokens;
  const auto usage = ForecastUsage(call.request.body, answers);
  const auto dollars = providers::CostOf(model.provider->name, model.model, usage);
  const auto amount = cost::FromDollars(dollars.value_or(0)).value_or(0);
  auto answer = co_await ReserveSpending(api, std::move(spender), amount);
  model.spending = std::move(answer.spending);
  if (answer.allowed) co_return std::nullopt;
  const int status = answer.error.empty() ? 429 : 503;
  const auto message = answer.error.empty() ? BudgetMessage(*answer.named) : answer.error;
  auto refusal = co_await api.Refuse(call, status, message, "budget_exceeded");
  const bool anthropic = surface.protocol == providers::Protocol::kAnthropic;
  refusal =
      status == 429 && !anthropic
          ? ProviderError(surface.protocol, 429, "insufficient_quota", "budget_exceeded", message)
          : Failed(api, surface, model, status, "budget_exceeded", message);
  co_return std::optional<net::Response>(std::move(refusal));
}

Task<net::Response> WholeAnswer(Api& api, const providers::Surface& surface, ModelCall call,
                                outbound::Response upstream, AiFacts facts) {
  auto judge = co_await api.services().governor.OpenAnswer(call.principal, policy::Plane::kProxy);
  auto body = co_await upstream.ReadRest(providers::kAnswerBytesMax);
  ModelOutcome outcome;
  std::string answer;
  std::string refusal;
  int status = upstream.status();
  if (!judge) {
    outcome.error = judge.error().message;
    status = 503;
  } else if (!body) {
    outcome.error = body.error().message;
    status = UpstreamStatus(body.error());
  } else if (status < 200 || (status >= 300 && status < 400)) {
    outcome.error = "the provider answered " + std::to_string(status);
    status = 502;
  } else {
    outcome.judge = &*judge;
    outcome.answer_bytes = body->size();
    outcome.usage = providers::UsageIn(*body);
    // What a provider says of an error may repeat the prompt: it is judged like an answer.
    auto governed = co_await GovernAnswer(api, *judge, surface.answer, *body, outcome.sample);
    if (governed) {
      answer = std::move(*governed);
      if (status >= 400) outcome.error = "the provider answered " + std::to_string(status);
    } else {
      outcome.error = governed.error().message;
      status = governed.error().code == ErrorCode::kPermissionDenied ? 400 : 502;
    }
  }
  auto record = OutcomeRecord(call, outcome);
  const auto reported = co_await api.services().governor.Report(std::move(record));
  if (call.spending) {
    const auto settled = co_await call.spending->Settle();
    static_cast<void>(settled);  // logged; the lease sees to the rest
  }
  if (!reported) co_return Failed(api, surface, call, 503, "", reported.error().message);
  const bool stopped = judge && judge->stopped();
  if (judge) {
    for (auto& id : judge->policy_ids()) facts.policies.push_back(std::move(id));
    facts.filtered = facts.filtered || judge->redacted();
  }
  facts.blocked = stopped;
  net::Response response;
  if (stopped) {
    const bool anthropic = surface.protocol == providers::Protocol::kAnthropic;
    response = ProviderError(surface.protocol, 400,
                             anthropic ? "invalid_request_error" : "policy_violation",
                             "policy_denied", "Answer blocked by policy: " + judge->reason());
  } else if (answer.empty()) {
    response = ProviderError(surface.protocol, status, ErrorType(surface.protocol, status),
                             "upstream_error", outcome.error);
  } else {
    response.status = status;
    response.body = std::move(answer);
    for (const char* name : {"retry-after", "request-id", "x-request-id"}) {
      if (const auto value = upstream.Find(name)) response.headers.emplace_back(name, *value);
    }
  }
  AddAiHeaders(api, call, facts, response);
  co_return response;
}

}  // namespace

Task<net::Response> Relay(Api& api, Call& call, const providers::Surface& surface) {
  const auto start = std::chrono::steady_clock::now();
  auto refused = co_await api.RefineCaller(call, {});
  if (refused) co_return std::move(*refused);
  auto input = Parse(surface, call.request.body);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  ModelCall model{.principal = call.principal,
                  .decision_id = call.decision_id,
                  .trace = call.trace,
                  .request_type = std::string(surface.request_type),
                  .surface = &surface,
                  .provider = api.services().providers->For(surface.protocol),
                  .model = input->model,
                  .prompt_bytes = call.request.body.size(),
                  .sent = start};
  auto key = ProviderKeyOf(call.request);
  if (model.provider == nullptr) {
    auto refusal = co_await api.Refuse(call, 503, kNoProvider);
    co_return refusal;
  }
  const bool has_key = !model.provider->key.empty() || !key.empty();
  const bool named = call.request.HasHeader("X-Provider-Key");
  if (model.provider->needs_key && !has_key) {
    auto refusal = co_await api.Refuse(call, 400, kNoKey);
    refusal = Failed(api, surface, model, 400, "missing_provider_key", kNoKey);
    co_return refusal;
  }
  // The deployment's key goes before one that a client sends because it must send something.
  if (!named && !model.provider->key.empty()) key = {};
  if (input->streams && !surface.streams) {
    auto refusal = co_await api.Refuse(call, 400, "Streaming is not supported on this endpoint");
    refusal = Failed(api, surface, model, 400, "stream_not_supported",
                     "Streaming is not supported on this endpoint");
    co_return refusal;
  }
  auto exchange = ExchangeOf(model, input->parts);
  exchange.received = start;
  const auto decision = co_await api.services().governor.Govern(std::move(exchange));
  if (!decision) {
    co_return Failed(api, surface, model, StatusOf(decision.error().code), "",
                     decision.error().message);
  }
  if (!decision->allowed()) co_return Denied(api, surface, model, *decision);
  auto over = co_await RefuseSpending(api, call, surface, model);
  if (over) co_return std::move(*over);

  providers::Upstream upstream;
  upstream.provider = model.provider;
  upstream.path = surface.path;
  upstream.body = ApplyDecision(call.request.body, input->parts, *decision);
  upstream.key = std::move(key);
  upstream.streams = input->streams;
  for (auto& [name, value] : PassedHeaders(call.request)) {
    upstream.headers.push_back({std::move(name), std::move(value)});
  }
  auto cancellation = std::make_shared<outbound::Cancellation>();
  if (input->streams) upstream.cancellation = cancellation;
  model.sent = std::chrono::steady_clock::now();
  auto answer = co_await providers::Call(*api.services().outbound, std::move(upstream));
  AiFacts facts{false, decision->redact, false, decision->policy_ids};
  if (!answer) {
    ModelOutcome outcome;
    outcome.error = answer.error().message;
    auto record = OutcomeRecord(model, outcome);
    const auto reported = co_await api.services().governor.Report(std::move(record));
    static_cast<void>(reported);  // counted and logged; the answer is an error either way
    co_return Failed(api, surface, model, UpstreamStatus(answer.error()), "upstream_error",
                     "The provider could not be reached: " + answer.error().message);
  }
  if (input->streams && answer->status() == 200) {
    auto response = co_await StreamAnswer(api, surface, std::move(model), std::move(*answer),
                                          std::move(facts), std::move(cancellation));
    co_return response;
  }
  auto response =
      co_await WholeAnswer(api, surface, std::move(model), std::move(*answer), std::move(facts));
  co_return response;
}

Task<net::Response> ListModels(Api& api, Call& call) {
  JsonWriter json;
  json.BeginObject().Field("object", "list").Key("data").BeginArray();
  for (const auto& provider : api.services().providers->providers()) {
    if (provider.default_model.empty()) continue;
    json.BeginObject().Field("id", provider.default_model).Field("object", "model");
    json.Field("created", 0).Field("owned_by", provider.name).EndObject();
  }
  json.EndArray().EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  response.headers.emplace_back("X-AxonFlow-Decision-Id", call.decision_id.str());
  co_return response;
}

}  // namespace axonflow::api
