#include <algorithm>
#include <utility>

#include "api/condition_context.h"
#include "api/cost_spending.h"
#include "api/proxy_call.h"
#include "api/proxy_relay.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::size_t kQueryCharactersMax = 100'000;
constexpr int kAnswerTokensMax = 4'096;
constexpr std::string_view kApproval = "require_approval";

struct Input {
  std::string query, request_type, provider, model;
  BodyClaims claims;
  bool skip_llm = false;
  bool strict_provider = false;
  std::vector<std::pair<std::string, std::string>> context;
};

// Request types that are served by other parts of the product than a model.
bool NeedsAnotherPart(std::string_view request_type) {
  return request_type == "mcp-query" || request_type == "multi-agent-plan" ||
         request_type == "generate-plan" || request_type == "execute-plan";
}

Status ParseContext(const JsonValue& root, Input& input) {
  const auto context = root.Find("context");
  if (!context) return {};
  if (context->type() != JsonType::kObject) {
    return Error{ErrorCode::kInvalidArgument, "context must be an object"};
  }
  auto pairs = ReadConditionContext(*context);
  if (!pairs) return pairs.error();
  input.context = std::move(*pairs);
  for (const auto& [key, value] : input.context) {
    if (key == "provider") input.provider = value;
    if (key == "model" || (key == "model_preference" && input.model.empty())) input.model = value;
    if (key == "strict_provider") input.strict_provider = value == "true";
  }
  return {};
}

Result<Input> Parse(std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  Input input;
  const auto query = OptionalString(*root, "query");
  if (!query) return query.error();
  const auto request_type = OptionalString(*root, "request_type");
  if (!request_type) return request_type.error();
  input.query = *query;
  input.request_type = request_type->empty() ? "chat" : *request_type;
  if (input.query.empty() && input.request_type != "execute-plan") {
    return Error{ErrorCode::kInvalidArgument, "query field is required"};
  }
  if (input.query.size() > kQueryCharactersMax * 4 || input.request_type.size() > 64) {
    return Error{ErrorCode::kInvalidArgument, "query or request_type is too long"};
  }
  auto claims = ReadClaims(*root);
  if (!claims) return claims.error();
  input.claims = std::move(*claims);
  // What a client without a user sends in the place of a token.
  if (input.claims.user_token == "anonymous" || input.claims.user_token == input.claims.client_id) {
    input.claims.user_token.clear();
  }
  if (const auto skip = root->Find("skip_llm")) input.skip_llm = skip->AsBool().value_or(false);
  if (const auto media = root->Find("media"); media && media->size() > 0) {
    return Error{ErrorCode::kInvalidArgument, "media cannot be analyzed by this server"};
  }
  if (auto parsed = ParseContext(*root, input); !parsed) return parsed.error();
  return input;
}

std::string Duration(std::chrono::steady_clock::duration took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const auto fraction = std::to_string(1000 + us % 1000).substr(1);
  return std::to_string(us / 1000) + "." + fraction + "ms";
}

void WritePolicyInfo(JsonWriter& json, const ModelCall& call,
                     const std::vector<std::string>& policies) {
  json.Key("policy_info").BeginObject().Key("policies_evaluated").BeginArray();
  for (const auto& id : policies) json.String(id);
  json.EndArray().Key("static_checks").BeginArray();
  for (const auto& id : policies) json.String(id);
  json.EndArray().Field("processing_time", Duration(std::chrono::steady_clock::now() - call.sent));
  json.Field("tenant_id", call.principal.tenant.str()).EndObject();
}

net::Response Failed(Api& api, const ModelCall& call, const governance::Decision& decision,
                     int status, std::string_view message) {
  JsonWriter json;
  json.BeginObject().Field("success", false).Field("blocked", false).Field("error", message);
  WritePolicyInfo(json, call, decision.policy_ids);
  json.EndObject();
  auto response = RefusalWith(status, std::move(json).Take());
  AddAiHeaders(api, call, {false, decision.redact, false, decision.policy_ids}, response);
  return response;
}

