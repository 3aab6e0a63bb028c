#include "governance/governor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/executor.h"
#include "base/utf8.h"
#include "governance/excerpt.h"
#include "redaction/redactor.h"
#include "telemetry/log.h"

namespace axonflow::governance {
namespace {

constexpr std::string_view kCannotRedact =
    "The text holds data that must be redacted, and this enforcement point cannot redact";
constexpr std::string_view kCannotRedactAttached =
    "A parameter holds data that must be redacted, which only works in the statement";

std::string_view PlaneName(policy::Plane plane) { return policy::ToString(plane); }

// Without the description: it is the catalogue's, long, and looked up again when somebody asks.
audit::PolicyMatch ToRecord(const policy::Policy& policy, const policy::Match& match) {
  audit::PolicyMatch out;
  out.policy_id = policy.id;
  out.policy_name = policy.name;
  out.category = policy.category;
  out.action = policy::ToString(match.action);
  out.severity = policy::ToString(policy.severity);
  out.risk_level = policy::ToString(policy.risk_level);
  out.version = policy.version;
  out.allow_override = policy.allow_override;
  out.count = match.count;
  return out;
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

// A verdict with what the record and the answer need to know about the text.
struct Governor::Judgement {
  std::shared_ptr<const policy::PolicySet> set;
  policy::Verdict verdict;
  bool attached_needs_redaction = false;
  std::string excerpt;
  std::string query_hash;
  std::string redacted_text;
};

Governor::Governor(GovernorOptions options, policy::Posture posture, audit::Journal& journal,
                   audit::Shipper& shipper, WorkerPool& compute, WorkerPool& blocking,
                   telemetry::Registry& metrics)
    : options_(std::move(options)),
      posture_(std::move(posture)),
      journal_(journal),
      shipper_(shipper),
      compute_(compute),
      blocking_(blocking),
      counters_(std::make_unique<Counters>(metrics)) {}

Governor::~Governor() = default;

void Governor::SetPolicies(std::shared_ptr<const policy::PolicySet> policies) {
  policies_.store(std::move(policies));
}

std::shared_ptr<const policy::PolicySet> Governor::policies() const { return policies_.load(); }

namespace {

// Whether a finding of `policy` asks for redaction under this verdict.
bool AsksForRedaction(const policy::Verdict& verdict, std::uint32_t policy) {
  return std::ranges::any_of(verdict.matches, [&](const policy::Match& match) {
    return match.policy == policy && match.action == policy::Action::kRedact;
  });
}

// Adds what `more` found to `findings`: once a policy, in the set's order of evaluation.
void Merge(std::vector<policy::Finding>& findings, std::vector<policy::Finding> more) {
  for (auto& finding : more) {
    const auto known = std::ranges::find(findings, finding.policy, &policy::Finding::policy);
    if (known == findings.end()) {
      findings.push_back(std::move(finding));
    } else {
      known->count += finding.count;
    }
  }
  std::ranges::sort(findings, {}, &policy::Finding::policy);
}

// The whole text with everything redacted that the verdict asks for.
Result<std::string> RedactWhole(const policy::PolicySet& set, policy::DetectInput input,
                                const policy::Verdict& verdict) {
  input.want_spans = true;
  input.without_sql = true;
  auto findings = set.Detect(input);
  if (!findings) return findings.error();
  std::erase_if(*findings, [&](const policy::Finding& finding) {
    return !AsksForRedaction(verdict, finding.policy);
  });
  return redaction::Redact(input.text, set, *findings);
}

}  // namespace

Result<Governor::Judgement> Governor::JudgeHere(const Exchange& exchange,
                                                const policy::PolicySet& set) const {
  counters_->evaluations.Add();
  policy::DetectInput input{.text = exchange.text,
                            .phase = policy::Phase::kRequest,
                            .sql_capable_target = exchange.sql_capable_target};
  auto findings = set.Detect(input);
  if (!findings) return findings.error();
  Judgement judgement;
  judgement.query_hash = HexEncode(Sha256(exchange.text));
  if (findings->empty()) {
    judgement.excerpt = Utf8Prefix(exchange.text, audit::kQueryExcerptBytesMax);
  } else {
    auto excerpt = RedactedExcerpt(exchange.text, set, audit::kQueryExcerptBytesMax);
    if (!excerpt) return excerpt.error();
    judgement.excerpt = std::move(*excerpt);
  }
  std::vector<policy::Finding> attached;
  if (!exchange.attached_text.empty()) {
    auto attached_input = input;
    attached_input.text = exchange.attached_text;
    auto found = set.Detect(attached_input);
    if (!found) return found.error();
    attached = *found;
    Merge(*findings, std::move(*found));
  }
  judgement.verdict =
      policy::Resolve(set, *findings, posture_, exchange.plane, policy::Phase::kRequest);
  judgement.attached_needs_redaction =
      std::ranges::any_of(attached, [&](const policy::Finding& finding) {
        return AsksForRedaction(judgement.verdict, finding.policy);
      });
  if (judgement.verdict.redact && exchange.want_redacted_text) {
    auto redacted = RedactWhole(set, input, judgement.verdict);
    if (!redacted) return redacted.error();
    judgement.redacted_text = std::move(*redacted);
  }
  return judgement;
}

Task<Result<Governor::Judgement>> Governor::Judge(const Exchange& exchange) {
  const auto set = policies_.load();
  if (!set)
    co_return Error{ErrorCode::kUnavailable, "Policy engine unavailable: no policies loaded"};
  if (exchange.text.size() + exchange.attached_text.size() <= kInlineTextBytesMax) {
    auto judgement = JudgeHere(exchange, *set);
    if (judgement) judgement->set = set;
    co_return judgement;
  }
  const WorkerPlace place(compute_);
  if (!place.entered()) {
    co_return Error{ErrorCode::kResourceExhausted,
                    "Too many long texts are being judged; try again"};
  }
  Executor* const home = Executor::Current();
  co_await SwitchTo(compute_);
  auto judgement = JudgeHere(exchange, *set);
  if (judgement) judgement->set = set;
  if (home != nullptr) co_await SwitchTo(*home);
  co_return judgement;
}

audit::Record Governor::StartRecord(Exchange& exchange) const {
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
  // What the caller wrote beside the text is kept as carefully as the text.
  for (auto& [key, value] : record.context) value = RedactForStorage(value, value.size());
  const auto kept = [&](const std::string& name) {
    return name.empty() ? std::string() : RedactForStorage(name, name.size());
  };
  record.tool_signature = kept(exchange.tool_signature);
  record.provider = kept(exchange.provider);
  record.model = kept(exchange.model);
  record.node = options_.node;
  return record;
}

Task<Result<Decision>> Governor::Govern(Exchange exchange) {
  audit::Record record = StartRecord(exchange);
  Decision decision;
  decision.id = exchange.decision_id;
  decision.trace = exchange.trace;
  decision.expires_at = record.timestamp + exchange.valid_for;

  auto judgement = co_await Judge(exchange);
  if (!judgement) {
    counters_->engine_failures.Add();
    record.verdict = policy::ToString(policy::Outcome::kError);
    record.reason = judgement.error().message;
    record.error_message = judgement.error().message;
    record.query_hash = HexEncode(Sha256(exchange.text));
    record.latency_us = MicrosecondsSince(exchange.received);
    const auto recorded = co_await Append(record);
    (void)recorded;  // counted and logged in Append; the exchange is refused either way
    LogDecision(record);
    co_return judgement.error();
  }

  auto& verdict = judgement->verdict;
  decision.outcome = verdict.outcome;
  decision.reason = verdict.reason;
  decision.risk_level = verdict.risk_level;
  decision.redact = verdict.redact;
  if (verdict.redact && (exchange.redaction_impossible || judgement->attached_needs_redaction)) {
    decision.outcome = policy::Outcome::kBlocked;
    decision.reason = exchange.redaction_impossible ? kCannotRedact : kCannotRedactAttached;
    decision.redact = false;
  }
  if (decision.redact) decision.redacted_text = std::move(judgement->redacted_text);
  if (!decision.allowed()) counters_->blocked.Add();
  for (const auto& match : verdict.matches) {
    const auto& matched = judgement->set->policies()[match.policy];
    decision.policy_ids.push_back(matched.id);
    record.matches.push_back(ToRecord(matched, match));
  }
  decision.policies_evaluated = judgement->set->policies().size();
  if (exchange.want_matches) {
    decision.matches = record.matches;
    for (std::size_t i = 0; i < verdict.matches.size(); ++i) {
      decision.matches[i].description =
          judgement->set->policies()[verdict.matches[i].policy].description;
    }
  }
  record.verdict = policy::ToString(decision.outcome);
  record.reason = decision.reason;
  record.risk_level = verdict.matches.empty() ? "" : policy::ToString(verdict.risk_level);
  record.query = std::move(judgement->excerpt);
  record.query_hash = std::move(judgement->query_hash);
  record.policy_set_version = judgement->set->version();
  record.expires_at = decision.expires_at;
  if (decision.redact) {
    record.obligations.emplace_back("redact_pii");
    record.redacted_fields.emplace_back("query");
  }
  record.latency_us = MicrosecondsSince(exchange.received);

  const auto recorded = co_await Append(record);
  if (!recorded) co_return recorded.error();
  LogDecision(record);
  co_return decision;
}

Task<Result<Governor::DryRunResult>> Governor::DryRun(std::string text, policy::Plane plane) {
  Exchange exchange;
  exchange.text = std::move(text);
  exchange.plane = plane;
  auto judgement = co_await Judge(exchange);
  if (!judgement) co_return judgement.error();
  co_return DryRunResult{std::move(judgement->set), std::move(judgement->verdict)};
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
