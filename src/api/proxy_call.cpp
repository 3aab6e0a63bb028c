#include "api/proxy_call.h"

#include <algorithm>
#include <utility>

#include "api/cost_spending.h"
#include "base/crypto.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "governance/stored_text.h"
#include "redaction/json_leaves.h"

namespace axonflow::api {
namespace {

constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kPoliciesMax = 100;
constexpr std::string_view kWithheld = "[withheld: unknown content]";
constexpr std::string_view kStage = "llm";

// What hides behind the escapes of arguments, for judging: "\u0034111" is a digit too.
void AppendUnescaped(std::string_view json, std::string& out) {
  if (json.find('\\') == std::string_view::npos) return;
  const auto leaves = redaction::ReadJsonLeaves(json);
  if (!leaves) return;
  std::vector<std::uint32_t> places;
  for (const auto& leaf : leaves->leaves) {
    out += redaction::DecodeJsonString(json.substr(leaf.begin, leaf.end - leaf.begin), places);
    out.push_back('\n');
  }
}

void AppendLengthed(std::string& out, std::string_view value) {
  if (!out.empty()) out.push_back('|');
  out.append(std::to_string(value.size())).append(":").append(value);
}

// agent-api 0.6: lengths before the values, so that no value can pass for two.
std::string AuditHash(const ModelCall& call, const std::string& chain, const std::string& time,
                      const AiFacts& facts, std::int64_t took_ms) {
  std::string text;
  for (const std::string_view value :
       {std::string_view(call.decision_id.str()), std::string_view(chain), std::string_view(time),
        std::string_view(call.principal.org.str()), std::string_view(call.principal.tenant.str()),
        std::string_view(call.principal.client.str()),
        std::string_view(call.principal.user_email)}) {
    AppendLengthed(text, value);
  }
  for (const bool fact : {facts.blocked, facts.filtered, facts.oversight}) {
    text += fact ? "|true" : "|false";
  }
  text.append("|").append(std::to_string(took_ms));
  return HexEncode(Sha256(text));
}

std::string_view Word(bool value) { return value ? "true" : "false"; }

}  // namespace

governance::Exchange ExchangeOf(const ModelCall& call, const std::vector<providers::Part>& parts) {
  governance::Exchange exchange;
  exchange.principal = call.principal;
  exchange.decision_id = call.decision_id;
  exchange.trace = call.trace;
  exchange.plane = policy::Plane::kProxy;
  exchange.request_type = call.request_type;
  exchange.stage = kStage;
  if (call.provider != nullptr) exchange.provider = call.provider->name;
  exchange.model = std::string(Utf8Prefix(call.model, kNameBytesMax));
  exchange.want_redacted_text = true;
  for (const providers::Part& part : parts) {
    if (part.echo || part.withheld) continue;
    if (part.attached) {
      exchange.attached_text.append(part.text).append("\n");
      continue;
    }
    if (!exchange.text.empty()) exchange.text.push_back('\n');
    const auto begin = static_cast<std::uint32_t>(exchange.text.size());
    exchange.text += part.text;
    exchange.parts.push_back({begin, static_cast<std::uint32_t>(exchange.text.size()), part.json});
    if (part.json) AppendUnescaped(part.text, exchange.attached_text);
  }
  return exchange;
}

std::string ApplyDecision(std::string_view body, const std::vector<providers::Part>& parts,
                          const governance::Decision& decision) {
  if (!decision.redact) return std::string(body);
  std::vector<std::string> replacements;
  replacements.reserve(parts.size());
  std::size_t next = 0;
  for (const providers::Part& part : parts) {
    const bool governed = !part.echo && !part.withheld && !part.attached;
    replacements.push_back(governed ? decision.redacted_parts[next++] : part.text);
  }
  return providers::Rewrite(body, parts, replacements);
}

Result<std::unique_ptr<AnswerDocument>> ReadAnswer(const providers::Fields& fields,
                                                   std::string_view json) {
  auto parts = providers::ReadParts(fields, json);
  if (!parts) return parts.error();
  auto document = std::make_unique<AnswerDocument>();
  document->parts = std::move(*parts);
  for (const providers::Part& part : document->parts) {
    if (part.withheld) continue;
    if (part.echo || part.attached) {
      const bool fraction = !part.quoted && part.text.find('.') != std::string::npos;
      if (part.echo && fraction) continue;  // a probability
      (part.echo ? document->echoes : document->attached).append(part.text).append("\n");
      continue;
    }
    document->texts.push_back({part.text, part.json, false});
  }
  if (!document->attached.empty()) document->texts.push_back({document->attached, false, true});
  // What repeats the answer may hold something else: a finding in it counts like one in the text.
  if (!document->echoes.empty()) document->texts.push_back({document->echoes, false, false});
  return document;
}

std::string WriteAnswer(const AnswerDocument& document, std::string_view json,
                        std::vector<std::string> judged, bool redacted) {
  std::vector<std::string> replacements;
  replacements.reserve(document.parts.size());
  std::size_t next = 0;
  for (const providers::Part& part : document.parts) {
    if (part.withheld) {
      replacements.emplace_back(kWithheld);
    } else if (part.echo) {
      replacements.push_back(redacted ? std::string() : part.text);
    } else if (part.attached) {
      replacements.push_back(part.text);
    } else {
      replacements.push_back(std::move(judged[next++]));
    }
  }
  return providers::Rewrite(json, document.parts, replacements);
}

Task<Result<std::string>> GovernAnswer(Api& api, governance::AnswerJudge& judge,
                                       const providers::Fields& fields, std::string_view body,
                                       std::string& text_sample) {
  auto read = ReadAnswer(fields, body);
  if (!read) co_return Error{ErrorCode::kUnavailable, "the provider's answer is no JSON object"};
  const AnswerDocument& document = **read;
  auto judged = co_await api.services().governor.JudgeAnswer(judge, document.texts);
  if (!judged) co_return judged.error();
  for (std::size_t i = 0; i < document.parts.size() && i < judged->size(); ++i) {
    if (document.texts[i].attached || text_sample.size() >= audit::kQueryExcerptBytesMax) break;
    text_sample += (*judged)[i];
  }
  co_return WriteAnswer(document, body, std::move(*judged), judge.redacted());
}

providers::Usage UsageOf(const ModelCall& call, const ModelOutcome& outcome) {
  if (outcome.usage) return *outcome.usage;
  return {providers::EstimateTokens(call.prompt_bytes),
          providers::EstimateTokens(outcome.answer_bytes), true};
}

audit::Record OutcomeRecord(const ModelCall& call, const ModelOutcome& outcome) {
  audit::Record record;
  record.id = NewUuid();
  record.decision_id = call.decision_id;
  record.timestamp = Now();
  record.org = call.principal.org;
  record.tenant = call.principal.tenant;
  record.client = call.principal.client;
  record.user_email = call.principal.user_email;
  record.user_role = call.principal.user_role;
  record.session_id = call.principal.session_id;
  record.plane = policy::ToString(policy::Plane::kProxy);
  record.request_type = "llm-call";
  record.stage = kStage;
  record.trace = call.trace;
  record.correlation_id = call.trace.str();
  record.provider = call.provider->name;
  record.model = std::string(Utf8Prefix(call.model, kNameBytesMax));
  if (outcome.judge != nullptr) {
    outcome.judge->Describe(record);
    record.response_sample = governance::RedactForStorage(outcome.judge->view(), outcome.sample,
                                                          audit::kQueryExcerptBytesMax);
  }
  const bool stopped = outcome.judge != nullptr && outcome.judge->stopped();
  if (!outcome.error.empty() && !stopped) {
    record.verdict = policy::ToString(policy::Outcome::kError);
    record.reason = outcome.error;
  }
  record.error_message = outcome.error;
  if (outcome.judge != nullptr) {
    const auto usage = UsageOf(call, outcome);
    record.prompt_tokens = usage.prompt_tokens;
    record.completion_tokens = usage.completion_tokens;
    record.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    const auto price = providers::CostOf(call.provider->name, call.model, usage);
    record.cost_usd = price.value_or(0);
    if (call.spending) call.spending->SetActual(cost::FromDollars(record.cost_usd).value_or(0));
    JsonWriter metadata;
    metadata.BeginObject().Field("usage_estimated", usage.estimated);
    metadata.Field("price_known", price.has_value());
    if (!call.team_id.empty()) metadata.Field("team_id", call.team_id);
    if (!call.agent_id.empty()) metadata.Field("agent_id", call.agent_id);
    if (!call.workflow_id.empty()) metadata.Field("workflow_id", call.workflow_id);
    metadata.EndObject();
    record.metadata_json = std::move(metadata).Take();
  }
  record.upstream_latency_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::steady_clock::now() - call.sent)
                                   .count();
  return record;
}

