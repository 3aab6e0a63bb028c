#include "policy/policy_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <random>
#include <string>
#include <vector>

#include "policy/catalogue.h"

namespace axonflow::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Policy Pattern(std::string id, std::string pattern, std::string category = "sensitive-data") {
  Policy policy;
  policy.id = std::move(id);
  policy.name = policy.id;
  policy.category = std::move(category);
  policy.pattern = std::move(pattern);
  return policy;
}

std::shared_ptr<const PolicySet> Compiled(std::vector<Policy> policies) {
  auto set = PolicySet::Compile(std::move(policies));
  EXPECT_TRUE(set) << (set ? "" : set.error().message);
  return set ? *set : nullptr;
}

std::string Refusal(std::vector<Policy> policies) {
  const auto set = PolicySet::Compile(std::move(policies));
  EXPECT_FALSE(set);
  return set ? "" : set.error().message;
}

std::vector<std::string> Ids(const PolicySet& set, const DetectInput& input) {
  std::vector<std::string> ids;
  const auto findings = set.Detect(input);
  EXPECT_TRUE(findings);
  if (!findings) return ids;
  for (const Finding& finding : *findings) ids.push_back(set.policies()[finding.policy].id);
  return ids;
}

TEST(PolicySet, ReportsInOrderOfPriorityThenId) {
  auto low = Pattern("a_low", "x");
  low.priority = 10;
  auto high = Pattern("z_high", "x", "code-secrets");
  high.priority = 90;
  const auto set = Compiled({low, Pattern("m_two", "x"), high, Pattern("m_one", "x")});
  EXPECT_THAT(Ids(*set, {.text = "axb"}), ElementsAre("z_high", "m_one", "m_two", "a_low"));
  EXPECT_TRUE(Ids(*set, {.text = "nothing"}).empty());
}

TEST(PolicySet, LeavesOutOtherPhasesAndDisabledPolicies) {
  auto request = Pattern("request", "x");
  request.on_response = false;
  auto response = Pattern("response", "x");
  response.on_request = false;
  auto disabled = Pattern("disabled", "x");
  disabled.enabled = false;
  const auto set = Compiled({request, response, disabled, Pattern("both", "x")});
  EXPECT_THAT(Ids(*set, {.text = "x", .phase = Phase::kRequest}), ElementsAre("both", "request"));
  EXPECT_THAT(Ids(*set, {.text = "x", .phase = Phase::kResponse}), ElementsAre("both", "response"));
  EXPECT_NE(set->Find("disabled"), nullptr);
}

TEST(PolicySet, JudgesAdminAccessOnlyWhereSqlIsExecuted) {
  const auto set = Compiled({Pattern("admin", "x", "security-admin"), Pattern("plain", "y")});
  EXPECT_TRUE(Ids(*set, {.text = "x"}).empty());
  EXPECT_THAT(Ids(*set, {.text = "x", .sql_capable_target = true}), ElementsAre("admin"));
}

TEST(PolicySet, PlacesEveryMatchWhenSpansAreWanted) {
  const auto set = Compiled({Pattern("number", "[0-9]+")});
  const auto findings = set->Detect({.text = "a 12 b 345", .want_spans = true});
  ASSERT_TRUE(findings);
  ASSERT_EQ(findings->size(), 1U);
  EXPECT_EQ((*findings)[0].count, 2U);
  EXPECT_THAT((*findings)[0].spans, ElementsAre(Span{2, 4}, Span{7, 10}));
  const auto without = set->Detect({.text = "a 12 b 345"});
  ASSERT_TRUE(without);
  EXPECT_TRUE((*without)[0].spans.empty());
}

TEST(PolicySet, WidensThePlacesOfAPolicyWhoseSpansReachToTheEndOfAKey) {
  // The second pattern is one that the automaton cannot take, so that RE2 places its matches.
  for (const char* pattern : {"-----BEGIN K-----", "-----BEGIN \\pL-----"}) {
    Policy policy = Pattern("key", pattern);
    policy.span_to = SpanTo::kPemEnd;
    const auto set = Compiled({policy});
    const std::string block = "-----BEGIN K-----\nZm9v\n-----END K-----";
    const auto findings = set->Detect({.text = block + " and " + block + ".", .want_spans = true});
    ASSERT_TRUE(findings);
    ASSERT_EQ(findings->size(), 1U);
    EXPECT_THAT((*findings)[0].spans, ElementsAre(Span{0, 38}, Span{43, 81})) << pattern;
  }
}

