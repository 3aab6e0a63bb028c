#include "governance/judge.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "audit/record.h"
#include "base/crypto.h"
#include "base/utf8.h"
#include "governance/excerpt.h"
#include "policy/dynamic/risk_score.h"
#include "redaction/edits.h"
#include "redaction/json_redactor.h"
#include "redaction/redactor.h"

namespace axonflow::governance {
namespace {

// Whether a finding of the policy at `index` asks for redaction under this verdict.
bool AsksForRedaction(const policy::Verdict& verdict, std::uint32_t index) {
  return std::ranges::any_of(verdict.matches, [&](const policy::Match& match) {
    return match.policy == index && match.action == policy::Action::kRedact && !match.shadow;
  });
}

// Adds what `more` found to `findings`: once a policy, in the view's order of evaluation.
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

// What a dynamic policy's redaction takes from the text: what the detectors of the kinds it names
// find ("ssn", "email"), or of all kinds when it names none.
struct RedactedKinds {
  bool any = false;
  std::vector<std::string> names;

  bool Has(const policy::Policy& policy) const {
    if (!policy::IsRedactable(policy)) return false;
    return any || std::ranges::any_of(names, [&](const std::string& name) {
             return policy.id.find(name) != std::string::npos;
           });
  }
};

RedactedKinds KindsOf(const policy::PolicyView& view, const policy::Verdict& verdict,
                      const policy::Consequences& consequences) {
  RedactedKinds kinds;
  for (const policy::Match& match : verdict.matches) {
    if (match.shadow || match.action != policy::Action::kRedact) continue;
    if (view.Dynamic(match.policy) == nullptr) continue;
    kinds.names = consequences.redact_fields;
    kinds.any = kinds.names.empty();
  }
  return kinds;
}

// Where `input` holds what the verdict wants redacted.
Result<std::vector<redaction::Place>> PlacesToRedact(policy::DetectInput input,
                                                     const Judgement& judgement) {
  const policy::PolicyView& view = *judgement.view;
  input.want_spans = true;
  input.redactable_only = true;
  input.every_phase = false;
  auto findings = view.Detect(input);
  if (!findings) return findings.error();
  const RedactedKinds kinds = KindsOf(view, judgement.verdict, judgement.consequences);
  std::erase_if(*findings, [&](const policy::Finding& finding) {
    return !AsksForRedaction(judgement.verdict, finding.policy) &&
           !kinds.Has(view.policy(finding.policy));
  });
  return redaction::PlacesOf(view, *findings, input.text.size());
}

// The part of `edits` that lies in `part`. What reaches over the end of a part is cut there: each
// part has its own piece taken out.
std::vector<redaction::Place> Within(const TextPart& part, std::vector<redaction::Place> edits) {
  std::erase_if(edits, [&](const redaction::Place& edit) {
    return edit.span.end <= part.begin || edit.span.begin >= part.end;
  });
  for (redaction::Place& edit : edits) {
    edit.span.begin = std::max(edit.span.begin, part.begin);
    edit.span.end = std::min(edit.span.end, part.end);
  }
  return edits;
}

// What the verdict asks to redact, taken out of the whole text or of each part of it.
Status RedactAll(const Exchange& exchange, const policy::DetectInput& input, Judgement& judgement) {
  auto places = PlacesToRedact(input, judgement);
  if (!places) return places.error();
  if (exchange.parts.empty()) {
    judgement.redacted_text = redaction::Redact(input.text, std::move(*places));
    return {};
  }
  const auto edits = redaction::PlanEdits(input.text, std::move(*places));
  for (const TextPart& part : exchange.parts) {
    const auto own = Within(part, edits);
    const auto text = input.text.substr(part.begin, part.end - part.begin);
    if (part.json) {
      auto redacted = redaction::RedactText(text, [&](std::string_view leaf) {
        auto of_leaf = input;
        of_leaf.text = leaf;
        return PlacesToRedact(of_leaf, judgement);
      });
      if (!redacted) return redacted.error();
      judgement.redacted_parts.push_back(std::move(redacted->text));
      continue;
    }
    std::string out;
    redaction::ApplyEdits(input.text, part.begin, part.end, own, out);
    judgement.redacted_parts.push_back(std::move(out));
  }
  return {};
}

std::optional<std::string_view> Known(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

bool FoundInjectedSql(const policy::PolicyView& view, std::span<const policy::Finding> findings) {
  return std::ranges::any_of(findings, [&](const policy::Finding& finding) {
    return view.policy(finding.policy).category == "security-sqli";
  });
}

policy::Facts FactsOf(const Exchange& exchange, std::string_view environment, double risk_score) {
  const identity::Principal& principal = exchange.principal;
  policy::Facts facts;
  facts.query = exchange.text;
  facts.request_type = Known(exchange.request_type);
  facts.request_id = Known(exchange.decision_id.str());
  facts.user_email = Known(principal.user_email);
  facts.user_role = Known(principal.user_role);
  facts.user_department = Known(principal.user_department);
  facts.user_tenant = Known(principal.tenant.str());
  facts.user_permissions = principal.user_permissions;
  facts.segments = principal.segments;
  facts.client_id = Known(principal.client.str());
  facts.client_name = facts.client_id;
  facts.client_org = Known(principal.org.str());
  facts.client_tenant = Known(principal.tenant.str());
  facts.connector = Known(exchange.connector);
  facts.environment = Known(environment);
  facts.risk_score = risk_score;
  facts.context = exchange.policy_context;
  facts.plane = exchange.plane;
  return facts;
}

// The dynamic policies' part: their findings, and what those that took part in the verdict ask for.
double EvaluateDynamic(const Exchange& exchange, const policy::PolicyView& view,
                       std::string_view environment, std::vector<policy::Finding>& findings) {
  const double risk = policy::RiskScore(FoundInjectedSql(view, findings), exchange.text);
  view.Evaluate(FactsOf(exchange, environment, risk), findings);
  return risk;
}

policy::Consequences ConsequencesOf(const policy::PolicyView& view, const policy::Verdict& verdict,
                                    double risk) {
  std::vector<const policy::DynamicPolicy*> took_part;
  std::vector<policy::Match> matches = verdict.matches;
  std::ranges::sort(matches, {}, &policy::Match::policy);
  for (const policy::Match& match : matches) {
    const auto* dynamic = view.Dynamic(match.policy);
    // A posture or an override that weakens a policy takes what it asks for along.
    if (dynamic == nullptr || match.shadow || match.overridden) continue;
    if (match.action < dynamic->policy.action) continue;
    took_part.push_back(dynamic);
  }
  return policy::AddUp(took_part, risk);
}

}  // namespace

Result<Judgement> Judge(const Exchange& exchange, View view, std::string_view environment,
                        Time now) {
  // Policies of all phases: what is kept of the text must be clean by all of them.
  const policy::DetectInput input{.text = exchange.text,
                                  .phase = policy::Phase::kRequest,
                                  .sql_capable_target = exchange.sql_capable_target,
                                  .every_phase = true};
  auto findings = view->Detect(input);
  if (!findings) return findings.error();
  Judgement judgement;
  judgement.view = std::move(view);
  const policy::PolicyView& policies = *judgement.view;
  judgement.query_hash = HexEncode(Sha256(exchange.text));
  const bool keeps_as_it_is = std::ranges::none_of(*findings, [&](const policy::Finding& finding) {
    return policy::IsRedactable(policies.policy(finding.policy));
  });
  if (keeps_as_it_is) {
    judgement.excerpt = Utf8Prefix(exchange.text, audit::kQueryExcerptBytesMax);
  } else {
    auto excerpt =
        RedactedExcerpt(exchange.text, policies, *findings, audit::kQueryExcerptBytesMax);
    if (!excerpt) return excerpt.error();
    judgement.excerpt = std::move(*excerpt);
  }
  std::vector<policy::Finding> attached;
  if (!exchange.attached_text.empty()) {
    auto attached_input = input;
    attached_input.text = exchange.attached_text;
    auto found = policies.Detect(attached_input);
    if (!found) return found.error();
    attached = *found;
    Merge(*findings, std::move(*found));
  }
  std::erase_if(*findings, [&](const policy::Finding& finding) {
    return !policies.policy(finding.policy).on_request;
  });
  double risk = 0;
  const bool dynamic = policies.HasDynamic(exchange.plane);
  if (dynamic) risk = EvaluateDynamic(exchange, policies, environment, *findings);
  judgement.verdict = policy::Resolve(policies, *findings,
                                      {.plane = exchange.plane,
                                       .phase = policy::Phase::kRequest,
                                       .now = now,
                                       .user_email = exchange.principal.user_email,
                                       .tool_signature = exchange.tool_signature,
                                       .segments = exchange.principal.segments});
  if (dynamic) judgement.consequences = ConsequencesOf(policies, judgement.verdict, risk);
  judgement.attached_needs_redaction =
      std::ranges::any_of(attached, [&](const policy::Finding& finding) {
        return AsksForRedaction(judgement.verdict, finding.policy);
      });
  if (judgement.verdict.redact && exchange.want_redacted_text) {
    if (auto redacted = RedactAll(exchange, input, judgement); !redacted) return redacted.error();
  }
  return judgement;
}

}  // namespace axonflow::governance
