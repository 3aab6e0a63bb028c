#include "policy/secrets/secrets_detector.h"

#include <algorithm>
#include <array>

#include "policy/secrets/assignments.h"
#include "policy/secrets/formats.h"
#include "policy/secrets/urls.h"
#include "policy/secrets/word_starts.h"

namespace axonflow::policy::secrets {
namespace {

constexpr std::array<std::string_view, kRuleCount> kNames = {
    "aws_key",        "aws_secret",   "github_token",    "openai_key",
    "anthropic_key",  "jwt",          "password_assign", "google",
    "azure",          "gitlab",       "slack",           "payment",
    "messaging",      "ai",           "registry",        "cloud",
    "observability",  "development",  "login_url",       "netrc",
    "encryption_key", "provider_key", "assigned",
};

// Whether the rule is about the key of a provider, not about a password or a name.
bool HasProvider(Rule rule) {
  return rule != Rule::kPasswordAssign && rule != Rule::kLoginUrl && rule != Rule::kNetrc &&
         rule != Rule::kAssigned;
}

class Collector {
 public:
  explicit Collector(Hits& hits) : hits_(hits) {}

  void Add(Rule rule, std::size_t begin, std::size_t end, float confidence) {
    // A value that a format names is not reported again as the value of its name.
    if (begin < covered_) return;
    covered_ = end;
    Put(rule, begin, end, confidence);
    if (HasProvider(rule)) Put(Rule::kProviderKey, begin, end, confidence);
  }

  std::size_t covered() const { return covered_; }

  // A value whose assignment is seen before the scan comes to it: a format inside it, if there is
  // one, names it better, so it waits.
  void Hold(const Assignment& assignment) {
    if (held_.found && assignment.begin < held_.end) return;
    Release(assignment.begin);
    held_ = assignment;
  }

  // Reports the held value when the scan has left it without finding a format in it.
  void Release(std::size_t at) {
    if (!held_.found || at < held_.end) return;
    held_.found = false;
    if (held_.begin >= covered_) Add(held_.rule, held_.begin, held_.end, held_.confidence);
  }

  void Finish() {
    if (held_.found) Release(held_.end);
  }

 private:
  void Put(Rule rule, std::size_t begin, std::size_t end, float confidence) {
    std::size_t& count = counts_[static_cast<std::size_t>(rule)];
    if (++count > kHitsPerRuleMax) {
      hits_.truncated = true;
      return;
    }
    hits_.hits.push_back(
        {rule, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), confidence});
  }

  Hits& hits_;
  std::size_t covered_ = 0;
  Assignment held_;
  std::array<std::size_t, kRuleCount> counts_{};
};

void JudgeColon(std::string_view text, std::size_t at, Collector& collector) {
  if (text.substr(at, 3) == "://") {
    if (const auto place = PasswordOfUrl(text, at); place.found) {
      collector.Add(Rule::kLoginUrl, place.begin, place.end, 0.9F);
    }
    return;
  }
  if (at > 0 && IsIn(text[at - 1], kDigit)) {
    if (const auto place = TelegramToken(text, at); place.found) {
      collector.Add(Rule::kMessaging, place.begin, place.end, 0.9F);
      return;
    }
  }
  if (const auto assignment = JudgeAssignment(text, at); assignment.found)
    collector.Hold(assignment);
}

void JudgeWord(std::string_view text, std::size_t at, Collector& collector) {
  const FormatMatch match = MatchFormat(text, at);
  if (match.format != nullptr) {
    collector.Add(match.format->rule, match.begin, match.end, match.confidence);
    return;
  }
  if (text[at] == 'p') {
    if (const auto place = NetrcPassword(text, at); place.found) {
      collector.Add(Rule::kNetrc, place.begin, place.end, 0.9F);
    }
  } else if (text[at] == 'u' && at > 0 && text[at - 1] == '-') {
    if (const auto place = CurlLogin(text, at); place.found) {
      collector.Add(Rule::kLoginUrl, place.begin, place.end, 0.8F);
    }
  }
}

void JudgePlace(std::string_view text, std::size_t at, Collector& collector) {
  collector.Release(at);
  if (at < collector.covered()) return;
  switch (text[at]) {
    case ':':
      return JudgeColon(text, at, collector);
    case '=':
    case ',':
    case '(':
      if (const auto found = JudgeAssignment(text, at); found.found) collector.Hold(found);
      return;
    case '~':
      if (const auto place = AzureClientSecret(text, at); place.found) {
        collector.Add(Rule::kAzure, place.begin, place.end, 0.9F);
      }
      return;
    default:
      return JudgeWord(text, at, collector);
  }
}

}  // namespace

Rule ParseRule(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return static_cast<Rule>(found - kNames.begin());
}

std::string_view ToString(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  return index < kNames.size() ? kNames[index] : std::string_view("unknown");
}

void Detect(std::string_view text, Hits& hits) {
  hits.clear();
  Collector collector(hits);
  ForEachPlace(text, TheWordFilter(), [&](std::size_t at) { JudgePlace(text, at, collector); });
  collector.Finish();
  std::stable_sort(hits.hits.begin(), hits.hits.end(),
                   [](const Hit& a, const Hit& b) { return a.begin < b.begin; });
}

}  // namespace axonflow::policy::secrets