TEST(PolicySet, CountsSpansBeyondTheBoundWithoutPlacingThem) {
  const auto set = Compiled({Pattern("x", "x")});
  const std::string text(kSpansMax + 7, 'x');
  const auto findings = set->Detect({.text = text, .want_spans = true});
  ASSERT_TRUE(findings);
  EXPECT_EQ((*findings)[0].count, kSpansMax + 7);
  EXPECT_EQ((*findings)[0].spans.size(), kSpansMax);
}

TEST(PolicySet, TailMustFollowItsHeadOnTheLineWithinTheGap) {
  Policy policy = Pattern("pair", "\\bopen\\b");
  policy.tail = "\\bdoor\\b";
  policy.gap_max = 6;
  const auto set = Compiled({policy});
  EXPECT_FALSE(Ids(*set, {.text = "open the door"}).empty());
  EXPECT_FALSE(Ids(*set, {.text = "open open the door"}).empty());
  EXPECT_TRUE(Ids(*set, {.text = "door, open"}).empty());
  EXPECT_TRUE(Ids(*set, {.text = "open the big door"}).empty());
  EXPECT_TRUE(Ids(*set, {.text = "open\ndoor"}).empty());
  EXPECT_TRUE(Ids(*set, {.text = "open it"}).empty());
  const auto findings =
      set->Detect({.text = "open a door, open door, open xxxxxxxx door", .want_spans = true});
  ASSERT_TRUE(findings);
  EXPECT_THAT((*findings)[0].spans, ElementsAre(Span{0, 11}, Span{13, 22}));
}

