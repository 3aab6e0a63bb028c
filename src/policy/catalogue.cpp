#include "policy/catalogue.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/embedded_file.h"
#include "policy/policy_set.h"

extern const axonflow::EmbeddedFile kPolicyFiles[];
extern const unsigned kPolicyFilesCount;

namespace axonflow::policy {
namespace {

constexpr std::size_t kCatalogueBytesMax = 4U << 20U;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kExpressionBytesMax = 64U << 10U;

constexpr std::string_view kCategories[] = {
    "security-sqli",   "security-admin",     "security-dangerous",
    "admin-access",    "pii-global",         "pii-us",
    "pii-eu",          "pii-india",          "pii-singapore",
    "pii-indonesia",   "sensitive-data",     "code-secrets",
    "code-unsafe",     "code-compliance",    "data-exfiltration",
    "compliance-gdpr", "compliance-hipaa",   "compliance-rbi",
    "compliance-sebi", "compliance-euaiact", "compliance-masfeat",
    "fincrime",        "media-safety",       "media-biometric",
    "media-document",  "media-pii",          "custom",
};

// What a reader of the file needs to find the mistake: file, line, sentence.
struct Malformed {
  int line;  // from 0, as yaml-cpp counts
  std::string message;
};

[[noreturn]] void Fail(const YAML::Node& node, std::string message) {
  throw Malformed{node.Mark().line, std::move(message)};
}

std::string Text(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar()) Fail(node, std::string(key) + " must be a text");
  return node.Scalar();
}

template <typename Number>
Number Integer(const YAML::Node& node, std::string_view key, Number low, Number high) {
  const std::string text = Text(node, key);
  Number value{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    Fail(node, std::string(key) + " must be a whole number from " + std::to_string(low) + " to " +
                   std::to_string(high) + ", not \"" + text + "\"");
  }
  return value;
}

bool Boolean(const YAML::Node& node, std::string_view key) {
  const std::string text = Text(node, key);
  if (text != "true" && text != "false") Fail(node, std::string(key) + " must be true or false");
  return text == "true";
}

Severity SeverityOf(const YAML::Node& node, std::string_view key) {
  const auto severity = ParseSeverity(Text(node, key));
  if (!severity) Fail(node, std::string(key) + " must be low, medium, high or critical");
  return *severity;
}

Action ActionOf(const YAML::Node& node, std::string_view key, bool allow_too) {
  const auto action = ParseAction(Text(node, key));
  if (!action || (*action == Action::kAllow && !allow_too)) {
    Fail(node, std::string(key) + " must be log, warn, redact, require_approval or block" +
                   (allow_too ? " or allow" : ""));
  }
  return *action;
}

Tier TierOf(const YAML::Node& node) {
  const std::string text = Text(node, "tier");
  for (const Tier tier : {Tier::kSystem, Tier::kOrganization, Tier::kTenant}) {
    if (ToString(tier) == text) return tier;
  }
  Fail(node, "tier must be system, organization or tenant");
}

std::vector<std::string> Texts(const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence()) Fail(node, std::string(key) + " must be a list of texts");
  std::vector<std::string> texts;
  for (const auto& item : node) texts.push_back(Text(item, key));
  return texts;
}

// A list of expressions is their alternation; it keeps long patterns readable.
std::string Expression(const YAML::Node& node, std::string_view key) {
  if (node.IsScalar()) return node.Scalar();
  std::string joined;
  for (const auto& alternative : Texts(node, key)) {
    if (!joined.empty()) joined += '|';
    joined += "(?:" + alternative + ")";
  }
  if (joined.empty()) Fail(node, std::string(key) + " must not be empty");
  return joined;
}

// Named parts of expressions, which the patterns of one file share: "%{name}" stands for its text.
using Terms = std::map<std::string, std::string, std::less<>>;

