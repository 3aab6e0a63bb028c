#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "base/result.h"
#include "governance/policy_views.h"
#include "identity/principal.h"
#include "policy/resolver.h"
#include "redaction/openness.h"
#include "redaction/streaming_redactor.h"

namespace axonflow::governance {

// What the streaming redactor has to know of each view. Making it takes some tens of milliseconds,
// so it is kept as long as anybody uses the view. Thread-safe.
class OpennessCache {
 public:
  // Null when it has to be made first.
  std::shared_ptr<const redaction::Openness> Find(const View& view);
  std::shared_ptr<const redaction::Openness> Make(const View& view);

 private:
  static constexpr std::size_t kEntriesMax = 64;
  struct Entry {
    std::weak_ptr<const policy::PolicyView> view;
    std::shared_ptr<const redaction::Openness> openness;
  };
  std::mutex mutex_;
  std::map<const policy::PolicyView*, Entry> entries_;
};

// One text of an answer.
struct AnswerText {
  std::string_view text;
  bool json = false;      // must stay JSON when it is redacted
  bool attached = false;  // cannot be redacted
};

// Judges one answer of a model, in the response phase: texts that are there whole, and texts that
// stream by, of which an answer may hold several. Both give the same bytes for the same text. The
// judgement of all of them together is one verdict. One thread at a time.
class AnswerJudge {
 public:
  AnswerJudge(View view, std::shared_ptr<const redaction::Openness> openness,
              identity::Principal principal, policy::Plane plane);

  // `text` redacted. `json`: it stays JSON. kPermissionDenied when the policies stop the answer:
  // nothing of it must leave any more.
  Result<std::string> Judge(std::string_view text, bool json);
  // Judges what cannot be redacted: stops the answer when it would have to be.
  Status JudgeAttached(std::string_view text);

  // A text of the answer that comes in pieces. Lives no longer than the judge.
  std::unique_ptr<redaction::StreamingRedactor> OpenStream();

  bool stopped() const { return stopped_; }
  bool redacted() const { return redacted_; }
  const std::string& reason() const { return reason_; }
  std::vector<std::string> policy_ids() const;
  const policy::PolicyView& view() const { return *view_; }
  const View& shared_view() const { return view_; }

  // Verdict, reason, matches and version, as they stand.
  void Describe(audit::Record& record) const;

 private:
  Result<std::vector<redaction::Place>> Detect(std::string_view text);
  void Count(const policy::Verdict& verdict);

  const View view_;
  const std::shared_ptr<const redaction::Openness> openness_;
  const identity::Principal principal_;
  const policy::Plane plane_;
  bool stopped_ = false;
  bool redacted_ = false;
  policy::Outcome outcome_ = policy::Outcome::kAllowed;
  policy::Severity risk_level_ = policy::Severity::kLow;
  std::string reason_;
  std::map<std::uint32_t, policy::Match> matches_;  // by index into the view
};

}  // namespace axonflow::governance