net::Response Blocked(Api& api, const ModelCall& call, std::string_view reason,
                      const std::vector<std::string>& policies, bool approval) {
  JsonWriter json;
  const auto shown = approval ? kApproval : reason;
  json.BeginObject().Field("success", false).Field("blocked", true);
  json.Field("block_reason", shown).Field("message", reason);
  json.Field("error", "Request blocked by policy");
  WritePolicyInfo(json, call, policies);
  json.EndObject();
  auto response = RefusalWith(403, std::move(json).Take());
  AddAiHeaders(api, call, {true, false, approval, policies}, response);
  return response;
}

std::string ChatBody(const providers::Provider& provider, const std::string& model,
                     std::string_view query) {
  JsonWriter json;
  json.BeginObject().Field("model", model);
  if (provider.protocol == providers::Protocol::kAnthropic)
    json.Field("max_tokens", kAnswerTokensMax);
  json.Key("messages").BeginArray().BeginObject().Field("role", "user").Field("content", query);
  json.EndObject().EndArray().EndObject();
  return std::move(json).Take();
}

// The text of a model's answer, of whichever protocol.
std::string AnswerText(std::string_view body) {
  JsonDocument document;
  const auto root = document.Parse(body);
  std::string text;
  if (!root) return text;
  if (const auto choices = root->Find("choices")) {
    choices->ForEachElement([&](JsonValue choice) {
      const auto message = choice.Find("message");
      if (!message || !text.empty()) return;
      if (const auto content = message->Find("content")) text = content->AsString().value_or("");
    });
  }
  if (const auto content = root->Find("content")) {
    content->ForEachElement([&](JsonValue part) {
      if (const auto piece = part.Find("text")) text += piece->AsString().value_or("");
    });
  }
  return text;
}

// Whom to ask, in order: the one that was named, then the others, unless it was pinned.
std::vector<const providers::Provider*> Order(const providers::Catalog& catalog,
                                              const Input& input) {
  std::vector<const providers::Provider*> order;
  const auto* named = catalog.Find(input.provider);
  if (named != nullptr) order.push_back(named);
  if (input.strict_provider) return order;
  for (const auto& provider : catalog.providers()) {
    if (&provider != named) order.push_back(&provider);
  }
  return order;
}

struct Reached {
  std::string body;
  std::string error;  // instead of a body
};

// The first whole answer; a provider that fails before its answer has begun gives way to the next.
Task<Reached> Ask(Api& api, const Input& input, std::string_view query, ModelCall& call) {
  Reached reached{{}, "no model provider is configured"};
  const auto order = Order(*api.services().providers, input);
  for (const auto* provider : order) {
    call.provider = provider;
    const bool wanted = input.provider.empty() || provider->name == input.provider;
    call.model = wanted && !input.model.empty() ? input.model : provider->default_model;
    if (provider->needs_key && provider->key.empty()) {
      reached.error = provider->name + " has no key";
      continue;
    }
    providers::Upstream upstream;
    upstream.provider = provider;
    upstream.path = provider->protocol == providers::Protocol::kAnthropic
                        ? providers::kMessages.path
                        : providers::kChatCompletions.path;
    upstream.body = ChatBody(*provider, call.model, query);
    auto answer = co_await providers::Call(*api.services().outbound, std::move(upstream));
    if (!answer) {
      reached.error = provider->name + ": " + answer.error().message;
      continue;
    }
    auto body = co_await answer->ReadRest(providers::kAnswerBytesMax);
    if (!body) {
      reached.error = provider->name + ": " + body.error().message;
      continue;
    }
    if (answer->status() != 200) {
      reached.error = provider->name + " answered " + std::to_string(answer->status());
      const bool refused = answer->status() >= 400 && answer->status() < 500;
      if (refused && answer->status() != 429) co_return reached;
      continue;
    }
    reached = {std::move(*body), {}};
    co_return reached;
  }
  co_return reached;
}

void WriteProviderFacts(JsonWriter& json, const ModelCall& call, const providers::Usage& usage,
                        std::int64_t took_ms) {
  json.Key("provider_info").BeginObject().Field("provider", call.provider->name);
  json.Field("model", call.model).Field("response_time_ms", took_ms);
  json.Field("tokens_used", usage.prompt_tokens + usage.completion_tokens);
  json.Field("prompt_tokens", usage.prompt_tokens);
  json.Field("completion_tokens", usage.completion_tokens);
  json.Field("tokens_estimated", usage.estimated);
  const auto cost = providers::CostOf(call.provider->name, call.model, usage);
  json.Key("cost");
  cost ? json.Double(*cost) : json.Null();
  json.Field("price_known", cost.has_value()).EndObject();
}

