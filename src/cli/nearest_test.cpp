#include "cli/nearest.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::cli {
namespace {

const std::vector<std::string_view> kCommands = {"serve", "settings", "demo", "dev", "doctor"};

TEST(NearestCommand, FindsTheCommandBehindASlip) {
  EXPECT_EQ(NearestCommand("sevre", kCommands), "serve");
  EXPECT_EQ(NearestCommand("docter", kCommands), "doctor");
  EXPECT_EQ(NearestCommand("demoo", kCommands), "demo");
}

TEST(NearestCommand, TakesTheBeginningOfExactlyOneCommand) {
  EXPECT_EQ(NearestCommand("set", kCommands), "settings");
  EXPECT_EQ(NearestCommand("do", kCommands), "doctor");
}

TEST(NearestCommand, IsSilentAboutWordsThatAreFarFromAll) {
  EXPECT_EQ(NearestCommand("kubernetes", kCommands), std::nullopt);
  EXPECT_EQ(NearestCommand("", kCommands), std::nullopt);
  EXPECT_EQ(NearestCommand(std::string(100'000, 's'), kCommands), std::nullopt);
}

}  // namespace
}  // namespace axonflow::cli
