#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/record.h"
#include "audit/shipper.h"
#include "base/result.h"
#include "base/task.h"
#include "base/worker_pool.h"
#include "governance/answer.h"
#include "governance/exchange.h"
#include "governance/judge.h"
#include "governance/policy_views.h"
#include "telemetry/metrics.h"

namespace axonflow::governance {

// Texts up to this many bytes are judged on the I/O thread (a few microseconds); longer ones go to
// the compute pool, so that one long prompt never delays the other connections of its thread.
inline constexpr std::size_t kInlineTextBytesMax = 16 << 10;

// How long an answer waits for the store when AXONFLOW_AUDIT_ACK=store. After one wait in vain
// answers go out on the journal alone until the shipper has caught up.
inline constexpr std::chrono::milliseconds kStoreAckTimeout{2'000};

enum class AuditAck { kJournal, kStore };

struct GovernorOptions {
  AuditAck ack = AuditAck::kJournal;
  std::string node;         // name of this node in the records
  std::string environment;  // ENVIRONMENT of the deployment, for conditions; may be empty
};

// THE pipeline: judge, record, wait until the record is durable, answer. Every plane goes through
// Govern; none calls policy/ by itself. Thread-safe.
class Governor {
 public:
  // `compute` judges long texts, `blocking` waits for the store. All outlive the governor.
  Governor(GovernorOptions options, PolicyViews& views, audit::Journal& journal,
           audit::Shipper& shipper, WorkerPool& compute, WorkerPool& blocking,
           telemetry::Registry& metrics);
  ~Governor();

  // Whether answers go out without waiting for the store although they should.
  bool store_is_behind() const { return store_is_behind_.load(std::memory_order_relaxed); }

  // Whether anybody can be judged; see PolicyViews::health.
  Status policies_health() const { return views_.health(); }
  // The policies of a tenant, from memory or after one load.
  Task<Result<View>> ViewOf(OrgId org, TenantId tenant);

  // Judges `exchange` and records it. Fails with kUnavailable when the tenant's policies cannot
  // be loaded or a detector could not finish (recorded as `error`), when the record could not be
  // made durable, and with kResourceExhausted when too many long texts are being judged. A failure
  // is a refusal: the plane answers 503 and never lets the text through.
  Task<Result<Decision>> Govern(Exchange exchange);

  // Judges without recording: dry runs and simulation. `view` null: the caller's own.
  Task<Result<Judgement>> DryRun(Exchange exchange, View view = nullptr);

  // Begins to judge what a model answers to a call that was let through. Fails with kUnavailable
  // when the tenant's policies cannot be loaded, with kResourceExhausted when too much is judged.
  Task<Result<AnswerJudge>> OpenAnswer(identity::Principal principal, policy::Plane plane);

  // The texts of an answer that is there whole, redacted: one for each of `texts`, which outlive
  // the task. Fails as AnswerJudge::Judge and with kResourceExhausted; nothing may leave then.
  Task<Result<std::vector<std::string>>> JudgeAnswer(AnswerJudge& judge,
                                                     const std::vector<AnswerText>& texts);

  // Records a refusal and waits until it is durable. A failure to record changes nothing for the
  // caller, who is refused either way; it is counted and logged.
  Task<void> Refuse(Refusal refusal);

  // Records a call that an application reports, and waits until it is durable.
  Task<Status> Report(audit::Record record);

 private:
  struct Counters;

  audit::Record StartRecord(Exchange& exchange, const policy::PolicyView* view) const;
  Task<Result<Judgement>> JudgeSomewhere(const Exchange& exchange, View view);
  Task<void> RecordFailure(audit::Record& record, const Exchange& exchange, const Error& error);
  Task<Status> Append(const audit::Record& record);
  Task<void> AwaitStore(JournalPosition position);

  const GovernorOptions options_;
  PolicyViews& views_;
  audit::Journal& journal_;
  audit::Shipper& shipper_;
  WorkerPool& compute_;
  WorkerPool& blocking_;
  std::unique_ptr<Counters> counters_;
  OpennessCache openness_;
  std::atomic<bool> store_is_behind_{false};  // with AuditAck::kStore only
};

}  // namespace axonflow::governance
