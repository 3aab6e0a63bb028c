#include "governance/excerpt.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "redaction/redactor.h"

namespace axonflow::governance {
namespace {

// How far behind the cut a value may reach and still be recognised. The longest single value of the
// catalogue (an e-mail address) is shorter.
constexpr std::size_t kLookBehindCutBytes = 512;

}  // namespace

Result<std::string> RedactedExcerpt(std::string_view text, const policy::PolicySet& set,
                                    std::size_t bytes_max) {
  const std::string_view window = Utf8Prefix(text, bytes_max + kLookBehindCutBytes);
  std::vector<policy::Finding> findings;
  for (const auto phase : {policy::Phase::kRequest, policy::Phase::kResponse}) {
    policy::DetectInput input{.text = window, .phase = phase, .want_spans = true};
    auto found = set.Detect(input);
    if (!found) return found.error();
    for (auto& finding : *found) {
      const bool known = std::ranges::any_of(
          findings, [&](const auto& other) { return other.policy == finding.policy; });
      if (!known) findings.push_back(std::move(finding));
    }
  }
  std::size_t cut = Utf8Prefix(window, bytes_max).size();
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& finding : findings) {
      for (const auto& span : finding.spans) {
        if (span.begin < cut && span.end > cut) {
          cut = span.begin;
          moved = true;
        }
      }
    }
  }
  for (auto& finding : findings) {
    std::erase_if(finding.spans, [&](const auto& span) { return span.begin >= cut; });
  }
  return redaction::Redact(window.substr(0, cut), set, findings);
}

}  // namespace axonflow::governance