void AddAiHeaders(const Api& api, const ModelCall& call, const AiFacts& facts,
                  net::Response& response) {
  auto& headers = response.headers;
  const auto time = FormatRfc3339(Now());
  const auto took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - call.sent)
                           .count();
  headers.emplace_back("X-AxonFlow-Decision-Id", call.decision_id.str());
  headers.emplace_back("X-AxonFlow-Trace-Id", call.trace.str());
  headers.emplace_back("X-AI-Request-ID", call.decision_id.str());
  headers.emplace_back("X-AI-Timestamp", time);
  headers.emplace_back("X-AI-System-ID", "axonflow-agent/" + api.options().version);
  headers.emplace_back("X-AI-Chain-ID", call.trace.str());
  const bool called = call.provider != nullptr && !facts.blocked;
  headers.emplace_back("X-AI-Processing-Type", called ? "llm-generation" : "policy-enforcement");
  headers.emplace_back("X-AI-Model-Provider", called ? call.provider->name : "none");
  if (called)
    headers.emplace_back("X-AI-Model-ID", std::string(Utf8Prefix(call.model, kNameBytesMax)));
  std::string policies;
  for (std::size_t i = 0; i < std::min(facts.policies.size(), kPoliciesMax); ++i) {
    if (i > 0) policies.push_back(',');
    policies += facts.policies[i];
  }
  headers.emplace_back("X-AI-Policies-Applied", std::move(policies));
  headers.emplace_back("X-AI-Decision-Blocked", Word(facts.blocked));
  headers.emplace_back("X-AI-Human-Oversight-Required", Word(facts.oversight));
  headers.emplace_back("X-AI-Content-Filtered", Word(facts.filtered));
  if (took_ms > 0) headers.emplace_back("X-AI-Processing-Time-Ms", std::to_string(took_ms));
  headers.emplace_back("X-AI-Risk-Level", facts.oversight ? "high" : "limited");
  headers.emplace_back("X-AI-Audit-Hash", AuditHash(call, call.trace.str(), time, facts, took_ms));
}

}  // namespace axonflow::api
