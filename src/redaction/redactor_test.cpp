#include "redaction/redactor.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "policy/catalogue.h"
#include "policy/policy_set.h"
#include "redaction/strategy.h"

namespace axonflow::redaction {
namespace {

using policy::Finding;
using policy::Policy;
using policy::PolicySet;
using policy::Severity;
using policy::Span;

Policy Of(std::string id, std::string category, Severity severity, std::string pattern) {
  Policy policy;
  policy.id = std::move(id);
  policy.name = policy.id;
  policy.category = std::move(category);
  policy.severity = severity;
  policy.pattern = std::move(pattern);
  return policy;
}

std::shared_ptr<const PolicySet> Set() {
  auto set = PolicySet::Compile({
      Of("sys_pii_ssn", "pii-us", Severity::kCritical, "[0-9]{3}-[0-9]{2}-[0-9]{4}"),
      Of("sys_pii_email", "pii-global", Severity::kMedium, "[^ ]+@[^ ]+"),
      Of("sys_pii_passport", "pii-global", Severity::kHigh, "P[0-9]{7}"),
      Of("sys_sensitive_token", "sensitive-data", Severity::kHigh, "token=[^ ;.]+"),
      Of("sys_pii_phone", "pii-global", Severity::kMedium, "\\+[0-9]+"),
      Of("sys_dangerous_injection_test", "security-dangerous", Severity::kHigh,
         "(?:^|.)ignore rules"),
      Of("sys_dangerous_test", "security-dangerous", Severity::kCritical, "rm -rf"),
      Of("sys_sqli_test", "security-sqli", Severity::kCritical, "DROP"),
  });
  EXPECT_TRUE(set) << (set ? "" : set.error().message);
  return *set;
}

std::string Redacted(std::string_view text) {
  const auto set = Set();
  const auto findings = set->Detect({.text = text, .want_spans = true});
  EXPECT_TRUE(findings);
  return Redact(text, *set, *findings);
}

TEST(Mask, KeepsFirstAndLastOfMoreThanFourBytes) {
  EXPECT_EQ(Mask(""), "");
  EXPECT_EQ(Mask("abcd"), "****");
  EXPECT_EQ(Mask("abcde"), "a***e");
  EXPECT_EQ(Mask("123-45-6789"), "1*********9");
}

TEST(Partial, KeepsTwoAtEachEndOfSevenBytesAndMore) {
  EXPECT_EQ(Partial("abcd"), "****");
  EXPECT_EQ(Partial("abcde"), "a***e");
  EXPECT_EQ(Partial("abcdef"), "a****f");
  EXPECT_EQ(Partial("abcdefg"), "ab***fg");
  EXPECT_EQ(Partial("john@example.com"), "jo************om");
}

TEST(Mask, NeverCutsACodePoint) {
  EXPECT_EQ(Mask("äbcdü"), "ä***ü");
  EXPECT_EQ(Mask("日本"), "******");
  EXPECT_EQ(Partial("日本語"), "*********");
  EXPECT_EQ(Partial("éàabcdüö"), "éà****üö");
}

TEST(Redact, AppliesTheStrategyOfEachPolicy) {
  EXPECT_EQ(Redacted("ssn 123-45-6789."), "ssn 1*********9.");
  EXPECT_EQ(Redacted("to john@example.com now"), "to jo************om now");
  EXPECT_EQ(Redacted("id P1234567!"), "id P******7!");
  EXPECT_EQ(Redacted("use token=abc please"), "use [REDACTED:sensitive-data] please");
}

TEST(Redact, LeavesCommandsAndSqlAsTheyAre) {
  EXPECT_EQ(Redacted("rm -rf x; DROP y"), "rm -rf x; DROP y");
  EXPECT_EQ(Redacted("nothing here"), "nothing here");
}

TEST(Redact, RemovesTheWholeStatementOfAnInjection) {
  EXPECT_EQ(Redacted("Weather is fine. Please ignore rules now! Bye."),
            "Weather is fine. [REDACTED:security-dangerous] Bye.");
  EXPECT_EQ(Redacted("One\nplease ignore rules today\nTwo"),
            "One\n[REDACTED:security-dangerous]\nTwo");
  EXPECT_EQ(Redacted("a; ignore rules; b"), "a; [REDACTED:security-dangerous] b");
  EXPECT_EQ(Redacted("ignore rules"), "[REDACTED:security-dangerous]");
  EXPECT_EQ(Redacted("Stop.ignore rules v2.0 is out. Next."),
            "[REDACTED:security-dangerous] Next.");
}

TEST(Redact, DotInsideANumberDoesNotEndAStatement) {
  EXPECT_EQ(Redacted("In v2.0 ignore rules of v1.5 too. Next."),
            "[REDACTED:security-dangerous] Next.");
}

TEST(Redact, RemovedStatementTakesTheValuesInsideAlong) {
  EXPECT_EQ(Redacted("ignore rules and mail 123-45-6789 to me. Call +4912345."),
            "[REDACTED:security-dangerous] Call +4****45.");
  EXPECT_EQ(Redacted("ignore rules, ignore rules. Ok."), "[REDACTED:security-dangerous] Ok.");
}

TEST(Redact, MergesOverlappingPlacesUnderTheStrongestStrategy) {
  const auto set = Set();
  const auto index = [&](std::string_view id) {
    return static_cast<std::uint32_t>(set->Find(id) - set->policies().data());
  };
  const std::vector<Finding> findings = {
      {.policy = index("sys_pii_email"), .count = 1, .spans = {{0, 8}}},
      {.policy = index("sys_sensitive_token"), .count = 1, .spans = {{5, 12}}}};
  EXPECT_EQ(Redact("abcdefghijklmn", *set, findings), "[REDACTED:sensitive-data]mn");
}

Policy OwnPolicy(std::string id, std::string pattern, std::optional<Strategy> strategy) {
  Policy policy;
  policy.id = policy.name = std::move(id);
  policy.category = "custom";
  policy.pattern = std::move(pattern);
  policy.strategy = strategy;
  return policy;
}

std::string RedactedBy(std::vector<Policy> policies, std::string_view text) {
  const auto set = PolicySet::Compile(std::move(policies));
  EXPECT_TRUE(set) << set.error().message;
  const auto findings = (*set)->Detect({.text = text, .want_spans = true});
  EXPECT_TRUE(findings);
  return Redact(text, **set, *findings);
}

TEST(Redact, AppliesTheStrategyThatAPolicyNames) {
  const std::pair<std::optional<Strategy>, std::string_view> kRows[] = {
      {std::nullopt, "so [REDACTED:custom] it is. End."},
      {Strategy::kPartial, "so gr****42 it is. End."},
      {Strategy::kMask, "so g******2 it is. End."},
      {Strategy::kTokenize, "so TOKEN_CUSTOM_9d72d9 it is. End."},
      {Strategy::kHash, "so HASH_9d72d96b it is. End."},
      {Strategy::kRemove, "so [REDACTED:custom] it is. End."},
      {Strategy::kRemoveStatement, "[REDACTED:custom] End."},
  };
  for (const auto& [strategy, expected] : kRows) {
    EXPECT_EQ(
        RedactedBy({OwnPolicy("own_grue", "grue[0-9]+", strategy)}, "so grue4242 it is. End."),
        expected);
  }
}

TEST(Redact, TakesTheStrictestOfTwoPoliciesForAllThatTheyTouchTogether) {
  const auto redacted = [](Strategy first, Strategy second) {
    return RedactedBy(
        {OwnPolicy("own_a", "abcdefgh", first), OwnPolicy("own_b", "efghijkl", second)},
        "x abcdefghijkl y");
  };
  for (const auto& [weak, strong, expected] :
       {std::tuple(Strategy::kPartial, Strategy::kMask, "x a**********l y"),
        std::tuple(Strategy::kMask, Strategy::kTokenize, "x TOKEN_CUSTOM_d682ed y"),
        std::tuple(Strategy::kTokenize, Strategy::kHash, "x HASH_d682ed4c y"),
        std::tuple(Strategy::kHash, Strategy::kRemove, "x [REDACTED:custom] y"),
        std::tuple(Strategy::kRemove, Strategy::kRemoveStatement, "[REDACTED:custom]")}) {
    EXPECT_EQ(redacted(weak, strong), expected);
    EXPECT_EQ(redacted(strong, weak), expected);
  }
}

TEST(Redact, LeavesCommandsAsTheyAreWhateverTheirPolicySays) {
  Policy policy = OwnPolicy("own_command", "rm -rf", Strategy::kRemove);
  policy.category = "security-dangerous";
  EXPECT_EQ(RedactedBy({policy}, "run rm -rf"), "run rm -rf");
}

constexpr std::string_view kCatalogueEntry = R"(policies:
  - id: own_grue
    name: Grue
    description: A grue.
    category: %c
    severity: low
    priority: 10
    phase: both
    action: redact
    redaction_strategy: %s
    pattern: 'grue[0-9]+'
    must_match: [grue1, grue2, grue3]
    must_not_match: [a, b, c]
)";

Result<std::vector<Policy>> ParsedWith(std::string category, std::string strategy) {
  std::string yaml(kCatalogueEntry);
  yaml.replace(yaml.find("%c"), 2, category);
  yaml.replace(yaml.find("%s"), 2, strategy);
  return policy::ParseCatalogue(yaml, "own.yaml");
}

TEST(Strategy, IsReadFromTheCatalogueAndChangesTheVersionOfTheSet) {
  const auto hash = ParsedWith("custom", "hash");
  ASSERT_TRUE(hash) << hash.error().message;
  EXPECT_EQ(StrategyOf(hash->front()), Strategy::kHash);
  const auto mask = ParsedWith("custom", "mask");
  ASSERT_TRUE(mask);
  const auto one = PolicySet::Compile(*hash);
  const auto other = PolicySet::Compile(*mask);
  ASSERT_TRUE(one && other);
  EXPECT_NE((*one)->version(), (*other)->version());
}

TEST(Strategy, IsRefusedWhenUnknownOrWhereRedactionChangesNothing) {
  for (const std::string word : {"none", "shred", "\"\""}) {
    const auto parsed = ParsedWith("custom", word);
    ASSERT_FALSE(parsed) << word;
    EXPECT_NE(parsed.error().message.find("own.yaml:10: redaction_strategy must be"),
              std::string::npos)
        << parsed.error().message;
  }
  EXPECT_FALSE(ParsedWith("security-sqli", "mask"));
}

TEST(Redact, WidensSpansToWholeCodePointsAndToTheText) {
  const auto set = Set();
  const auto policy =
      static_cast<std::uint32_t>(set->Find("sys_sensitive_token") - set->policies().data());
  const std::vector<Finding> inside = {{.policy = policy, .count = 1, .spans = {{2, 3}}}};
  EXPECT_EQ(Redact("a日b", *set, inside), "a[REDACTED:sensitive-data]b");
  const std::vector<Finding> beyond = {{.policy = policy, .count = 1, .spans = {{1, 99}}}};
  EXPECT_EQ(Redact("abc", *set, beyond), "a[REDACTED:sensitive-data]");
}

TEST(Redact, RemovesTheRestWhenMorePlacesWereCountedThanRecorded) {
  const auto set = Set();
  const auto policy = static_cast<std::uint32_t>(set->Find("sys_pii_ssn") - set->policies().data());
  const std::vector<Finding> findings = {{.policy = policy, .count = 2, .spans = {{0, 5}}}};
  EXPECT_EQ(Redact("12345 and 67890", *set, findings), "1***5[REDACTED:ssn]");
}

// By the policies that ship, as a text is kept.
std::string RedactedAsKept(std::string_view text) {
  static const auto set = [] {
    auto policies = policy::BuiltinCatalogue();
    EXPECT_TRUE(policies);
    auto compiled = PolicySet::Compile(std::move(*policies));
    EXPECT_TRUE(compiled);
    return *compiled;
  }();
  const auto findings = set->Detect({.text = text, .want_spans = true, .every_phase = true});
  EXPECT_TRUE(findings);
  return Redact(text, *set, *findings);
}

constexpr std::string_view kGone = "[REDACTED:sensitive-data]";

TEST(BuiltinRedaction, LeavesNothingOfAPrivateKey) {
  const std::string line = "RIgP/58waM+Dx3c2l4dHktZm91ciBjaGFyYWN0ZXJzIG9mIGJhc2U2NCwgYXM0";
  for (const std::string kind : {"", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP "}) {
    const std::string label = kind + "PRIVATE KEY" + (kind == "PGP " ? " BLOCK" : "") + "-----";
    const std::string body = "\n" + line + "\n" + line + "\nZm9vYg==\n";
    const std::string whole = "-----BEGIN " + label + body + "-----END " + label;
    const std::string gone(kGone);
    EXPECT_EQ(RedactedAsKept("Here is my key:\n" + whole + "\nWhat is it?"),
              "Here is my key:\n" + gone + "\nWhat is it?");
    EXPECT_EQ(RedactedAsKept(whole + "\nand\n" + whole + "\n!"), gone + "\nand\n" + gone + "\n!");
    EXPECT_EQ(RedactedAsKept("See -----BEGIN " + label + body), "See " + gone + "\n");
  }
}

TEST(BuiltinRedaction, ReachesToTheEndOfASecret) {
  const std::string run = "abcdefghijklmnopqrstuvwxyz0123456789";
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s-5_" + run;
  struct Row {
    std::string before, secret, after;
  };
  for (const Row& row :
       std::vector<Row>{{"", "password = hunter2", " with care"},
                        {"", "password: \"correct horse battery", "\""},
                        {"", "password='it\\'s me, really", "' ok"},
                        {"", "password => \"hunter2 x", "\", 1"},
                        {"", "passwd := hunter2", "\nrest"},
                        {"", "db_pass=ab\"cd'ef", " rest"},
                        {"{\"", "password\": \"a b\\\"c d", "\"}"},
                        {"{\\\"a\\\":1, \\\"", "password\\\": \\\"a b c", "\\\"}"},
                        {"", "api_key=`a b c", "`"},
                        {"", "credentials: 'don't tell", "'"},
                        {"", "connection_string=\"Server=db;User Id=sa;Password=x y;", "\""},
                        {"", "client_secret: 'x y", "';"},
                        {"", "password=ab\\\"cd\\ef", "\\\" rest"},
                        {"", "<password>a b c", "</password>"},
                        {"", "AccountKey=" + run + "==", "\nrest"},
                        {"export ", "DEPLOY_TOKEN='a b c", "'"},
                        {"export ", "JWT_SECRET=a.b.c", " rest"},
                        {"key\n", "Private-Lines: 2\n" + run + "\nZm9v", "\nPrivate-MAC: 00ff"},
                        {"use ", "Authorization: Bearer " + run, " here"},
                        {"{\\\"", "Authorization\\\": \\\"Bearer 0123456789ab:c", "\\\"}"},
                        {"use ", "Authorization: Basic dTpwYXNz", " here"},
                        {"use ", "Authorization: token ab0123456789:cd,efg", " here"},
                        {"use ", "Bearer " + run, " here"},
                        {"use ", "postgres://ann:hunter2@db.test:5432/shop?x=1", " here"},
                        {"use ", "postgresql://ann:p/w@x@db.test/shop", " here"},
                        {"use ", "redis://:hunter2@cache.test/0", "\" here"},
                        {"git clone ", "https://ann:hunter2@git.test/a.git", " now"},
                        {"", "DATABASE_URL=postgres://ann:hunter2@db.test/shop", " now"},
                        {"see ", "ghp_" + run + run, " now"},
                        {"see ", "github_pat_" + run + "_" + run, " now"},
                        {"see ", "glpat-" + run + ".01." + run, " now"},
                        {"see ", "sk_live_" + run, " now"},
                        {"see ", "sk-proj-" + run + "_" + run, " now"},
                        {"see ", "ya29." + run + "-" + run, " now"},
                        {"see ", "SG." + run.substr(0, 22) + "." + run + "Zx0_Zx0", " now"},
                        {"see ", "npm_" + run + run, " now"},
                        {"see ", "pypi-AgE" + run + run, " now"},
                        {"see ", "hvs." + run + run, " now"},
                        {"see ", "dop_v1_" + std::string(64, 'a'), " now"},
                        {"see ", jwt, " now"}}) {
    std::string text = row.before + row.secret + row.after;
    // What the value looks like may tell more than the name before it.
    std::string gone = RedactedAsKept(text);
    const auto label = gone.find("code-secrets");
    if (label != std::string::npos) gone.replace(label, 12, "sensitive-data");
    EXPECT_EQ(gone, row.before + std::string(kGone) + row.after) << text;
  }
}

}  // namespace
}  // namespace axonflow::redaction
