#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "audit/journal.h"
#include "audit/record.h"
#include "audit/shipper.h"
#include "base/result.h"
#include "base/task.h"
#include "base/worker_pool.h"
#include "governance/exchange.h"
#include "policy/policy_set.h"
#include "policy/posture.h"
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
  std::string node;  // name of this node in the records
};

// THE pipeline: judge, record, wait until the record is durable, answer. Every plane goes through
// Govern; none calls policy/ by itself. Thread-safe.
class Governor {
 public:
  // `compute` judges long texts, `blocking` waits for the store. All outlive the governor.
  Governor(GovernorOptions options, policy::Posture posture, audit::Journal& journal,
           audit::Shipper& shipper, WorkerPool& compute, WorkerPool& blocking,
           telemetry::Registry& metrics);
  ~Governor();

  // Swaps the whole policy set. Until the first call, and after a null, every exchange is refused.
  void SetPolicies(std::shared_ptr<const policy::PolicySet> policies);
  std::shared_ptr<const policy::PolicySet> policies() const;
  const policy::Posture& posture() const { return posture_; }
  // Whether answers go out without waiting for the store although they should.
  bool store_is_behind() const { return store_is_behind_.load(std::memory_order_relaxed); }

  // Judges `exchange` and records it. Fails with kUnavailable when no policy set is loaded or a
  // detector could not finish (recorded as `error`), when the record could not be made durable, and
  // with kResourceExhausted when too many long texts are being judged. A failure is a refusal: the
  // plane answers 503 and never lets the text through.
  Task<Result<Decision>> Govern(Exchange exchange);

  // What a dry run found, with the set that judged it: indexes of the verdict point into it.
  struct DryRunResult {
    std::shared_ptr<const policy::PolicySet> policies;
    policy::Verdict verdict;
  };
  // Judges without recording: dry runs only.
  Task<Result<DryRunResult>> DryRun(std::string text, policy::Plane plane);

  // Records a refusal and waits until it is durable. A failure to record changes nothing for the
  // caller, who is refused either way; it is counted and logged.
  Task<void> Refuse(Refusal refusal);

  // Records a call that an application reports, and waits until it is durable.
  Task<Status> Report(audit::Record record);

  // `text` with everything the policies would redact removed; for what is stored beside a decision.
  // Texts are cut to `bytes_max` first. On a detector's failure returns a fixed marker.
  std::string RedactForStorage(std::string_view text, std::size_t bytes_max) const;

  // The same for every string and number of a JSON value; the result is compact JSON of the same
  // shape, or an empty string when it would exceed `bytes_max`.
  std::string RedactJsonForStorage(std::string_view json, std::size_t bytes_max) const;

 private:
  struct Counters;
  struct Judgement;

  audit::Record StartRecord(Exchange& exchange) const;
  Task<Result<Judgement>> Judge(const Exchange& exchange);
  Result<Judgement> JudgeHere(const Exchange& exchange, const policy::PolicySet& set) const;
  Task<Status> Append(const audit::Record& record);
  Task<void> AwaitStore(JournalPosition position);

  const GovernorOptions options_;
  const policy::Posture posture_;
  audit::Journal& journal_;
  audit::Shipper& shipper_;
  WorkerPool& compute_;
  WorkerPool& blocking_;
  std::unique_ptr<Counters> counters_;
  std::atomic<std::shared_ptr<const policy::PolicySet>> policies_;
  std::atomic<bool> store_is_behind_{false};  // with AuditAck::kStore only
};

}  // namespace axonflow::governance
