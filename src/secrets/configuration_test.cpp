#include "secrets/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace axonflow::secrets {
namespace {

using testing::HasSubstr;
using testing::Not;

settings::Settings Load(const std::map<std::string, std::string>& environment) {
  auto settings = settings::Settings::Load(environment);
  EXPECT_TRUE(settings.ok()) << settings.error().message;
  return std::move(settings.value());
}

TEST(ResolveSecretSettings, PutsTheSecretInThePlaceOfItsReference) {
  ::setenv("AXON_TEST_SIGNING", "0123456789abcdef0123456789abcdef-planted", 1);
  auto settings = Load({{"JWT_SECRET", "env:AXON_TEST_SIGNING"}});
  ASSERT_TRUE(ResolveSecretSettings(settings).ok());
  EXPECT_EQ(settings.SecretOf("JWT_SECRET").Reveal(), "0123456789abcdef0123456789abcdef-planted");
}

TEST(ResolveSecretSettings, RefusesWhatASettingWouldRefuseByItself) {
  ::setenv("AXON_TEST_SHORT", "planted", 1);
  auto settings = Load({{"JWT_SECRET", "env:AXON_TEST_SHORT"}});
  const Status resolved = ResolveSecretSettings(settings);
  ASSERT_FALSE(resolved.ok());
  EXPECT_THAT(resolved.error().message, HasSubstr("JWT_SECRET must be at least 32 bytes"));
  EXPECT_THAT(resolved.error().message, Not(HasSubstr("planted")));
}

TEST(ResolveSecretSettings, NamesTheSettingThatCannotBeResolved) {
  for (const char* reference : {"env:AXON_TEST_ABSENT", "file:/absent/file", "vault:kv/x#y",
                                "aws-sm:x", "file:relative", "vault:kv#"}) {
    auto settings = Load({{"JWT_SECRET", reference}});
    const Status resolved = ResolveSecretSettings(settings);
    ASSERT_FALSE(resolved.ok()) << reference;
    EXPECT_THAT(resolved.error().message, HasSubstr("JWT_SECRET"));
  }
}

// A cloud's metadata address, or anything inside, is no Vault unless the operator says so.
TEST(ResolveSecretSettings, SendsTheRoleToNoPrivateAddress) {
  auto settings = Load({{"JWT_SECRET", "vault:kv/x#y"}, {"VAULT_ADDR", "https://169.254.169.254"}});
  const Status resolved = ResolveSecretSettings(settings);
  ASSERT_FALSE(resolved.ok());
  EXPECT_THAT(resolved.error().message, HasSubstr("egress refused"));
}

TEST(ConfigureOutbound, RefusesBadListsByName) {
  EXPECT_TRUE(ConfigureOutbound(Load({{"AXONFLOW_EGRESS_ALLOW", "10.0.0.0/8, ::1"}})).ok());
  const auto bad = ConfigureOutbound(Load({{"AXONFLOW_EGRESS_ALLOW", "10.0.0.0/8,localhost"}}));
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(bad.error().message, HasSubstr("AXONFLOW_EGRESS_ALLOW: \"localhost\""));
  EXPECT_FALSE(ConfigureOutbound(Load({{"AXONFLOW_EGRESS_PROXY", "http://u:p@h:1"}})).ok());
}

TEST(ConfigureSealing, AllowsPlainTextInDevelopmentOnly) {
  struct Row {
    std::map<std::string, std::string> environment;
    bool allowed;
  };
  const Row rows[] = {
      {{{"DEPLOYMENT_MODE", "community"}}, true},
      {{{"DEPLOYMENT_MODE", "enterprise"}}, false},
      {{{"DEPLOYMENT_MODE", "enterprise"}, {"ENVIRONMENT", "development"}}, true},
      {{{"DEPLOYMENT_MODE", "enterprise"}, {"ENVIRONMENT", "production"}}, false},
      {{{"DEPLOYMENT_MODE", "community"}, {"DEPLOYMENT_KIND", "production"}, {"ORG_ID", "acme"}},
       false},
      {{{"DEPLOYMENT_MODE", "enterprise"}, {"AXONFLOW_ALLOW_PLAINTEXT_CREDENTIALS", "true"}}, true},
  };
  for (const Row& row : rows) {
    const auto sealing = ConfigureSealing(Load(row.environment));
    ASSERT_TRUE(sealing.ok());
    EXPECT_EQ(sealing->plaintext_allowed, row.allowed);
    EXPECT_FALSE(sealing->seals());
  }
  const auto bad = ConfigureSealing(Load({{"CONNECTOR_ENCRYPTION_KEY", "planted"}}));
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(bad.error().message, Not(HasSubstr("planted")));
}

}  // namespace
}  // namespace axonflow::secrets
