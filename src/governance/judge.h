#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "governance/exchange.h"
#include "governance/policy_views.h"
#include "policy/resolver.h"

namespace axonflow::governance {

// A verdict with what the record and the answer need to know about the text.
struct Judgement {
  View view;  // that judged: indexes of the verdict point into it
  policy::Verdict verdict;
  policy::Consequences consequences;  // of the dynamic policies that took part
  bool attached_needs_redaction = false;
  std::string excerpt;        // for the record, redacted
  std::string query_hash;     // hex SHA-256 of the whole text
  std::string redacted_text;  // with Exchange::want_redacted_text, when the verdict redacts
  std::vector<std::string> redacted_parts;  // instead of redacted_text, with Exchange::parts
};

// Judges `exchange` by `view`: detectors over the texts, the risk score, the dynamic policies over
// what is known of the exchange, one verdict. No side effect: enforcement, dry runs, simulation and
// replay all call this. `environment` is the deployment's (may be empty). Linear in the texts.
// Fails with kUnavailable when a detector could not finish.
Result<Judgement> Judge(const Exchange& exchange, View view, std::string_view environment,
                        Time now);

}  // namespace axonflow::governance
