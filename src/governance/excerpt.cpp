#include "governance/excerpt.h"

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
  auto found =
      set.Detect({.text = window, .want_spans = true, .every_phase = true, .without_sql = true});
  if (!found) return found.error();
  auto& findings = *found;
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
