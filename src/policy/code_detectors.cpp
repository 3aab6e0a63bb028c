#include "policy/code_detectors.h"

#include <array>

#include "policy/pii/pii_detector.h"
#include "policy/prompt/prompt_detector.h"
#include "policy/secrets/secrets_detector.h"
#include "policy/shell/shell_detector.h"
#include "policy/sql/sql_detector.h"

namespace axonflow::policy {
namespace {

void DetectSql(std::string_view text, CodeHits& out) {
  sql::Hits found;
  sql::Detect(text, found);
  if (found.rules.none()) return;
  for (std::uint32_t rule = 0; rule < sql::kRuleCount; ++rule) {
    if (!found.rules.test(rule)) continue;
    out.hits.push_back({rule, found.places[rule].begin, found.places[rule].end, 1.0F});
  }
}

// For the rooms that list every hit. `Hits` is kept by the thread, so that its room is reused.
template <typename Hits, void (*kDetect)(std::string_view, Hits&)>
void DetectAll(std::string_view text, CodeHits& out) {
  thread_local Hits found;
  found.clear();
  kDetect(text, found);
  for (const auto& hit : found.hits) {
    out.hits.push_back({static_cast<std::uint32_t>(hit.rule), hit.begin, hit.end, hit.confidence});
  }
  out.truncated = found.truncated;
}

template <auto kParse>
std::size_t Parse(std::string_view rule) {
  return static_cast<std::size_t>(kParse(rule));
}

constexpr std::array kDetectors{
    CodeDetector{.prefix = "sql.",
                 .rule_count = sql::kRuleCount,
                 .hits_per_rule_max = 1,
                 .redactable = false,
                 .parse = Parse<sql::ParseRule>,
                 .detect = DetectSql},
    CodeDetector{.prefix = "pii.",
                 .rule_count = static_cast<std::size_t>(pii::Rule::kCount),
                 .hits_per_rule_max = pii::kHitsPerRuleMax,
                 .redactable = true,
                 .parse = Parse<pii::ParseRule>,
                 .detect = DetectAll<pii::Hits, pii::Detect>},
    CodeDetector{.prefix = "secrets.",
                 .rule_count = secrets::kRuleCount,
                 .hits_per_rule_max = secrets::kHitsPerRuleMax,
                 .redactable = true,
                 .parse = Parse<secrets::ParseRule>,
                 .detect = DetectAll<secrets::Hits, secrets::Detect>},
    CodeDetector{.prefix = "shell.",
                 .rule_count = shell::kRuleCount,
                 .hits_per_rule_max = shell::kHitsPerRuleMax,
                 .redactable = false,
                 .parse = Parse<shell::ParseRule>,
                 .detect = DetectAll<shell::Hits, shell::Detect>},
    CodeDetector{.prefix = "prompt.",
                 .rule_count = prompt::kRuleCount,
                 .hits_per_rule_max = prompt::kHitsPerRuleMax,
                 .redactable = true,
                 .parse = Parse<prompt::ParseRule>,
                 .detect = DetectAll<prompt::Hits, prompt::Detect>},
};

}  // namespace

std::span<const CodeDetector> CodeDetectors() { return kDetectors; }

}  // namespace axonflow::policy
