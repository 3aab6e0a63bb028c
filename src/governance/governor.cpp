#include "governance/governor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/executor.h"
#include "governance/policy_match.h"
#include "governance/stored_text.h"
#include "telemetry/log.h"

namespace axonflow::governance {
namespace {

constexpr std::string_view kCannotRedact =
    "The text holds data that must be redacted, and this enforcement point cannot redact";
constexpr std::string_view kCannotRedactAttached =
    "A parameter holds data that must be redacted, which only works in the statement";

std::string_view PlaneName(policy::Plane plane) { return policy::ToString(plane); }

// The search finds the decisions of an override by this key of the context.
constexpr std::string_view kOverrideKey = "override_id";

void AddContext(std::string_view key, std::string_view value, audit::Record& record) {
  std::erase_if(record.context, [&](const auto& pair) { return pair.first == key; });
  record.context.emplace_back(key, value);
  std::ranges::sort(record.context);
}

std::int64_t MicrosecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

void FillIdentity(identity::Principal principal, audit::Record& record) {
  record.org = std::move(principal.org);
  record.tenant = std::move(principal.tenant);
  record.client = std::move(principal.client);
  record.user_email = std::move(principal.user_email);
  record.user_role = std::move(principal.user_role);
  record.session_id = std::move(principal.session_id);
  record.attempted_user_email = std::move(principal.attempted_user_email);
}

// One line for each decision: what was stopped at info, what went through at debug. Ids and names
// only, never the text.
void LogDecision(const audit::Record& record) {
  const bool stopped = record.verdict != policy::ToString(policy::Outcome::kAllowed) &&
                       record.verdict != policy::ToString(policy::Outcome::kRedacted);
  const auto level = stopped ? telemetry::LogLevel::kInfo : telemetry::LogLevel::kDebug;
  if (!telemetry::LogEnabled(level)) return;
  telemetry::Log(
      level, stopped ? "request stopped" : "request allowed",
      {{"decision_id", record.decision_id.str()},
       {"trace_id", record.trace.str()},
       {"tenant_id", record.tenant.str()},
       {"plane", record.plane},
       {"verdict", record.verdict},
       {"policy_id", record.matches.empty() ? std::string_view()
                                            : std::string_view(record.matches[0].policy_id)},
       {"latency_us", record.latency_us}});
}

}  // namespace

struct Governor::Counters {
  explicit Counters(telemetry::Registry& registry)
      : evaluations(registry.AddCounter("axonflow_agent_policy_evaluations_total",
                                        "Texts judged by the policy engine.")),
        blocked(registry.AddCounter("axonflow_agent_blocked_requests_total",
                                    "Texts that the policies stopped.")),
        engine_failures(
            registry.AddCounter("axonflow_policy_engine_failures_total",
                                "Exchanges refused because the policies could not judge them.")),
        audit_failures(registry.AddCounter("axonflow_decision_audit_write_failures_total",
                                           "Records that could not be made durable.",
                                           {{"reason", "journal"}})) {}
  telemetry::Counter& evaluations;
  telemetry::Counter& blocked;
  telemetry::Counter& engine_failures;
  telemetry::Counter& audit_failures;
};

Governor::Governor(GovernorOptions options, PolicyViews& views, audit::Journal& journal,
                   audit::Shipper& shipper, WorkerPool& compute, WorkerPool& blocking,
                   telemetry::Registry& metrics)
    : options_(std::move(options)),
      views_(views),
      journal_(journal),
      shipper_(shipper),
      compute_(compute),
      blocking_(blocking),
      counters_(std::make_unique<Counters>(metrics)) {}

Governor::~Governor() = default;

Task<Result<View>> Governor::ViewOf(OrgId org, TenantId tenant) {
  if (View view = views_.Find(org, tenant)) co_return view;
  auto loaded = co_await views_.Load(std::move(org), std::move(tenant));
  co_return loaded;
}

Task<Result<Judgement>> Governor::JudgeSomewhere(const Exchange& exchange, View view) {
  if (exchange.text.size() + exchange.attached_text.size() <= kInlineTextBytesMax) {
    co_return Judge(exchange, std::move(view), options_.environment, Now());
  }
  const WorkerPlace place(compute_);
  if (!place.entered()) {
    co_return Error{ErrorCode::kResourceExhausted,
                    "Too many long texts are being judged; try again"};
  }
  Executor* const home = Executor::Current();
  co_await SwitchTo(compute_);
  auto judgement = Judge(exchange, std::move(view), options_.environment, Now());
  if (home != nullptr) co_await SwitchTo(*home);
  co_return judgement;
}

// What the caller wrote beside the text is kept as carefully as the text.
audit::Record Governor::StartRecord(Exchange& exchange, const policy::PolicyView* view) const {
  audit::Record record;
  record.id = exchange.decision_id.str();
  record.decision_id = exchange.decision_id;
  record.timestamp = Now();
  FillIdentity(std::move(exchange.principal), record);
  record.plane = PlaneName(exchange.plane);
  record.request_type = exchange.request_type;
  record.stage = exchange.stage;
  record.query_bytes = exchange.text.size();
  record.trace = exchange.trace;
  record.correlation_id = exchange.trace.str();
  record.context = std::move(exchange.context);
  record.context_truncated = exchange.context_truncated;
  const auto kept = [&](const std::string& text) {
    if (text.empty()) return std::string();
    if (view == nullptr) return std::string(kWithheld);
    return RedactForStorage(*view, text, text.size());
  };
  for (auto& [key, value] : record.context) value = kept(value);
  record.tool_signature = kept(exchange.tool_signature);
  record.provider = kept(exchange.provider);
  record.model = kept(exchange.model);
  record.node = options_.node;
  return record;
}

Task<void> Governor::RecordFailure(audit::Record& record, const Exchange& exchange,
                                   const Error& error) {
  counters_->engine_failures.Add();
  record.verdict = policy::ToString(policy::Outcome::kError);
  record.reason = error.message;
  record.error_message = error.message;
  record.query_hash = HexEncode(Sha256(exchange.text));
  record.latency_us = MicrosecondsSince(exchange.received);
  const auto recorded = co_await Append(record);
  (void)recorded;  // counted and logged in Append; the exchange is refused either way
  LogDecision(record);
}

namespace {

// What the verdict says, in the answer and in the record.
void Tell(const Exchange& exchange, Judgement& judgement, Decision& decision,
          audit::Record& record) {
  const policy::Verdict& verdict = judgement.verdict;
  const policy::PolicyView& view = *judgement.view;
  decision.outcome = verdict.outcome;
  decision.reason = verdict.reason;
  decision.risk_level = verdict.risk_level;
  decision.redact = verdict.redact;
  if (verdict.redact && (exchange.redaction_impossible || judgement.attached_needs_redaction)) {
    decision.outcome = policy::Outcome::kBlocked;
    decision.reason = exchange.redaction_impossible ? kCannotRedact : kCannotRedactAttached;
    decision.redact = false;
  }
  if (decision.redact) {
    decision.redacted_text = std::move(judgement.redacted_text);
    decision.redacted_parts = std::move(judgement.redacted_parts);
  }
  for (const auto& match : verdict.matches) {
    const policy::Policy& matched = view.policy(match.policy);
    if (match.shadow) {
      record.shadow_matches.push_back(ToPolicyMatch(matched, match));
      continue;
    }
    decision.policy_ids.push_back(matched.id);
    record.matches.push_back(ToPolicyMatch(matched, match));
    if (!exchange.want_matches) continue;
    decision.matches.push_back(record.matches.back());
    decision.matches.back().description = matched.description;
  }
  decision.policies_evaluated = view.size();
  decision.risk_score = judgement.consequences.risk_score;
  decision.required_actions = std::move(judgement.consequences.required_actions);
  decision.override_id = verdict.override_id;
  record.verdict = policy::ToString(decision.outcome);
  record.reason = decision.reason;
  record.risk_level = record.matches.empty() ? "" : policy::ToString(verdict.risk_level);
  record.risk_score_permille = static_cast<std::uint32_t>(decision.risk_score * 1000 + 0.5);
  record.query = std::move(judgement.excerpt);
  record.query_hash = std::move(judgement.query_hash);
  record.policy_set_version = view.version();
  record.expires_at = decision.expires_at;
  if (!verdict.override_id.empty()) AddContext(kOverrideKey, verdict.override_id, record);
  if (decision.redact) {
    record.obligations.emplace_back("redact_pii");
    record.redacted_fields.emplace_back("query");
  }
}

}  // namespace

Task<Result<Decision>> Governor::Govern(Exchange exchange) {
  View view = views_.Find(exchange.principal.org, exchange.principal.tenant);
  if (!view) {
    auto loaded = co_await views_.Load(exchange.principal.org, exchange.principal.tenant);
    if (!loaded) {
      audit::Record failed = StartRecord(exchange, nullptr);
      co_await RecordFailure(failed, exchange, loaded.error());
      co_return loaded.error();
    }
    view = std::move(*loaded);
  }
  counters_->evaluations.Add();
  auto judgement = co_await JudgeSomewhere(exchange, view);
  audit::Record record = StartRecord(exchange, view.get());
  if (!judgement) {
    co_await RecordFailure(record, exchange, judgement.error());
    co_return judgement.error();
  }
  Decision decision;
  decision.id = exchange.decision_id;
  decision.trace = exchange.trace;
  decision.expires_at = record.timestamp + exchange.valid_for;
  Tell(exchange, *judgement, decision, record);
  if (!decision.allowed()) counters_->blocked.Add();
  record.latency_us = MicrosecondsSince(exchange.received);

  const auto recorded = co_await Append(record);
  if (!recorded) co_return recorded.error();
  LogDecision(record);
  co_return decision;
}

Task<Result<Judgement>> Governor::DryRun(Exchange exchange, View view) {
  if (!view) {
    auto own = co_await ViewOf(exchange.principal.org, exchange.principal.tenant);
    if (!own) co_return own.error();
    view = std::move(*own);
  }
  auto judgement = co_await JudgeSomewhere(exchange, std::move(view));
  co_return judgement;
}

Task<void> Governor::Refuse(Refusal refusal) {
  audit::Record record;
  record.id = refusal.decision_id.str();
  record.decision_id = refusal.decision_id;
  record.timestamp = Now();
  FillIdentity(*refusal.principal, record);
  record.plane = refusal.plane;
  record.request_type = refusal.request_type;
  record.stage = refusal.stage;
  record.verdict = policy::ToString(policy::Outcome::kError);
  record.reason = refusal.reason;
  record.error_message = refusal.reason;
  record.trace = refusal.trace;
  record.correlation_id = refusal.trace.str();
  record.node = options_.node;
  if (!refusal.policy_id.empty()) {
    audit::PolicyMatch match;
    match.policy_id = refusal.policy_id;
    match.policy_name = refusal.policy_id;
    match.action = policy::ToString(policy::Action::kBlock);
    match.category = "access";
    record.verdict = policy::ToString(policy::Outcome::kBlocked);
    record.matches.push_back(std::move(match));
  }
  const auto recorded = co_await Append(record);
  (void)recorded;  // counted and logged in Append; the caller is refused either way
  LogDecision(record);
}

Task<Result<AnswerJudge>> Governor::OpenAnswer(identity::Principal principal, policy::Plane plane) {
  auto view = co_await ViewOf(principal.org, principal.tenant);
  if (!view) co_return view.error();
  auto openness = openness_.Find(*view);
  if (!openness) {
    const WorkerPlace place(compute_);
    if (!place.entered()) {
      co_return Error{ErrorCode::kResourceExhausted,
                      "Too many answers are being judged; try again"};
    }
    Executor* const home = Executor::Current();
    co_await SwitchTo(compute_);
    openness = openness_.Make(*view);
    if (home != nullptr) co_await SwitchTo(*home);
  }
  co_return AnswerJudge(std::move(*view), std::move(openness), std::move(principal), plane);
}

Task<Result<std::vector<std::string>>> Governor::JudgeAnswer(AnswerJudge& judge,
                                                             const std::vector<AnswerText>& texts) {
  std::size_t bytes = 0;
  for (const AnswerText& text : texts) bytes += text.text.size();
  const auto judge_all = [&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    for (const AnswerText& text : texts) {
      if (text.attached) {
        if (auto judged = judge.JudgeAttached(text.text); !judged) return judged.error();
        out.emplace_back(text.text);
        continue;
      }
      auto judged = judge.Judge(text.text, text.json);
      if (!judged) return judged.error();
      out.push_back(std::move(*judged));
    }
    return out;
  };
  if (bytes <= kInlineTextBytesMax) co_return judge_all();
  const WorkerPlace place(compute_);
  if (!place.entered()) {
    co_return Error{ErrorCode::kResourceExhausted, "Too many answers are being judged; try again"};
  }
  Executor* const home = Executor::Current();
  co_await SwitchTo(compute_);
  auto judged = judge_all();
  if (home != nullptr) co_await SwitchTo(*home);
  co_return judged;
}

Task<Status> Governor::Report(audit::Record record) {
  record.node = options_.node;
  auto recorded = co_await Append(record);
  co_return recorded;
}

Task<Status> Governor::Append(const audit::Record& record) {
  std::string bytes;
  bytes.reserve(1024);
  audit::EncodeRecord(record, bytes);
  const auto position = co_await journal_.Append(std::move(bytes));
  if (!position) {
    counters_->audit_failures.Add();
    telemetry::LogError("a record could not be made durable; the request is refused",
                        {{"decision_id", record.decision_id.str()},
                         {"trace_id", record.trace.str()},
                         {"error", position.error().message}});
    co_return Error{ErrorCode::kUnavailable, "Audit unavailable: " + position.error().message};
  }
  if (options_.ack == AuditAck::kStore) co_await AwaitStore(*position);
  co_return Status{};
}

// The journal holds the record, so nothing is lost when the store is slow or away: the answer goes
// out and /health says so. While it is away nobody waits: one thread in vain is enough.
Task<void> Governor::AwaitStore(JournalPosition position) {
  if (store_is_behind_.load(std::memory_order_relaxed)) {
    if (shipper_.shipped() < position) co_return;
    store_is_behind_.store(false, std::memory_order_relaxed);
    co_return;
  }
  const WorkerPlace place(blocking_);
  if (!place.entered()) co_return;
  Executor* const home = Executor::Current();
  co_await SwitchTo(blocking_);
  const auto shipped = shipper_.WaitUntilShipped(position, kStoreAckTimeout);
  if (!shipped && !store_is_behind_.exchange(true, std::memory_order_relaxed)) {
    telemetry::LogWarn("answers go out on the journal alone; the store is behind",
                       {{"error", shipped.error().message}});
  }
  if (home != nullptr) co_await SwitchTo(*home);
}

}  // namespace axonflow::governance
