#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/types.h"
#include "redaction/edits.h"
#include "redaction/strategy.h"

namespace axonflow::redaction {

// One value that was taken out, as callers are told of it. Lengths and offsets are characters (code
// points), as everywhere on the wire.
struct RedactedField {
  std::string path;  // "rows[0].ssn" in JSON, "string[3:14]" in other text
  std::size_t original_len = 0;
  std::string redacted_to;
  std::string policy_id;
  std::string pii_type;
};

struct Redaction {
  std::string text;
  std::vector<RedactedField> fields;  // in order of the text
};

// Returns `text` with `places` redacted, each by its strategy (docs/redaction.md). Overlapping
// places are merged under the strongest. Output is valid UTF-8 when the input is.
std::string Redact(std::string_view text, std::vector<Place> places);

// The same with a report of what was taken out.
Redaction RedactAndReport(std::string_view text, std::vector<Place> places);

// Appends the places of one finding of `policy` in a text of `text_bytes`; nothing when the policy
// is one that redaction leaves alone. When more places were counted than recorded, the others stand
// behind the recorded ones; as nobody knows where, all of that text goes.
void AppendPlaces(const policy::Policy& policy, const policy::Finding& finding,
                  std::size_t text_bytes, std::vector<Place>& places);

// The places of `findings`, which need their spans (DetectInput::want_spans). `policies` is a
// PolicySet or a PolicyView: whatever the findings' indices belong to.
template <typename Policies>
std::vector<Place> PlacesOf(const Policies& policies, std::span<const policy::Finding> findings,
                            std::size_t text_bytes) {
  std::vector<Place> places;
  for (const policy::Finding& finding : findings) {
    if constexpr (requires { policies.policy(finding.policy); }) {
      if (finding.policy >= policies.size()) continue;
      AppendPlaces(policies.policy(finding.policy), finding, text_bytes, places);
    } else {
      const auto all = policies.policies();
      if (finding.policy >= all.size()) continue;
      AppendPlaces(all[finding.policy], finding, text_bytes, places);
    }
  }
  return places;
}

// Returns `text` with every place in `findings` redacted whose policy is personal data, a secret or
// a prompt injection, by the default strategy of that policy. SQL and command findings are not
// redacted.
template <typename Policies>
std::string Redact(std::string_view text, const Policies& policies,
                   std::span<const policy::Finding> findings) {
  return Redact(text, PlacesOf(policies, findings, text.size()));
}

}  // namespace axonflow::redaction
