#include "app/policy_source.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace axonflow::app {
namespace {

class PolicySourceTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/axonflow-policies-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Write(const char* name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::filesystem::path folder_;
};

constexpr char kOne[] = R"(policies:
  - id: sys_test_word
    name: Test Word
    description: Stops the test word.
    category: security-dangerous
    severity: high
    priority: 10
    phase: both
    action: block
    pattern: 'xyzzy'
    must_match: ['xyzzy', 'a xyzzy', 'xyzzy b']
    must_not_match: ['a', 'b', 'c']
)";

TEST_F(PolicySourceTest, LoadsTheBuiltInCatalogueByDefault) {
  const auto set = LoadPolicies("");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_NE((*set)->Find("sys_sqli_union_select"), nullptr);
  EXPECT_NE((*set)->Find("sys_pii_credit_card"), nullptr);
}

TEST_F(PolicySourceTest, LoadsAFolderInsteadOfTheBuiltInOnes) {
  Write("one.yaml", kOne);
  Write("notes.txt", "not a policy");
  const auto set = LoadPolicies(folder_.string());
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ((*set)->policies().size(), 1U);
}

TEST_F(PolicySourceTest, RefusesEmptyMissingAndBrokenFolders) {
  EXPECT_FALSE(LoadPolicies(folder_.string())) << "no system policy at all";
  EXPECT_FALSE(LoadPolicies((folder_ / "absent").string()));
  Write("one.yaml", kOne);
  Write("two.yaml", "policies: [{id: broken}]");
  const auto set = LoadPolicies(folder_.string());
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message.find("two.yaml"), std::string::npos) << set.error().message;
}

}  // namespace
}  // namespace axonflow::app
