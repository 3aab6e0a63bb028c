#include "app/configuration.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace axonflow::app {
namespace {

Result<Configuration> From(const std::map<std::string, std::string>& environment) {
  auto settings = settings::Settings::Load(environment);
  if (!settings) return settings.error();
  return Configure(*settings);
}

TEST(Configure, CommunityListensOnLoopbackOnlyUnlessAllowed) {
  EXPECT_EQ(From({{"DEPLOYMENT_MODE", "community"}})->server.address, "127.0.0.1");
  EXPECT_FALSE(From({{"DEPLOYMENT_MODE", "community"}, {"AXONFLOW_BIND_ADDRESS", "0.0.0.0"}}));
  EXPECT_TRUE(From({{"DEPLOYMENT_MODE", "community"},
                    {"AXONFLOW_BIND_ADDRESS", "0.0.0.0"},
                    {"AXONFLOW_ALLOW_ANONYMOUS", "true"}}));
}

TEST(Configure, CredentialModesListenOnLoopbackToo) {
  const auto configuration = From({{"DEPLOYMENT_MODE", "enterprise"}});
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->server.address, "127.0.0.1");
  EXPECT_FALSE(configuration->community);
  EXPECT_EQ(From({{"DEPLOYMENT_MODE", "enterprise"}, {"AXONFLOW_BIND_ADDRESS", "0.0.0.0"}})
                ->server.address,
            "0.0.0.0");
}

TEST(Configure, GuardsALoopbackListenerThatAsksNobodyForCredentials) {
  EXPECT_TRUE(From({{"DEPLOYMENT_MODE", "community"}})->guards_loopback);
  EXPECT_FALSE(From({{"DEPLOYMENT_MODE", "enterprise"}})->guards_loopback);
  EXPECT_FALSE(From({{"DEPLOYMENT_MODE", "community"}, {"AXONFLOW_ALLOW_ANONYMOUS", "true"}})
                   ->guards_loopback);
}

TEST(Configure, RefusesWhatThisVersionCannotKeepApart) {
  const std::map<std::string, std::string> cases[] = {
      {},
      {{"DEPLOYMENT_MODE", "saas"}},
      {{"DEPLOYMENT_MODE", "community-saas"}},
      {{"DEPLOYMENT_MODE", "enterprise"}, {"DATABASE_URL", "mysql://somewhere"}},
      {{"DEPLOYMENT_MODE", "enterprise"}, {"AXONFLOW_DB_USE_APP_ROLE", "true"}},
      {{"DEPLOYMENT_MODE", "enterprise"}, {"DEPLOYMENT_KIND", "production"}},
      {{"DEPLOYMENT_MODE", "enterprise"}, {"JWT_SECRET", "short"}},
      {{"DEPLOYMENT_MODE", "enterprise"}, {"AXONFLOW_BIND_ADDRESS", "localhost"}},
      {{"DEPLOYMENT_MODE", "enterprise"}, {"PII_ACTION", "sometimes"}},
  };
  for (const auto& environment : cases) {
    const auto configuration = From(environment);
    ASSERT_FALSE(configuration) << (environment.empty() ? "empty" : environment.rbegin()->first);
    EXPECT_EQ(configuration.error().code, ErrorCode::kInvalidArgument);
    EXPECT_FALSE(configuration.error().message.empty());
  }
}

TEST(Configure, CanonicalizesTheContextAllowlist) {
  const auto configuration = From({{"DEPLOYMENT_MODE", "community"},
                                   {"AXONFLOW_DECISION_CONTEXT_ALLOWLIST", "X-Team,x-env-*"}});
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->api.decision_context_allowlist,
            (std::vector<std::string>{"x_team", "x_env_*"}));
}

}  // namespace
}  // namespace axonflow::app
