#include "api/tool_target.h"

#include <gtest/gtest.h>

namespace axonflow::api {
namespace {

TEST(IsSqlCapable, KnowsDatabaseProductsWithoutCase) {
  for (const char* name : {"postgres", "orders-MySQL-ro", "Snowflake.query", "run_sql"}) {
    EXPECT_TRUE(IsSqlCapable(name)) << name;
  }
  for (const char* name : {"", "jira", "slack", "files.read"}) EXPECT_FALSE(IsSqlCapable(name));
}

TEST(ToolSignature, JoinsWhatIsThere) {
  EXPECT_EQ(ToolSignature("crm", "lookup"), "crm/lookup");
  EXPECT_EQ(ToolSignature("", "lookup"), "lookup");
  EXPECT_EQ(ToolSignature("crm", ""), "crm");
}

}  // namespace
}  // namespace axonflow::api