std::string Expand(const YAML::Node& node, const Terms& terms, std::string_view expression) {
  std::string out;
  while (true) {
    const auto open = expression.find("%{");
    out += expression.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = expression.find('}', open);
    if (close == std::string_view::npos) Fail(node, "\"%{\" without \"}\"");
    const auto name = expression.substr(open + 2, close - open - 2);
    const auto term = terms.find(name);
    if (term == terms.end()) Fail(node, "unknown term \"" + std::string(name) + "\"");
    out += term->second;
    if (out.size() > kExpressionBytesMax) Fail(node, "the expression is too long");
    expression.remove_prefix(close + 1);
  }
}

Terms ReadTerms(const YAML::Node& node) {
  if (!node.IsMap()) Fail(node, "terms must be a mapping of names to expressions");
  Terms terms;
  for (const auto& entry : node) {
    // A term may use those above it.
    const auto [place, inserted] = terms.emplace(Text(entry.first, "a term"),
                                                 Expand(node, terms, Text(entry.second, "a term")));
    if (!inserted) Fail(entry.first, "the term \"" + place->first + "\" stands twice");
  }
  return terms;
}

Strategy StrategyOf(const YAML::Node& node) {
  const auto strategy = ParseStrategy(Text(node, "redaction_strategy"));
  if (!strategy || *strategy == Strategy::kNone) {
    Fail(node,
         "redaction_strategy must be partial, mask, tokenize, hash, remove or remove_statement");
  }
  return *strategy;
}

SpanTo SpanToOf(const YAML::Node& node) {
  if (Text(node, "span_to") != "pem_end") Fail(node, "span_to must be pem_end");
  return SpanTo::kPemEnd;
}

void ReadPhase(const YAML::Node& node, Policy& policy) {
  const std::string text = Text(node, "phase");
  if (text != "request" && text != "response" && text != "both") {
    Fail(node, "phase must be request, response or both");
  }
  policy.on_request = text != "response";
  policy.on_response = text != "request";
}

using Setter = void (*)(const YAML::Node&, Policy&);
struct Key {
  std::string_view name;
  bool required;
  Setter set;
};

