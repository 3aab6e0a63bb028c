#include "policy/posture.h"

#include <algorithm>
#include <span>
#include <utility>

namespace axonflow::policy {
namespace {

constexpr std::size_t kGroups = static_cast<std::size_t>(PostureGroup::kCount);
using GroupActions = std::array<Action, kGroups>;  // in the order of PostureGroup

constexpr std::array<Plane, 4> kAllPlanes = {Plane::kGateway, Plane::kDecision, Plane::kMcp,
                                             Plane::kProxy};

struct GroupWords {
  std::string_view name;      // in AXONFLOW_ENFORCE
  std::string_view variable;  // the global variable
  bool per_plane;             // whether GATEWAY_ and MCP_ variants exist
  bool takes_redact;
};

constexpr std::array<GroupWords, kGroups> kGroupWords = {{
    {"pii", "PII_ACTION", true, true},
    {"sqli", "SQLI_ACTION", true, false},
    {"sensitive_data", "SENSITIVE_DATA_ACTION", false, false},
    {"high_risk", "HIGH_RISK_ACTION", false, false},
    {"dangerous_queries", "DANGEROUS_QUERY_ACTION", true, false},
    {"dangerous_commands", "DANGEROUS_COMMAND_ACTION", true, false},
}};

struct Profile {
  std::string_view name;
  GroupActions actions;
};

constexpr auto kLog = Action::kLog;
constexpr auto kWarn = Action::kWarn;
constexpr auto kBlock = Action::kBlock;
constexpr std::array<Profile, 4> kProfiles = {{
    {"dev", {kLog, kLog, kLog, kLog, kWarn, kWarn}},
    {"default", {kWarn, kWarn, kWarn, kWarn, kBlock, kBlock}},
    {"strict", {kBlock, kBlock, kBlock, kWarn, kBlock, kBlock}},
    {"compliance", {kBlock, kBlock, kBlock, kBlock, kBlock, kBlock}},
}};

struct CategoryGroup {
  std::string_view category;
  PostureGroup group;
};

constexpr CategoryGroup kCategoryGroups[] = {
    {"security-sqli", PostureGroup::kSqli},
    {"security-dangerous", PostureGroup::kDangerousCommands},
    {"sensitive-data", PostureGroup::kSensitiveData},
};

std::size_t IndexOf(PostureGroup group) { return static_cast<std::size_t>(group); }

Error BadValue(std::string_view variable, std::string_view value, std::string_view accepted) {
  return Error{ErrorCode::kInvalidArgument, std::string(variable) + " has the value \"" +
                                                std::string(value) +
                                                "\"; accepted: " + std::string(accepted)};
}

std::string LowerTrimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

const Profile* FindProfile(std::string_view name) {
  for (const auto& profile : kProfiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

using Variables = std::map<std::string, std::string>;

// The action that `variable` names for `group`; nothing when the variable is unset or empty.
Result<std::optional<Action>> ReadAction(const Variables& variables, const std::string& variable,
                                         PostureGroup group) {
  const auto found = variables.find(variable);
  if (found == variables.end() || found->second.empty()) return std::optional<Action>{};
  const bool redact = kGroupWords[IndexOf(group)].takes_redact;
  const auto action = ParseAction(LowerTrimmed(found->second));
  const bool accepted =
      action && (*action == Action::kBlock || *action == Action::kWarn || *action == Action::kLog ||
                 (redact && *action == Action::kRedact));
  if (!accepted) {
    return BadValue(variable, found->second,
                    redact ? "block, warn, redact, log" : "block, warn, log");
  }
  return action;
}

// The two variables of the oldest releases. They rank below everything that replaced them except
// the profile, so that a deployment which still sets them keeps its behaviour.
Status ReadDeprecated(const Variables& variables, std::array<PostureChoice, kGroups>& choices) {
  if (const auto found = variables.find("SQLI_BLOCK_MODE");
      found != variables.end() && !found->second.empty()) {
    const auto word = LowerTrimmed(found->second);
    if (word != "block" && word != "warn") {
      return BadValue("SQLI_BLOCK_MODE", found->second, "block, warn");
    }
    choices[IndexOf(PostureGroup::kSqli)] = {word == "block" ? kBlock : kWarn, "SQLI_BLOCK_MODE"};
  }
  if (const auto found = variables.find("PII_BLOCK_CRITICAL");
      found != variables.end() && !found->second.empty()) {
    const auto word = LowerTrimmed(found->second);
    const bool off = word == "false" || word == "0";
    if (!off && word != "true" && word != "1") {
      return BadValue("PII_BLOCK_CRITICAL", found->second, "true, false, 1, 0");
    }
    choices[IndexOf(PostureGroup::kPii)] = {off ? kLog : kBlock, "PII_BLOCK_CRITICAL"};
  }
  return {};
}

constexpr std::string_view kEnforceWords =
    "pii, sqli, sensitive_data, high_risk, dangerous_queries, dangerous_commands, all, none";

// A comma separated list of groups that block. "all" and "none" stand alone: they are the strict
// and the dev profile by another name.
Status ReadEnforce(const std::string& value, std::array<PostureChoice, kGroups>& choices) {
  const auto whole = LowerTrimmed(value);
  if (whole == "all" || whole == "none") {
    const Profile* profile = FindProfile(whole == "all" ? "strict" : "dev");
    for (std::size_t i = 0; i < kGroups; ++i)
      choices[i] = {profile->actions[i], "AXONFLOW_ENFORCE"};
    return {};
  }
  std::string_view rest = value;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto word = LowerTrimmed(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (word.empty()) continue;
    const auto found = std::find_if(kGroupWords.begin(), kGroupWords.end(),
                                    [&](const GroupWords& group) { return group.name == word; });
    if (found == kGroupWords.end()) return BadValue("AXONFLOW_ENFORCE", value, kEnforceWords);
    choices[static_cast<std::size_t>(found - kGroupWords.begin())] = {kBlock, "AXONFLOW_ENFORCE"};
  }
  return {};
}

std::string_view PrefixOf(Plane plane) {
  if (plane == Plane::kGateway) return "GATEWAY_";
  if (plane == Plane::kMcp) return "MCP_";
  return {};
}

}  // namespace

std::string_view ToString(PostureGroup group) {
  return IndexOf(group) < kGroups ? kGroupWords[IndexOf(group)].name : "unknown";
}

std::optional<PostureGroup> GroupOf(std::string_view category) {
  // A country joins by the prefix alone; Indonesia's stored action stands, as the contract has it.
  if (category.starts_with("pii-") && category != "pii-indonesia") return PostureGroup::kPii;
  for (const auto& entry : kCategoryGroups) {
    if (entry.category == category) return entry.group;
  }
  return std::nullopt;
}

Posture::Posture() {
  const Profile* profile = FindProfile("default");
  for (std::size_t i = 0; i < kGroups; ++i) {
    for (const Plane plane : kAllPlanes) {
      choices_[i][static_cast<std::size_t>(plane)] = {profile->actions[i], "profile default"};
    }
  }
}

Result<Posture> Posture::FromVariables(const std::map<std::string, std::string>& variables) {
  Posture posture;
  std::array<PostureChoice, kGroups> choices;
  if (const auto found = variables.find("AXONFLOW_PROFILE");
      found != variables.end() && !found->second.empty()) {
    posture.profile_ = LowerTrimmed(found->second);
  }
  const Profile* profile = FindProfile(posture.profile_);
  if (profile == nullptr) {
    return BadValue("AXONFLOW_PROFILE", variables.at("AXONFLOW_PROFILE"),
                    "dev, default, strict, compliance");
  }
  for (std::size_t i = 0; i < kGroups; ++i) {
    choices[i] = {profile->actions[i], "profile " + posture.profile_};
  }
  if (auto status = ReadDeprecated(variables, choices); !status) return status.error();
  if (const auto found = variables.find("AXONFLOW_ENFORCE"); found != variables.end()) {
    if (auto status = ReadEnforce(found->second, choices); !status) return status.error();
  }
  for (std::size_t i = 0; i < kGroups; ++i) {
    const auto group = static_cast<PostureGroup>(i);
    const std::string variable(kGroupWords[i].variable);
    auto global = ReadAction(variables, variable, group);
    if (!global) return global.error();
    if (*global) choices[i] = {**global, variable};
    for (const Plane plane : kAllPlanes) {
      auto& choice = posture.choices_[i][static_cast<std::size_t>(plane)];
      choice = choices[i];
      if (PrefixOf(plane).empty() || !kGroupWords[i].per_plane) continue;
      const std::string name = std::string(PrefixOf(plane)) + variable;
      auto own = ReadAction(variables, name, group);
      if (!own) return own.error();
      if (*own) choice = {**own, name};
    }
  }
  return posture;
}

std::optional<PostureGroup> ParsePostureGroup(std::string_view text) {
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (kGroupWords[i].name == text) return static_cast<PostureGroup>(i);
  }
  return std::nullopt;
}

bool Takes(PostureGroup group, Action action) {
  if (action == Action::kRedact) return group == PostureGroup::kPii;
  return action == Action::kBlock || action == Action::kWarn || action == Action::kLog;
}

Posture Posture::With(PostureGroup group, Action action, std::string source) const {
  Posture changed = *this;
  for (PostureChoice& choice : changed.choices_[IndexOf(group)]) choice = {action, source};
  return changed;
}

const PostureChoice& Posture::Choice(PostureGroup group, Plane plane) const {
  return choices_[IndexOf(group)][static_cast<std::size_t>(plane)];
}

Action Posture::ActionFor(const Policy& policy, Plane plane, Phase phase) const {
  if (policy.builtin) {
    if (const auto group = GroupOf(policy.category)) return Choice(*group, plane).action;
    // The built-in policy on a high risk score.
    if (policy.category == "dynamic-risk" && policy.action == Action::kBlock) {
      return Choice(PostureGroup::kHighRisk, plane).action;
    }
  }
  const auto& stored = phase == Phase::kRequest ? policy.action_request : policy.action_response;
  return stored.value_or(policy.action);
}

}  // namespace axonflow::policy
