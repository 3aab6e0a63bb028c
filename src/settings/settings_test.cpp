#include "settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "settings/value.h"

namespace axonflow::settings {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kPageBytesMax = 1 << 20;

using Environment = std::map<std::string, std::string>;

std::string Problems(const Environment& environment) {
  const auto settings = Settings::Load(environment);
  return settings.ok() ? "" : settings.error().message;
}

class SettingsFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  Environment With(std::string_view text, Environment environment = {}) {
    std::ofstream(path_) << text;
    environment["AXONFLOW_CONFIG_FILE"] = path_;
    return environment;
  }
  const std::string path_ =
      ::testing::TempDir() + "axonflow_settings_" + std::to_string(::getpid()) + ".yaml";
};

TEST(Settings, GivesDefaultsWhenNothingIsSet) {
  const auto settings = Settings::Load({});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_FALSE(settings->IsSet("DEPLOYMENT_MODE"));
  EXPECT_EQ(settings->String("DEPLOYMENT_MODE"), "");
  EXPECT_EQ(settings->Integer("PORT"), 8080);
  EXPECT_EQ(settings->String("ORG_ID"), "local-dev-org");
  EXPECT_EQ(settings->String("AXONFLOW_DATA_DIR"), "./var");
  EXPECT_EQ(settings->Duration("AXONFLOW_DECISION_EXPIRES_AFTER"), milliseconds(300'000));
  EXPECT_FALSE(settings->Bool("AXONFLOW_TRUST_IDENTITY_HEADERS"));
  EXPECT_TRUE(settings->SecretOf("JWT_SECRET").empty());
  EXPECT_THAT(settings->List("AXONFLOW_DECISION_CONTEXT_ALLOWLIST"),
              ElementsAre("x-ai-agent", "x-session-id", "x-leader-identity"));
  EXPECT_EQ(settings->Source("PORT"), "default");
  EXPECT_TRUE(settings->PostureVariables().empty());
  EXPECT_TRUE(settings->Warnings().empty());
}

TEST(Settings, ReadsTheEnvironment) {
  const auto settings = Settings::Load({{"DEPLOYMENT_MODE", "enterprise"},
                                        {"PORT", "0"},
                                        {"AXONFLOW_IDLE_TIMEOUT", "1m30s"},
                                        {"AXONFLOW_TRUST_IDENTITY_HEADERS", "true"},
                                        {"JWT_SECRET", "0123456789abcdef0123456789abcdef\n"},
                                        {"PII_ACTION", "redact"},
                                        {"AXONFLOW_ENFORCE", "sqli"},
                                        {"HOME", "/root"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->String("DEPLOYMENT_MODE"), "enterprise");
  EXPECT_EQ(settings->Integer("PORT"), 0);
  EXPECT_EQ(settings->Duration("AXONFLOW_IDLE_TIMEOUT"), milliseconds(90'000));
  EXPECT_TRUE(settings->Bool("AXONFLOW_TRUST_IDENTITY_HEADERS"));
  EXPECT_EQ(settings->SecretOf("JWT_SECRET").Reveal(), "0123456789abcdef0123456789abcdef");
  EXPECT_FALSE(settings->SecretOf("JWT_SECRET").empty());
  EXPECT_EQ(settings->Source("PORT"), "env");
  EXPECT_EQ(settings->PostureVariables(),
            (Environment{{"PII_ACTION", "redact"}, {"AXONFLOW_ENFORCE", "sqli"}}));
}

TEST(Settings, AcceptsEveryDeploymentModeExactly) {
  for (const std::string mode :
       {"community", "evaluation", "community-saas", "in-vpc-enterprise", "enterprise", "invpc",
        "in-vpc-healthcare", "in-vpc-banking", "in-vpc-travel", "saas"}) {
    EXPECT_EQ(Problems({{"DEPLOYMENT_MODE", mode}}), "");
  }
  for (const std::string mode : {"Community", " community", "community ", "prod"}) {
    EXPECT_THAT(
        Problems({{"DEPLOYMENT_MODE", mode}}),
        AllOf(HasSubstr("DEPLOYMENT_MODE=\"" + mode + "\""), HasSubstr("community, evaluation,")));
  }
  EXPECT_THAT(Problems({{"DEPLOYMENT_MODE", "comunity"}}), HasSubstr("did you mean community?"));
}

TEST(Settings, StopsOnUnknownNamesWithTheNearestKnownOne) {
  EXPECT_THAT(Problems({{"AXONFLOW_PROFIEL", "strict"}}),
              "AXONFLOW_PROFIEL is not a known setting; did you mean AXONFLOW_PROFILE?");
  EXPECT_THAT(Problems({{"AxonFlow_Profile", "strict"}}),
              HasSubstr("did you mean AXONFLOW_PROFILE?"));
  EXPECT_EQ(Problems({{"AXONFLOW_WHAT_IS_THIS_SUPPOSED_TO_BE", "x"}}),
            "AXONFLOW_WHAT_IS_THIS_SUPPOSED_TO_BE is not a known setting");
}

TEST(Settings, ReportsEveryProblemAtOnceAndNoSecret) {
  const std::string problems = Problems({{"PORT", "70000"},
                                         {"AXONFLOW_IDLE_TIMEOUT", "soon"},
                                         {"AXONFLOW_ALLOW_ANONYMOUS", "yes"},
                                         {"LOG_LEVEL", "loud\n"},
                                         {"AXONFLOW_JWT_SECRET", "hunter2-hunter2"},
                                         {"JWT_SECRET", std::string("hidden\0hidden", 13)}});
  EXPECT_THAT(problems, HasSubstr("PORT=\"70000\" must be an integer from 0 to 65535"));
  EXPECT_THAT(problems, HasSubstr("AXONFLOW_IDLE_TIMEOUT=\"soon\" must be a duration"));
  EXPECT_THAT(problems, HasSubstr("AXONFLOW_ALLOW_ANONYMOUS=\"yes\" must be true or false"));
  EXPECT_THAT(problems, HasSubstr("LOG_LEVEL=\"loud?\" must be one of debug, info, warn, error"));
  EXPECT_THAT(problems, HasSubstr("AXONFLOW_JWT_SECRET is not a known setting"));
  EXPECT_THAT(problems, HasSubstr("JWT_SECRET must not hold a zero byte"));
  EXPECT_THAT(problems, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("hidden"))));
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 5);
}

TEST(Settings, ChecksWhatOnlySeveralSettingsTellTogether) {
  EXPECT_THAT(Problems({{"JWT_SECRET", "short-secret-short-secret-31-b."}}),
              AllOf(HasSubstr("at least 32 bytes"), Not(HasSubstr("short-secret"))));
  EXPECT_THAT(Problems({{"DATABASE_URL", "mysql://u:hunter2@db/x"}}),
              AllOf(HasSubstr("postgres://"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(Problems({{"DATABASE_URL", "postgres://u:hunter2@db/x"},
                      {"AXONFLOW_DB_USE_APP_ROLE", "true"},
                      {"AXONFLOW_DB_APP_ROLE_URL", "postgres://a@db/x"}}),
            "");
  EXPECT_THAT(Problems({{"AXONFLOW_DB_APP_ROLE_URL", "postgres://a@db/x"}}),
              HasSubstr("needs DATABASE_URL"));
  EXPECT_THAT(Problems({{"AXONFLOW_DB_USE_APP_ROLE", "true"}}), HasSubstr("row-level security"));
  EXPECT_EQ(Problems({{"AXONFLOW_DB_USE_APP_ROLE", "false"}}), "");
  EXPECT_THAT(Problems({{"DEPLOYMENT_KIND", "production"}}), HasSubstr("placeholder"));
  EXPECT_EQ(Problems({{"DEPLOYMENT_KIND", "production"}, {"ORG_ID", "acme"}}), "");
  EXPECT_THAT(Problems({{"ORG_ID", "two words"}}), HasSubstr("ORG_ID=\"two words\""));
  EXPECT_THAT(Problems({{"AXONFLOW_BIND_ADDRESS", "localhost"}}), HasSubstr("numeric"));
}

TEST(Settings, LetsNobodyInWithoutCredentialsUnlessThatIsSaid) {
  Environment environment = {{"DEPLOYMENT_MODE", "community"},
                             {"AXONFLOW_BIND_ADDRESS", "0.0.0.0"}};
  EXPECT_THAT(Problems(environment), HasSubstr("AXONFLOW_ALLOW_ANONYMOUS=true"));
  environment["AXONFLOW_ALLOW_ANONYMOUS"] = "true";
  EXPECT_EQ(Problems(environment), "");
  EXPECT_EQ(Problems({{"DEPLOYMENT_MODE", "community"}, {"AXONFLOW_BIND_ADDRESS", "127.0.0.2"}}),
            "");
  EXPECT_EQ(Problems({{"DEPLOYMENT_MODE", "community"}, {"AXONFLOW_BIND_ADDRESS", "::1"}}), "");
  EXPECT_EQ(Problems({{"DEPLOYMENT_MODE", "enterprise"}, {"AXONFLOW_BIND_ADDRESS", "0.0.0.0"}}),
            "");
}

TEST(Settings, IgnoresTheVariablesOfTheClients) {
  const auto settings = Settings::Load({{"AXONFLOW_AGENT_URL", "http://localhost:8080"},
                                        {"AXONFLOW_CLIENT_SECRET", "x"},
                                        {"AXONFLOW_TELEMETRY", "off"},
                                        {"DO_NOT_TRACK", "yes please"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_TRUE(settings->Warnings().empty());
}

TEST(Settings, SaysOnceWhichSettingsHaveNoEffect) {
  const auto settings = Settings::Load(
      {{"AXONFLOW_SMTP_PASSWORD", "secret"}, {"REDIS_URL", "redis://:pw@x"}, {"AUDIT_MODE", ""}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_THAT(
      settings->Warnings(),
      ElementsAre(
          "These settings have no effect in this version: AXONFLOW_SMTP_PASSWORD, REDIS_URL"));
}

TEST(Settings, SaysWhichRowsOfTheTableHaveNoEffect) {
  const auto settings = Settings::Load({{"HIGH_RISK_ACTION", "block"},
                                        {"AXONFLOW_ENFORCE", "pii, High_Risk"},
                                        {"ADMIN_API_KEY", "x"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_THAT(settings->Warnings(),
              ElementsAre("These settings have no effect in this version: ADMIN_API_KEY, "
                          "HIGH_RISK_ACTION, high_risk of AXONFLOW_ENFORCE"));
  const auto fine = Settings::Load({{"AXONFLOW_ENFORCE", "pii"}});
  ASSERT_TRUE(fine.ok()) << fine.error().message;
  EXPECT_TRUE(fine->Warnings().empty());
}

TEST(Settings, StopsOnProtectionsThatThisVersionDoesNotHave) {
  const Environment cases = {
      {"AXONFLOW_REQUIRE_USER_TOKEN", "true"}, {"AXONFLOW_FAIL_MODE", "open"},
      {"AXONFLOW_AUDIT_S3_BUCKET", "hunter2"}, {"MCP_READ_ONLY", "true"},
      {"SQLI_SCANNER_MODE", "advanced"},       {"MCP_MAX_ROWS_PER_QUERY", "10000"}};
  for (const auto& [name, value] : cases) {
    EXPECT_THAT(Problems({{name, value}}),
                AllOf(HasSubstr(name + " is not supported in this version: unset it"),
                      Not(HasSubstr("hunter2"))));
  }
  const std::string all = Problems(cases);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n') + 1, static_cast<long>(cases.size()));
  EXPECT_THAT(all, HasSubstr("AXONFLOW_REQUIRE_USER_TOKEN is not supported in this version: unset "
                             "it, or set it to false"));
}

TEST(Settings, LetsUnsupportedProtectionsBeSwitchedOff) {
  const auto settings = Settings::Load({{"AXONFLOW_REQUIRE_USER_TOKEN", "False"},
                                        {"AXONFLOW_FAIL_MODE", "closed"},
                                        {"AXONFLOW_AUDIT_S3_BUCKET", " \n"},
                                        {"SQLI_SCANNER_MODE", "basic"},
                                        {"MCP_READ_ONLY", "0"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_TRUE(settings->Warnings().empty());
}

TEST(Settings, TreatsAnEmptyVariableAsUnset) {
  const auto settings =
      Settings::Load({{"PORT", ""}, {"DEPLOYMENT_MODE", ""}, {"JWT_SECRET", " \n"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_FALSE(settings->IsSet("PORT"));
  EXPECT_EQ(settings->Integer("PORT"), 8080);
  EXPECT_FALSE(settings->IsSet("JWT_SECRET"));
}

TEST_F(SettingsFile, ReadsNestedKeysBelowTheEnvironment) {
  const auto settings =
      Settings::Load(With("server:\n  port: 9000\n  idle_timeout: 10s\n"
                          "decisions:\n  context_allowlist: [a, b]\n"
                          "identity: {jwt_secret: 0123456789abcdef0123456789abcdef}\nposture: "
                          "{gateway: {pii: block}}\n",
                          {{"PORT", "9001"}}));
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->Integer("PORT"), 9001);
  EXPECT_EQ(settings->Source("PORT"), "env");
  EXPECT_EQ(settings->Duration("AXONFLOW_IDLE_TIMEOUT"), milliseconds(10'000));
  EXPECT_EQ(settings->Source("AXONFLOW_IDLE_TIMEOUT"), "file");
  EXPECT_THAT(settings->List("AXONFLOW_DECISION_CONTEXT_ALLOWLIST"), ElementsAre("a", "b"));
  EXPECT_EQ(settings->SecretOf("JWT_SECRET").Reveal().size(), 32u);
  EXPECT_EQ(settings->PostureVariables(), (Environment{{"GATEWAY_PII_ACTION", "block"}}));
}

TEST_F(SettingsFile, StopsOnUnknownKeysBadValuesAndRepeats) {
  EXPECT_THAT(
      Problems(With("server: {prot: 1, idle_timeout: never}\n")),
      AllOf(HasSubstr("server.prot in " + path_ + " is not a known key; did you mean server.port?"),
            HasSubstr("server.idle_timeout in " + path_ + "=\"never\" must be a duration")));
  EXPECT_THAT(Problems(With("server:\n  port: 1\n  port: 2\n")),
              HasSubstr("server.port: appears twice"));
  EXPECT_THAT(Problems(With("- a\n")), HasSubstr("must be a map"));
  EXPECT_THAT(Problems(With("a: [b: {c: d}]\n")), HasSubstr("plain values only"));
  EXPECT_THAT(Problems(With("a: {b: c\n")), HasSubstr("line "));
  EXPECT_THAT(Problems(With(std::string(100'000, '['))), Not(""));
  EXPECT_EQ(Problems(With("")), "");
}

TEST_F(SettingsFile, IsBoundedWhenAliasesMultiply) {
  std::string text = "a0: &a0 {k: {}}\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {";
    for (const char* key : {"p", "q", "r", "s", "t", "u", "v", "w"})
      text += std::string(key) + ": " + below + ", ";
    text += "}\n";
  }
  EXPECT_THAT(Problems(With(text)), HasSubstr("too many keys"));
}

TEST_F(SettingsFile, StopsWhenTheFileCannotBeRead) {
  EXPECT_THAT(Problems({{"AXONFLOW_CONFIG_FILE", "/nonexistent/axonflow.yaml"}}),
              HasSubstr("AXONFLOW_CONFIG_FILE=\"/nonexistent/axonflow.yaml\""));
}

TEST(SettingsDeathTest, EndsTheProcessOnNamesThatAreNotInTheTable) {
  const auto settings = Settings::Load({});
  EXPECT_DEATH((void)settings->String("NO_SUCH"), "NO_SUCH is not in the table");
  EXPECT_DEATH((void)settings->String("PORT"), "has another type");
  EXPECT_DEATH((void)settings->SecretOf("ORG_ID"), "has another type");
}

TEST(Table, HasDefaultsThatAreValid) {
  for (const Setting& setting : Table()) {
    EXPECT_FALSE(setting.meaning.empty()) << setting.variable;
    if (setting.default_value.empty()) continue;
    EXPECT_EQ(Complaint(setting, setting.default_value), std::nullopt) << setting.variable;
  }
}

TEST(Documentation, IsThePageInTheRepository) {
  const auto page = ReadFile(AXONFLOW_SOURCE_DIR "/docs/settings.md", kPageBytesMax);
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(*page, DocumentationPage() + "\n")
      << "write it anew: axonflow settings --docs > docs/settings.md";
}

}  // namespace
}  // namespace axonflow::settings