net::Response Skipped(Api& api, const ModelCall& call, const governance::Decision& decision) {
  JsonWriter json;
  json.BeginObject().Field("success", true).Field("blocked", false);
  json.Key("data").BeginObject().Field("success", true).Field("llm_skipped", true);
  json.Field("request_id", call.decision_id.str()).Field("redacted", decision.redact);
  json.Key("provider_info").BeginObject().Field("provider", "mock").Field("model", "test");
  json.Field("response_time_ms", 0).Field("tokens_used", 0).Field("cost", 0).EndObject();
  json.EndObject();
  WritePolicyInfo(json, call, decision.policy_ids);
  json.EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  AddAiHeaders(api, call, {false, decision.redact, false, decision.policy_ids}, response);
  return response;
}

net::Response Answered(Api& api, const ModelCall& call, const governance::AnswerJudge& judge,
                       const governance::Decision& decision, const ModelOutcome& outcome,
                       std::string_view text, const std::optional<cost::Standing>& budget) {
  const auto took = std::chrono::steady_clock::now() - call.sent;
  const auto took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  auto policies = decision.policy_ids;
  for (auto& id : judge.policy_ids()) policies.push_back(std::move(id));
  JsonWriter json;
  json.BeginObject().Field("success", true).Field("blocked", false);
  json.Field("result", text).Key("data").BeginObject().Field("success", true);
  json.Field("request_id", call.decision_id.str()).Field("response", text).Field("result", text);
  json.Field("redacted", judge.redacted()).Key("redacted_fields").BeginArray();
  if (judge.redacted()) json.String("response");
  json.EndArray();
  WriteProviderFacts(json, call, UsageOf(call, outcome), took_ms);
  json.Field("processing_time", Duration(took)).EndObject();
  WritePolicyInfo(json, call, policies);
  if (budget) WriteBudgetInfo(json, *budget);
  json.EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  if (budget) response.headers.emplace_back("X-Budget-Warning", BudgetMessage(*budget));
  AddAiHeaders(api, call, {false, decision.redact || judge.redacted(), false, policies}, response);
  return response;
}

net::Response OverBudget(Api& api, const ModelCall& call, const governance::Decision& decision,
                         const cost::Standing& standing) {
  const auto message = BudgetMessage(standing);
  JsonWriter json;
  json.BeginObject().Field("success", false).Field("blocked", true);
  json.Field("block_reason", message).Field("message", message).Field("error", message);
  WritePolicyInfo(json, call, {"budget_exceeded"});
  WriteBudgetInfo(json, standing);
  json.EndObject();
  auto response = RefusalWith(402, std::move(json).Take());
  AddAiHeaders(api, call, {true, decision.redact, false, {"budget_exceeded"}}, response);
  return response;
}

// Reserves what the dearest of the providers that may be asked would cost; `model` holds it.
Task<BudgetAnswer> ReserveFor(Api& api, Call& call, const Input& input, ModelCall& model) {
  auto spender = SpenderOf(call);
  for (const auto& [key, value] : input.context) {
    if (key == "team_id") spender.team_id = value;
    if (key == "agent_id") spender.agent_id = value;
    if (key == "workflow_id") spender.workflow_id = value;
  }
  SetSpender(spender, model);
  if (IsWithoutBudgets(api, spender)) co_return BudgetAnswer{};
  auto usage = ForecastUsage(input.query, false);
  usage.completion_tokens = kAnswerTokensMax;
  double dollars = 0;
  for (const auto* provider : Order(*api.services().providers, input)) {
    const bool wanted = input.provider.empty() || provider->name == input.provider;
    const auto& name = wanted && !input.model.empty() ? input.model : provider->default_model;
    dollars = std::max(dollars, providers::CostOf(provider->name, name, usage).value_or(0));
  }
  const auto amount = cost::FromDollars(dollars).value_or(0);
  auto answer = co_await ReserveSpending(api, std::move(spender), amount);
  model.spending = std::move(answer.spending);
  co_return answer;
}

