#include "governance/excerpt.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "redaction/redactor.h"

namespace axonflow::governance {
namespace {

// How far behind the cut a value may reach and still be recognised. The longest single value of the
// catalogue (an e-mail address) is shorter.
constexpr std::size_t kLookBehindCutBytes = 512;

policy::DetectInput InputFor(std::string_view window) {
  return {.text = window, .want_spans = true, .every_phase = true, .redactable_only = true};
}

// The first bytes of the window with `findings` redacted.
std::string Cut(std::string_view window, const policy::PolicyView& view,
                std::vector<policy::Finding> findings, std::size_t bytes_max) {
  // A policy that is only watched changes nothing, this text neither.
  std::erase_if(findings, [&](const policy::Finding& finding) {
    return view.policy(finding.policy).mode == policy::Mode::kShadow;
  });
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
  return redaction::Redact(window.substr(0, cut), view, findings);
}

}  // namespace

Result<std::string> RedactedExcerpt(std::string_view text, const policy::PolicyView& view,
                                    std::size_t bytes_max) {
  const std::string_view window = Utf8Prefix(text, bytes_max + kLookBehindCutBytes);
  auto found = view.Detect(InputFor(window));
  if (!found) return found.error();
  return Cut(window, view, std::move(*found), bytes_max);
}

Result<std::string> RedactedExcerpt(std::string_view text, const policy::PolicyView& view,
                                    std::span<const policy::Finding> found, std::size_t bytes_max) {
  const std::string_view window = Utf8Prefix(text, bytes_max + kLookBehindCutBytes);
  std::vector<policy::Finding> findings;
  bool has_patterns = false;
  for (const policy::Finding& finding : found) {
    const policy::Policy& policy = view.policy(finding.policy);
    if (!policy::IsRedactable(policy)) continue;
    if (policy.detector.empty()) {
      has_patterns = true;
      continue;
    }
    // Places beyond the window, or that nobody knows, are not in it.
    policy::Finding near{.policy = finding.policy, .count = 0, .spans = {}};
    for (const policy::Span& span : finding.spans) {
      if (span.begin < window.size()) near.spans.push_back(span);
    }
    near.count = static_cast<std::uint32_t>(near.spans.size());
    // More were found than placed: then nobody knows where they stand.
    if (finding.spans.size() >= policy::kSpansMax) near.count = finding.count;
    if (near.count > 0) findings.push_back(std::move(near));
  }
  if (has_patterns) {
    auto input = InputFor(window);
    input.patterns_only = true;
    auto placed = view.Detect(input);
    if (!placed) return placed.error();
    std::ranges::move(*placed, std::back_inserter(findings));
  }
  return Cut(window, view, std::move(findings), bytes_max);
}

}  // namespace axonflow::governance
