#include "policy/secrets/secrets_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::secrets {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "rule:value" of every hit, in order, without the general one that stands beside most.
std::vector<std::string> Found(std::string_view text) {
  Hits hits;
  Detect(text, hits);
  std::vector<std::string> found;
  for (const Hit& hit : hits.hits) {
    if (hit.rule == Rule::kProviderKey) continue;
    found.push_back(std::string(ToString(hit.rule)) + ":" +
                    std::string(text.substr(hit.begin, hit.end - hit.begin)));
  }
  return found;
}

TEST(Detect, FindsFormatsOfProvidersWithTheExactEndOfTheirValue) {
  const std::string run = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
  EXPECT_THAT(Found("use npm_" + run + ", please"), ElementsAre("registry:npm_" + run));
  EXPECT_THAT(Found("glpat-" + run.substr(0, 20) + "."),
              ElementsAre("gitlab:glpat-" + run.substr(0, 20)));
  EXPECT_THAT(Found("(hvs." + run + ")"), ElementsAre("development:hvs." + run));
  EXPECT_THAT(Found("SK0123456789abcdef0123456789abcdef"),
              ElementsAre("messaging:SK0123456789abcdef0123456789abcdef"));
  EXPECT_THAT(Found("0123456789abcdef0123456789abcdef-us12"),
              ElementsAre("messaging:0123456789abcdef0123456789abcdef-us12"));
}

TEST(Detect, ReportsTheKeyOfAProviderByItsOwnAndByTheGeneralRule) {
  Hits hits;
  Detect("AKIAQ2W3E4R5T6Y7U2I3", hits);
  ASSERT_EQ(hits.hits.size(), 2U);
  EXPECT_EQ(hits.hits[0].rule, Rule::kAwsKey);
  EXPECT_EQ(hits.hits[1].rule, Rule::kProviderKey);
  EXPECT_EQ(hits.hits[1].end, 20U);
}

TEST(Detect, WantsTheLengthTheAlphabetAndTheEntropyOfAFormat) {
  for (const char* text : {"AKIAQ2W3", "AKIAQ2W3E4R5T6Y7U2I3X", "xAKIAQ2W3E4R5T6Y7U2I3",
                           "AKIAAAAAAAAAAAAAAAAA", "sk-learn-is-a-library-of-python",
                           "SK0123456789abcdef0123456789abcdeg", "glpat-xxxxxxxxxxxxxxxxxxxx"}) {
    EXPECT_THAT(Found(text), IsEmpty()) << text;
  }
}

TEST(Detect, LeavesDocumentedExamplesAndPlaceholdersAlone) {
  for (const char* text :
       {"AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "api_key = \"your-api-key\"", "password = 'changeme'", "token: <token>",
        "API_KEY=${API_KEY}", "secret = os.environ[\"SECRET_KEY\"]", "api_key=xxxxxxxxxxxxxxxx",
        "https://user:password@host.test/", "postgres://ann:${PASS}@host/db"}) {
    EXPECT_THAT(Found(text), IsEmpty()) << text;
  }
}

TEST(Detect, TakesARandomValueForASecretWhenItsNameSaysSo) {
  EXPECT_THAT(Found("datadog_api_key = 'f3a9c1d27b5e4860a2c4e6f8091b3d57'"),
              ElementsAre("assigned:f3a9c1d27b5e4860a2c4e6f8091b3d57"));
  EXPECT_THAT(Found("<add key=\"ApiToken\" value=\"k3J9xQ2mZ8vB4nL7pR1t\" />"),
              ElementsAre("assigned:k3J9xQ2mZ8vB4nL7pR1t"));
  EXPECT_THAT(Found("checksum = 'f3a9c1d27b5e4860a2c4e6f8091b3d57'"), IsEmpty());
  EXPECT_THAT(Found("token_count = MAX_TOKEN_COUNT_2"), IsEmpty());
}

TEST(Detect, NamesAValueByItsFormatAndNotByItsNameToo) {
  EXPECT_THAT(Found("api_token = 'glpat-a1B2c3D4e5F6g7H8i9J0'"),
              ElementsAre("gitlab:glpat-a1B2c3D4e5F6g7H8i9J0"));
}

TEST(Detect, FindsLoginsInAddressesAndFiles) {
  EXPECT_THAT(Found("see postgres://ann:hunter22@db.test/shop now"),
              ElementsAre("login_url:hunter22"));
  EXPECT_THAT(Found("machine api.test login ann password hunter22"), ElementsAre("netrc:hunter22"));
  EXPECT_THAT(Found("curl -u ann:hunter22 https://api.test"), ElementsAre("login_url:hunter22"));
  EXPECT_THAT(Found("open http://example.test:8080/?q=a:b@c"), IsEmpty());
}

TEST(Detect, GivesGitHubTokensWithTheirChecksumMoreConfidence) {
  Hits sure;
  Detect("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", sure);
  ASSERT_FALSE(sure.hits.empty());
  EXPECT_GT(sure.hits[0].confidence, 0.95F);
  Hits unsure;
  Detect("ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5000000", unsure);
  ASSERT_FALSE(unsure.hits.empty());
  EXPECT_LT(unsure.hits[0].confidence, 0.95F);
}

TEST(Rules, HaveNamesThatReadBack) {
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    const auto rule = static_cast<Rule>(i);
    EXPECT_EQ(ParseRule(ToString(rule)), rule) << ToString(rule);
  }
  EXPECT_EQ(ParseRule("nothing"), Rule::kCount);
}

}  // namespace
}  // namespace axonflow::policy::secrets