TEST(PolicySet, RefusesMalformedPoliciesByName) {
  EXPECT_THAT(Refusal({Pattern("bad", "(")}), HasSubstr("bad: the pattern is refused"));
  EXPECT_THAT(Refusal({Pattern("back", "(a)\\1")}), HasSubstr("back: "));
  EXPECT_THAT(Refusal({Pattern("empty", "a*")}), HasSubstr("empty: the pattern matches the empty"));
  EXPECT_THAT(Refusal({Pattern("none", "")}), HasSubstr("none: exactly one"));
  EXPECT_THAT(Refusal({Pattern("c", "x", "weather")}), HasSubstr("unknown category \"weather\""));
  EXPECT_THAT(Refusal({Pattern("twice", "x"), Pattern("twice", "y")}), HasSubstr("twice"));
  EXPECT_THAT(Refusal({Pattern("wide", "(?:[a-z]{1,900}@){3}")}), HasSubstr("wide: "));
  EXPECT_THAT(Refusal({Pattern("long", std::string(70'000, 'x'))}), HasSubstr("long: "));

  Policy detector = Pattern("detector", "");
  detector.detector = "sql.no_such_rule";
  EXPECT_THAT(Refusal({detector}), HasSubstr("unknown detector \"sql.no_such_rule\""));
  detector.detector = "lua.anything";
  EXPECT_THAT(Refusal({detector}), HasSubstr("unknown detector \"lua.anything\""));
  detector.detector = "sql.sleep";
  detector.span_to = SpanTo::kPemEnd;
  EXPECT_THAT(Refusal({detector}), HasSubstr("span_to goes with pattern only"));
}

TEST(PolicySet, RefusesASetWithoutSystemPolicies) {
  Policy tenant = Pattern("tenant", "x");
  tenant.tier = Tier::kTenant;
  EXPECT_THAT(Refusal({tenant}), HasSubstr("no system policy"));
  EXPECT_THAT(Refusal({}), HasSubstr("no system policy"));
}

TEST(PolicySet, VersionChangesWithAnyPolicyAndNotWithTheirOrder) {
  const auto one = Pattern("one", "x");
  const auto two = Pattern("two", "y");
  const std::string version = Compiled({one, two})->version();
  EXPECT_EQ(version.size(), 16U);
  EXPECT_EQ(Compiled({two, one})->version(), version);
  auto changed = two;
  changed.enabled = false;
  EXPECT_NE(Compiled({one, changed})->version(), version);
  changed = two;
  changed.pattern = "yy";
  EXPECT_NE(Compiled({one, changed})->version(), version);
  changed = two;
  changed.span_to = SpanTo::kPemEnd;
  EXPECT_NE(Compiled({one, changed})->version(), version);
  changed = two;
  changed.action_response = Action::kBlock;
  EXPECT_NE(Compiled({one, changed})->version(), version);
}

TEST(PolicySet, RunsTheDetectorsInCode) {
  Policy email = Pattern("mail", "", "pii-global");
  email.detector = "pii.email";
  Policy drop = Pattern("drop", "", "security-sqli");
  drop.detector = "sql.drop_table";
  const auto set = Compiled({email, drop});
  EXPECT_THAT(Ids(*set, {.text = "write to ann@example.com"}), ElementsAre("mail"));
  EXPECT_THAT(Ids(*set, {.text = "1; DROP TABLE users; --"}), ElementsAre("drop"));
  const auto findings =
      set->Detect({.text = "write to ann@example.com or bob@example.org", .want_spans = true});
  ASSERT_TRUE(findings);
  ASSERT_EQ(findings->size(), 1U);
  EXPECT_EQ((*findings)[0].count, 2U);
  EXPECT_EQ((*findings)[0].spans[0], (Span{9, 24}));
}

double CpuMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// CPU of one evaluation.
double Cost(const PolicySet& set, const std::string& text) {
  const double start = CpuMilliseconds();
  EXPECT_TRUE(set.Detect({.text = text}));
  return CpuMilliseconds() - start;
}

// Words of all built-in policies in random order: each may begin a match.
std::string HostileText(const std::vector<Policy>& policies, std::size_t bytes, unsigned seed) {
  std::vector<std::string> words;
  for (const Policy& policy : policies) {
    for (const auto& text : policy.must_match) {
      for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
      }
    }
  }
  std::mt19937 random(seed);  // NOLINT(cert-msc51-cpp): the same text in every run
  std::string out;
  while (out.size() < bytes) out += words[random() % words.size()] + " ";
  return out;
}

TEST(PolicySet, LeavesOutSqlForRedaction) {
  const auto set = Compiled(*BuiltinCatalogue());
  const std::string_view text = "1 UNION SELECT password FROM users -- mail ann@example.org";
  EXPECT_THAT(Ids(*set, {.text = text}), ::testing::Contains(HasSubstr("sys_sqli_")));
  const auto without = Ids(*set, {.text = text, .redactable_only = true});
  EXPECT_THAT(without, ::testing::Contains("sys_pii_email"));
  EXPECT_THAT(without, ::testing::Not(::testing::Contains(HasSubstr("sys_sqli_"))));
}

TEST(PolicySet, FindsWhatAnEncodingHidesAndPlacesItInTheOriginal) {
  const auto set = Compiled(*BuiltinCatalogue());
  const std::string text = "please read %63%61%72%64 4111%201111%201111%201111 today";
  const auto findings = set->Detect({.text = text, .want_spans = true});
  ASSERT_TRUE(findings);
  const auto card = std::ranges::find_if(*findings, [&](const Finding& finding) {
    return set->policies()[finding.policy].id == "sys_pii_credit_card";
  });
  ASSERT_NE(card, findings->end());
  ASSERT_EQ(card->spans.size(), 1U);
  EXPECT_EQ(text.substr(card->spans[0].begin, card->spans[0].end - card->spans[0].begin),
            "4111%201111%201111%201111");
  EXPECT_EQ(card->count, 1U);
}

TEST(PolicySet, HostileTextCostsAboutAsMuchAsProse) {
  constexpr std::size_t kBytes = 100U << 10U;
  const auto policies = BuiltinCatalogue();
  ASSERT_TRUE(policies) << policies.error().message;
  const auto set = Compiled(*policies);
  const std::string sentence =
      "The committee met on Tuesday and agreed that the garden behind the library should be "
      "opened to visitors before the summer, provided that the paths can be repaired in time. ";
  std::string prose;
  while (prose.size() < kBytes) prose += sentence;
  // Hostile texts that the set has never seen, each beside prose, so that a busy machine slows
  // both.
  std::vector<double> factors;
  for (unsigned seed = 1; seed <= 9; ++seed) {
    const std::string hostile = HostileText(*policies, kBytes, seed);
    const double ordinary = Cost(*set, prose);
    factors.push_back(Cost(*set, hostile) / ordinary);
  }
  std::ranges::sort(factors);
  // The goal is 3; the factor leaves room for sanitizers and a busy machine. A table that grew with
  // the texts would cost tens.
  EXPECT_LT(factors[factors.size() / 2], 8);
}

}  // namespace
}  // namespace axonflow::policy