// From a decision that lets the query through to the answer.
Task<net::Response> AskAndJudge(Api& api, const Input& input, ModelCall call,
                                const governance::Decision& decision,
                                const std::optional<cost::Standing>& budget) {
  const std::string& query = decision.redact ? decision.redacted_text : input.query;
  auto reached = co_await Ask(api, input, query, call);
  if (call.provider == nullptr) co_return Failed(api, call, decision, 503, reached.error);
  auto judge = co_await api.services().governor.OpenAnswer(call.principal, policy::Plane::kProxy);
  if (!judge) co_return Failed(api, call, decision, 503, judge.error().message);
  ModelOutcome outcome;
  std::string text;
  if (!reached.error.empty()) {
    outcome.error = reached.error;
  } else {
    const bool anthropic = call.provider->protocol == providers::Protocol::kAnthropic;
    const auto& fields =
        anthropic ? providers::kMessages.answer : providers::kChatCompletions.answer;
    outcome.judge = &*judge;
    outcome.answer_bytes = reached.body.size();
    outcome.usage = providers::UsageIn(reached.body);
    auto governed = co_await GovernAnswer(api, *judge, fields, reached.body, outcome.sample);
    if (governed) {
      text = AnswerText(*governed);
    } else {
      outcome.error = governed.error().message;
    }
  }
  auto record = OutcomeRecord(call, outcome);
  const auto reported = co_await api.services().governor.Report(std::move(record));
  if (call.spending) {
    const auto settled = co_await call.spending->Settle();
    static_cast<void>(settled);  // logged; the lease sees to the rest
  }
  if (!reported) co_return Failed(api, call, decision, 503, reported.error().message);
  if (judge->stopped()) {
    co_return Blocked(api, call, judge->reason(), judge->policy_ids(), false);
  }
  if (!outcome.error.empty()) {
    co_return Failed(api, call, decision, 500, "Orchestrator error: " + outcome.error);
  }
  co_return Answered(api, call, *judge, decision, outcome, text, budget);
}

}  // namespace

Task<net::Response> ProxyRequest(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto input = Parse(call.request.body);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  auto refused = co_await api.RefineCaller(call, input->claims.View());
  if (refused) co_return std::move(*refused);
  ModelCall model{.principal = call.principal,
                  .decision_id = call.decision_id,
                  .trace = call.trace,
                  .request_type = input->request_type,
                  .model = input->model,
                  .prompt_bytes = input->query.size(),
                  .sent = start};
  auto exchange = ExchangeOf(model, {});
  exchange.text = input->query;
  exchange.sql_capable_target = input->request_type == "sql";
  exchange.provider = input->provider;
  exchange.policy_context = input->context;
  exchange.received = start;
  const auto decision = co_await api.services().governor.Govern(std::move(exchange));
  if (!decision) {
    co_return Failed(api, model, {}, StatusOf(decision.error().code), decision.error().message);
  }
  if (!decision->allowed()) {
    co_return Blocked(api, model, decision->reason, decision->policy_ids,
                      decision->outcome == policy::Outcome::kNeedsApproval);
  }
  if (input->skip_llm) co_return Skipped(api, model, *decision);
  if (NeedsAnotherPart(input->request_type)) {
    co_return Failed(api, model, *decision, 501,
                     "request_type " + input->request_type + " is not served by this server");
  }
  auto budget = co_await ReserveFor(api, call, *input, model);
  if (!budget.allowed) {
    const auto why = budget.error.empty() ? BudgetMessage(*budget.named) : budget.error;
    const int status = budget.error.empty() ? 402 : 503;
    const auto recorded = co_await api.Refuse(call, status, why, "budget_exceeded");
    static_cast<void>(recorded);  // for the record it leaves; the body that goes out says more
    if (!budget.named) co_return Failed(api, model, *decision, status, why);
    co_return OverBudget(api, model, *decision, *budget.named);
  }
  auto response = co_await AskAndJudge(api, *input, std::move(model), *decision, budget.named);
  co_return response;
}

}  // namespace axonflow::api