constexpr Key kKeys[] = {
    {"id", true, [](const YAML::Node& n, Policy& p) { p.id = Text(n, "id"); }},
    {"name", true, [](const YAML::Node& n, Policy& p) { p.name = Text(n, "name"); }},
    {"description", true,
     [](const YAML::Node& n, Policy& p) { p.description = Text(n, "description"); }},
    {"category", true, [](const YAML::Node& n, Policy& p) { p.category = Text(n, "category"); }},
    {"severity", true,
     [](const YAML::Node& n, Policy& p) { p.severity = SeverityOf(n, "severity"); }},
    {"priority", true,
     [](const YAML::Node& n, Policy& p) { p.priority = Integer(n, "priority", 0, 10'000); }},
    {"phase", true, ReadPhase},
    {"action", true,
     [](const YAML::Node& n, Policy& p) { p.action = ActionOf(n, "action", false); }},
    {"action_request", false,
     [](const YAML::Node& n, Policy& p) {
       p.action_request = ActionOf(n, "action_request", true);
     }},
    {"action_response", false,
     [](const YAML::Node& n, Policy& p) {
       p.action_response = ActionOf(n, "action_response", true);
     }},
    {"detector", false, [](const YAML::Node& n, Policy& p) { p.detector = Text(n, "detector"); }},
    {"pattern", false,
     [](const YAML::Node& n, Policy& p) { p.pattern = Expression(n, "pattern"); }},
    {"tail", false, [](const YAML::Node& n, Policy& p) { p.tail = Expression(n, "tail"); }},
    {"gap_max", false,
     [](const YAML::Node& n, Policy& p) {
       p.gap_max = Integer<std::uint32_t>(n, "gap_max", 0, std::numeric_limits<int>::max());
     }},
    {"span_to", false, [](const YAML::Node& n, Policy& p) { p.span_to = SpanToOf(n); }},
    {"redaction_strategy", false,
     [](const YAML::Node& n, Policy& p) { p.strategy = StrategyOf(n); }},
    {"tier", false, [](const YAML::Node& n, Policy& p) { p.tier = TierOf(n); }},
    {"risk_level", false,
     [](const YAML::Node& n, Policy& p) { p.risk_level = SeverityOf(n, "risk_level"); }},
    {"allow_override", false,
     [](const YAML::Node& n, Policy& p) { p.allow_override = Boolean(n, "allow_override"); }},
    {"enabled", false, [](const YAML::Node& n, Policy& p) { p.enabled = Boolean(n, "enabled"); }},
    {"version", false,
     [](const YAML::Node& n, Policy& p) {
       p.version = Integer(n, "version", 1, std::numeric_limits<int>::max());
     }},
    {"must_match", true,
     [](const YAML::Node& n, Policy& p) { p.must_match = Texts(n, "must_match"); }},
    {"must_not_match", true,
     [](const YAML::Node& n, Policy& p) { p.must_not_match = Texts(n, "must_not_match"); }},
};

const Key& FindKey(const YAML::Node& node) {
  const std::string name = Text(node, "a key");
  const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                   [&](const Key& key) { return key.name == name; });
  if (found == std::end(kKeys)) Fail(node, "unknown key \"" + name + "\"");
  return *found;
}

Policy ReadPolicy(const YAML::Node& node) {
  if (!node.IsMap()) Fail(node, "a policy must be a mapping of keys to values");
  Policy policy;
  policy.builtin = true;
  std::set<std::string_view> seen;
  for (const auto& entry : node) {
    const Key& key = FindKey(entry.first);
    if (!seen.insert(key.name).second) {
      Fail(entry.first, "the key \"" + std::string(key.name) + "\" stands twice");
    }
    key.set(entry.second, policy);
  }
  for (const Key& key : kKeys) {
    if (key.required && !seen.contains(key.name)) {
      Fail(node, "the key \"" + std::string(key.name) + "\" is missing");
    }
  }
  if (policy.id.empty()) Fail(node, "id must not be empty");
  if (policy.name.empty() || policy.name.size() > kNameBytesMax) {
    Fail(node, policy.id + ": name must have 1 to 255 characters");
  }
  if (!IsCategory(policy.category)) {
    Fail(node, policy.id + ": unknown category \"" + policy.category + "\"");
  }
  if (seen.contains("pattern") == seen.contains("detector")) {
    Fail(node, policy.id + ": exactly one of pattern and detector must be given");
  }
  if (seen.contains("tail") != seen.contains("gap_max") ||
      (seen.contains("tail") && !seen.contains("pattern"))) {
    Fail(node, policy.id + ": tail and gap_max go together, and with pattern only");
  }
  if (seen.contains("span_to") && !seen.contains("pattern")) {
    Fail(node, policy.id + ": span_to goes with pattern only");
  }
  if (policy.strategy && !IsRedactable(policy)) {
    Fail(node, policy.id + ": what it finds is never redacted, so redaction_strategy says nothing");
  }
  if (!seen.contains("risk_level")) policy.risk_level = policy.severity;
  if (policy.severity == Severity::kCritical) {
    if (seen.contains("allow_override") && policy.allow_override) {
      Fail(node, policy.id + ": a critical policy cannot be overridable");
    }
    policy.allow_override = false;
  }
  return policy;
}

std::vector<Policy> ReadFile(std::string_view yaml) {
  const YAML::Node root = YAML::Load(std::string(yaml));
  if (!root.IsMap()) Fail(root, "the file must be a mapping with the key policies");
  YAML::Node list;
  Terms terms;
  std::set<std::string> seen;
  for (const auto& entry : root) {
    const std::string key = Text(entry.first, "a key");
    if (!seen.insert(key).second) Fail(entry.first, "the key \"" + key + "\" stands twice");
    if (key == "policies") {
      list.reset(entry.second);
    } else if (key == "terms") {
      terms = ReadTerms(entry.second);
    } else {
      Fail(entry.first, "unknown key \"" + key + "\"");
    }
  }
  if (!seen.contains("policies")) Fail(root, "the key \"policies\" is missing");
  if (!list.IsSequence()) Fail(list, "policies must be a list");
  std::vector<Policy> policies;
  for (const auto& node : list) {
    Policy policy = ReadPolicy(node);
    policy.pattern = Expand(node["pattern"], terms, policy.pattern);
    policy.tail = Expand(node["tail"], terms, policy.tail);
    policies.push_back(std::move(policy));
  }
  return policies;
}

Error At(std::string_view source, int line, std::string_view message) {
  return Error{ErrorCode::kInvalidArgument,
               std::string(source) + ":" + std::to_string(line + 1) + ": " + std::string(message)};
}

// Whether `text` leads to a finding of the policy at `index`, in a phase that the policy has.
Result<bool> Reports(const PolicySet& set, std::uint32_t index, std::string_view text) {
  const DetectInput input{
      .text = text,
      .phase = set.policies()[index].on_request ? Phase::kRequest : Phase::kResponse,
      .sql_capable_target = true,
      .want_spans = true};
  const auto findings = set.Detect(input);
  if (!findings) return findings.error();
  return std::any_of(findings->begin(), findings->end(),
                     [&](const Finding& finding) { return finding.policy == index; });
}

}  // namespace

bool IsCategory(std::string_view category) {
  // A country joins by the prefix alone.
  constexpr std::string_view kPersonalData = "pii-";
  if (category.starts_with(kPersonalData) && category.size() > kPersonalData.size()) {
    return std::ranges::all_of(category, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  }
  return std::find(std::begin(kCategories), std::end(kCategories), category) !=
         std::end(kCategories);
}

Result<std::vector<Policy>> ParseCatalogue(std::string_view yaml, std::string_view source) {
  if (yaml.size() > kCatalogueBytesMax) {
    return Error{ErrorCode::kTooLarge,
                 std::string(source) + ": a catalogue file has at most 4 MiB"};
  }
  try {
    return ReadFile(yaml);
  } catch (const Malformed& malformed) {
    return At(source, malformed.line, malformed.message);
  } catch (const YAML::Exception& exception) {
    return At(source, exception.mark.line, exception.msg);
  }
}

Result<std::vector<Policy>> BuiltinCatalogue() {
  std::vector<Policy> all;
  for (unsigned i = 0; i < kPolicyFilesCount; ++i) {
    auto policies = ParseCatalogue(kPolicyFiles[i].text, kPolicyFiles[i].name);
    if (!policies) return policies.error();
    all.insert(all.end(), std::make_move_iterator(policies->begin()),
               std::make_move_iterator(policies->end()));
  }
  return all;
}

Result<std::vector<LintProblem>> Lint(const std::vector<Policy>& policies) {
  // A disabled policy must behave too: somebody will switch it on.
  std::vector<Policy> enabled = policies;
  for (Policy& policy : enabled) policy.enabled = true;
  const auto set = PolicySet::Compile(std::move(enabled));
  if (!set) return set.error();

  std::vector<LintProblem> problems;
  const auto all = (*set)->policies();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const Policy& policy = all[i];
    for (const bool wanted : {true, false}) {
      const std::string list = wanted ? "must_match" : "must_not_match";
      const auto& texts = wanted ? policy.must_match : policy.must_not_match;
      if (texts.size() < kLintTextsMin) {
        problems.push_back({policy.id, list + " holds " + std::to_string(texts.size()) +
                                           " texts, at least " + std::to_string(kLintTextsMin) +
                                           " are needed"});
      }
      for (const auto& text : texts) {
        const auto reported = Reports(**set, i, text);
        if (!reported) return reported.error();
        if (*reported == wanted) continue;
        problems.push_back({policy.id, (wanted ? "does not match its must_match text: "
                                               : "matches its must_not_match text: ") +
                                           text});
      }
    }
  }
  return problems;
}

}  // namespace axonflow::policy
