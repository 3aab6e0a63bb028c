#pragma once

#include <string_view>

#include "policy/types.h"

namespace axonflow::policy {

// A text and what is asked about it.
struct DetectInput {
  std::string_view text;
  Phase phase = Phase::kRequest;
  // The text goes to a tool that executes SQL (a database connector), so that security-admin
  // applies.
  bool sql_capable_target = false;
  // Asks for the place of every match of a pattern (redaction); else the first is enough. Detectors
  // in code know their places anyway.
  bool want_spans = false;
  // Judges by the policies of all phases, as keeping a text for later does; `phase` is not read.
  bool every_phase = false;
  // Leaves out what redaction never changes.
  bool redactable_only = false;
  // Leaves out the detectors in code.
  bool patterns_only = false;
  // Reports policies that are not enabled too, for whoever knows an override that enables them.
  bool disabled_too = false;
};

// Whether redaction changes what `policy` finds: personal data, secrets and prompt injections; not
// statements, commands and code, which are stopped or let through.
inline bool IsRedactable(const Policy& policy) {
  const std::string_view category = policy.category;
  if (category == "security-dangerous") return policy.id.find("_injection_") != std::string::npos;
  for (const std::string_view kept : {"security-", "admin-access", "code-unsafe", "code-compliance",
                                      "data-exfiltration", "media-", "dynamic-"}) {
    if (category.starts_with(kept)) return false;
  }
  return true;
}

// Whether `policy` judges such a text.
inline bool Applies(const Policy& policy, const DetectInput& input) {
  if (!policy.enabled && !input.disabled_too) return false;
  const bool in_phase = input.phase == Phase::kRequest ? policy.on_request : policy.on_response;
  if (!in_phase && !input.every_phase) return false;
  if (input.redactable_only && !IsRedactable(policy)) return false;
  return input.sql_capable_target || policy.category != "security-admin";
}

}  // namespace axonflow::policy
