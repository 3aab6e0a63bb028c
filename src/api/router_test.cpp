#include "api/router.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace axonflow::api {
namespace {

TEST(MatchRoute, FindsLiteralAndTemplatePaths) {
  EXPECT_EQ(MatchRoute("GET", "/health").route->path, "/health");
  EXPECT_EQ(MatchRoute("HEAD", "/health").route->method, "GET");
  const auto match = MatchRoute("GET", "/api/v1/decisions/abc-1/explain");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.path_parameter, "abc-1");
}

TEST(MatchRoute, RefusesEmptyAndNestedParameters) {
  for (const char* path :
       {"/api/v1/decisions//explain", "/api/v1/decisions/a/b/explain", "/api/v1/decisions/explain",
        "/api/v1/audit/tenant/", "/api/v1/audit/tenant/a/b", "/HEALTH", "/health/", "/"}) {
    const auto match = MatchRoute("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allowed_methods, "") << path;
  }
}

TEST(MatchRoute, NamesTheMethodsOfAKnownPath) {
  EXPECT_EQ(MatchRoute("GET", "/api/v1/decide").allowed_methods, "POST, OPTIONS");
  EXPECT_EQ(MatchRoute("POST", "/health").allowed_methods, "GET, HEAD, OPTIONS");
  EXPECT_EQ(MatchRoute("post", "/api/v1/decide").route, nullptr);
}

TEST(Routes, OnlyTheOperationalOnesAreOpenToAnybody) {
  const std::set<std::string_view> open = {"/health", "/livez", "/readyz", "/metrics",
                                           "/prometheus"};
  for (const auto& route : Routes()) {
    EXPECT_EQ(route.auth == Auth::kNone, open.contains(route.path)) << route.path;
  }
}

TEST(Routes, HaveOneRowForEachMethodAndPath) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& route : Routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
  }
}

}  // namespace
}  // namespace axonflow::api
