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

TEST(MatchRoute, TakesTheLiteralWhereATemplateFitsToo) {
  const auto effective = MatchRoute("GET", "/api/v1/static-policies/effective");
  EXPECT_EQ(effective.route->path, "/api/v1/static-policies/effective");
  EXPECT_TRUE(effective.path_parameter.empty());
  const auto one = MatchRoute("GET", "/api/v1/static-policies/custom_1");
  EXPECT_EQ(one.route->path, "/api/v1/static-policies/{id}");
  EXPECT_EQ(one.path_parameter, "custom_1");
}

TEST(MatchRoute, NeverTakesALiteralForAnId) {
  const auto match = MatchRoute("DELETE", "/api/v1/static-policies/effective");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed_methods, "GET, HEAD, OPTIONS");
  EXPECT_EQ(MatchRoute("GET", "/api/v1/policies/test").allowed_methods, "POST, OPTIONS");
}

TEST(Routes, LiteralsStandBeforeTheTemplatesThatFitThem) {
  for (const auto& route : Routes()) {
    if (route.path.find('{') != std::string_view::npos) continue;
    const auto match = MatchRoute(route.method, route.path);
    ASSERT_NE(match.route, nullptr) << route.path;
    EXPECT_EQ(match.route, &route) << route.path;
  }
}

TEST(Routes, WritesOfPoliciesLeaveARecordWhenTheyAreRefused) {
  for (const auto& route : Routes()) {
    const bool policies = route.errors == ErrorShape::kStatus || route.errors == ErrorShape::kCoded;
    const bool writes = route.method != "GET" && !route.path.ends_with("/test") &&
                        !route.path.ends_with("/simulate") &&
                        !route.path.ends_with("/impact-report") &&
                        !route.path.ends_with("/conflicts") && !route.path.ends_with("/backtest");
    if (!policies) continue;
    EXPECT_EQ(writes, route.plane == "admin") << route.method << " " << route.path;
  }
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
