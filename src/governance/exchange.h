#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/record.h"
#include "base/ids.h"
#include "base/time.h"
#include "identity/principal.h"
#include "policy/resolver.h"
#include "policy/types.h"

namespace axonflow::governance {

// A stretch of Exchange::text that came from a place of its own and goes back there.
struct TextPart {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool json = false;  // must stay JSON when it is redacted
};

// What a plane asks to be decided. One a request; every plane fills the same form.
struct Exchange {
  identity::Principal principal;
  DecisionId decision_id;  // minted when the request arrived, so that refusals carry it too
  TraceId trace;
  policy::Plane plane = policy::Plane::kGateway;
  std::string request_type;   // "pre_check", "decision_llm", ...
  std::string stage;          // llm, tool, agent; empty where the plane has none
  std::string text;           // what is judged
  std::string attached_text;  // judged with it, but not redactable: parameters, one a line
  bool sql_capable_target = false;
  std::string connector;  // kind of the tool's server; empty where there is none
  std::string tool_signature;
  std::string provider;
  std::string model;
  std::vector<std::pair<std::string, std::string>> context;  // allow-listed, sorted by key
  bool context_truncated = false;
  // The caller's whole context for the policies' conditions, by dotted keys, sorted; never stored.
  std::vector<std::pair<std::string, std::string>> policy_context;
  std::chrono::milliseconds valid_for{300'000};  // how long the answer may be cached
  // The enforcement point cannot redact request bodies, so an answer that needs it must be a deny.
  bool redaction_impossible = false;
  bool want_redacted_text = false;  // the plane discharges the redaction itself
  // With want_redacted_text: the redacted text is given by parts, which stand in `text` in order.
  std::vector<TextPart> parts;
  bool want_matches = false;  // the plane answers with the matched policies in full
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();
};

// The answer of the pipeline, durable in the audit journal by the time a plane sees it.
struct Decision {
  DecisionId id;
  TraceId trace;
  policy::Outcome outcome = policy::Outcome::kError;
  std::string reason;                   // why it was stopped; empty when it was not
  std::vector<std::string> policy_ids;  // that matched, the deciding one first
  policy::Severity risk_level = policy::Severity::kLow;
  bool redact = false;                      // allowed, but the text must be redacted before use
  std::string redacted_text;                // with Exchange::want_redacted_text and `redact`
  std::vector<std::string> redacted_parts;  // one for each of Exchange::parts, and no redacted_text
  std::vector<audit::PolicyMatch> matches;  // with Exchange::want_matches
  Time expires_at;
  std::size_t policies_evaluated = 0;         // of the view that judged
  double risk_score = 0;                      // 0 to 1; of the dynamic policies, where they judge
  std::vector<std::string> required_actions;  // of the dynamic policies, as the wire words them
  std::string override_id;                    // of the session override that let a stop pass

  bool allowed() const {
    return outcome == policy::Outcome::kAllowed || outcome == policy::Outcome::kRedacted;
  }
};

// A request that was turned away before it could be judged.
struct Refusal {
  const identity::Principal* principal = nullptr;
  DecisionId decision_id;
  TraceId trace;
  std::string_view plane;         // "gateway", "decision"
  std::string_view request_type;  // as in Exchange
  std::string stage;
  std::string_view policy_id;  // special id of the rule that refused, such as tenant_impersonation
  std::string reason;
};

}  // namespace axonflow::governance
