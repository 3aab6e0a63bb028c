#include "governance/answer.h"

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "governance/policy_match.h"
#include "policy/detect_input.h"
#include "redaction/json_redactor.h"
#include "redaction/redactor.h"

namespace axonflow::governance {
namespace {

constexpr std::string_view kStopped = "the answer was stopped by policy";

// Everything that may be reported of an answer, so that an override which enables a policy or makes
// it redact changes nothing here.
std::shared_ptr<const redaction::Openness> OpennessOf(const policy::PolicyView& view) {
  std::vector<const policy::Policy*> policies;
  for (std::uint32_t i = 0; i < view.size(); ++i) {
    const policy::Policy& policy = view.policy(i);
    if (view.Dynamic(i) == nullptr && policy.on_response) policies.push_back(&policy);
  }
  return std::make_shared<const redaction::Openness>(policies);
}

}  // namespace

std::shared_ptr<const redaction::Openness> OpennessCache::Find(const View& view) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(view.get());
  if (found == entries_.end()) return nullptr;
  // An address may be taken again by another view.
  if (found->second.view.lock() != view) return nullptr;
  return found->second.openness;
}

std::shared_ptr<const redaction::Openness> OpennessCache::Make(const View& view) {
  auto openness = OpennessOf(*view);
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const auto& entry) { return entry.second.view.expired(); });
  if (entries_.size() >= kEntriesMax) entries_.erase(entries_.begin());
  entries_[view.get()] = {view, openness};
  return openness;
}

AnswerJudge::AnswerJudge(View view, std::shared_ptr<const redaction::Openness> openness,
                         identity::Principal principal, policy::Plane plane)
    : view_(std::move(view)),
      openness_(std::move(openness)),
      principal_(std::move(principal)),
      plane_(plane) {}

void AnswerJudge::Count(const policy::Verdict& verdict) {
  for (const policy::Match& match : verdict.matches) {
    auto& known = matches_.try_emplace(match.policy, match).first->second;
    known.count = std::max(known.count, match.count);
    known.action = std::max(known.action, match.action);
  }
  if (!verdict.matches.empty()) risk_level_ = std::max(risk_level_, verdict.risk_level);
  if (verdict.outcome > outcome_) {
    outcome_ = verdict.outcome;
    reason_ = verdict.reason;
  }
}

Result<std::vector<redaction::Place>> AnswerJudge::Detect(std::string_view text) {
  const policy::DetectInput input{
      .text = text, .phase = policy::Phase::kResponse, .want_spans = true};
  auto findings = view_->Detect(input);
  if (!findings) return findings.error();
  std::vector<redaction::Place> places;
  if (findings->empty()) return places;
  const auto verdict = policy::Resolve(*view_, *findings,
                                       {.plane = plane_,
                                        .phase = policy::Phase::kResponse,
                                        .now = Now(),
                                        .user_email = principal_.user_email,
                                        .segments = principal_.segments});
  Count(verdict);
  if (verdict.outcome == policy::Outcome::kBlocked ||
      verdict.outcome == policy::Outcome::kNeedsApproval) {
    stopped_ = true;
    return Error{ErrorCode::kPermissionDenied, std::string(kStopped)};
  }
  if (!verdict.redact) return places;
  std::erase_if(*findings, [&](const policy::Finding& finding) {
    return std::ranges::none_of(verdict.matches, [&](const policy::Match& match) {
      return match.policy == finding.policy && match.action == policy::Action::kRedact &&
             !match.shadow;
    });
  });
  places = redaction::PlacesOf(*view_, *findings, text.size());
  redacted_ = redacted_ || !places.empty();
  return places;
}

Result<std::string> AnswerJudge::Judge(std::string_view text, bool json) {
  const auto detect = [this](std::string_view part) { return Detect(part); };
  if (json) {
    auto redacted = redaction::RedactText(text, detect);
    if (!redacted) return redacted.error();
    return std::move(redacted->text);
  }
  return redaction::RedactAsStream(text, openness_, detect);
}

Status AnswerJudge::JudgeAttached(std::string_view text) {
  auto places = Detect(text);
  if (!places) return places.error();
  if (places->empty()) return {};
  stopped_ = true;
  outcome_ = policy::Outcome::kBlocked;
  return Error{ErrorCode::kPermissionDenied, std::string(kStopped)};
}

std::unique_ptr<redaction::StreamingRedactor> AnswerJudge::OpenStream() {
  return std::make_unique<redaction::StreamingRedactor>(
      openness_, [this](std::string_view part) { return Detect(part); });
}

std::vector<std::string> AnswerJudge::policy_ids() const {
  std::vector<std::string> ids;
  for (const auto& [index, match] : matches_) {
    if (!match.shadow) ids.push_back(view_->policy(index).id);
  }
  return ids;
}

void AnswerJudge::Describe(audit::Record& record) const {
  record.verdict = policy::ToString(outcome_);
  record.reason = stopped_ ? reason_ : std::string();
  record.policy_set_version = view_->version();
  std::vector<std::pair<policy::Action, std::uint32_t>> order;
  for (const auto& [index, match] : matches_) order.emplace_back(match.action, index);
  std::ranges::stable_sort(order, [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [action, index] : order) {
    const policy::Match& match = matches_.at(index);
    auto& list = match.shadow ? record.shadow_matches : record.matches;
    list.push_back(ToPolicyMatch(view_->policy(index), match));
  }
  if (!record.matches.empty()) record.risk_level = policy::ToString(risk_level_);
  if (redacted_) record.redacted_fields.emplace_back("answer");
}

}  // namespace axonflow::governance
