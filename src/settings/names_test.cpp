#include "settings/names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "settings/settings.h"

namespace axonflow::settings {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsSubstitutionsAndSwapsOfNeighbours) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("PORT", "PORT"), 0u);
  EXPECT_EQ(EditDistance("PORT", "PORTS"), 1u);
  EXPECT_EQ(EditDistance("PORT", "PRT"), 1u);
  EXPECT_EQ(EditDistance("PORT", "PART"), 1u);
  EXPECT_EQ(EditDistance("PORT", "PROT"), 1u);
  EXPECT_EQ(EditDistance("", "ABC"), 3u);
  EXPECT_EQ(EditDistance("CA", "ABC"), 3u);
}

TEST(EditDistance, IsBoundedForLongNames) {
  EXPECT_EQ(EditDistance(std::string(10'000, 'a'), std::string(10'000, 'b')), kComparedBytesMax);
}

TEST(Nearest, TakesTheFirstOfTheNearestAndNothingFarAway) {
  EXPECT_EQ(Nearest("server.prot", {"server.port", "server.part"}), "server.port");
  EXPECT_EQ(Nearest("abcdefghi", {"abcdefxyz"}), "abcdefxyz");
  EXPECT_EQ(Nearest("abcdefghijkl", {"abcdefghwxyz"}), std::nullopt);
  EXPECT_EQ(Nearest("ab", {"ac"}), std::nullopt);
}

TEST(Names, AreInOneListOnly) {
  std::set<std::string_view> seen;
  for (const Setting& setting : Table())
    EXPECT_TRUE(seen.insert(setting.variable).second) << setting.variable;
  for (const auto name : ClientVariables()) EXPECT_TRUE(seen.insert(name).second) << name;
  for (const auto name : VariablesWithoutEffect()) EXPECT_TRUE(seen.insert(name).second) << name;
  for (const auto& row : UnsupportedVariables())
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
}

TEST(NearestVariable, FindsSlipsAndNothingElse) {
  EXPECT_EQ(NearestVariable("AXONFLOW_PROFIEL"), "AXONFLOW_PROFILE");
  EXPECT_EQ(NearestVariable("AXONFLOW_DATADIR"), "AXONFLOW_DATA_DIR");
  EXPECT_EQ(NearestVariable("AXONFLOW_COMPLETELY_DIFFERENT"), std::nullopt);
}

}  // namespace
}  // namespace axonflow::settings
