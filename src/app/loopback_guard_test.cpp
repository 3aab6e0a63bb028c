#include "app/loopback_guard.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace axonflow::app {
namespace {

class Echo final : public net::Handler {
 public:
  Task<net::Response> Handle(const net::Request&) override { co_return net::Response{}; }
};

class LoopbackGuardTest : public testing::Test {
 protected:
  int StatusOf(std::vector<std::pair<std::string_view, std::string_view>> headers) {
    net::Request request;
    request.headers = std::move(headers);
    int status = 0;
    Start(guard_.Handle(request), [&](std::optional<net::Response> response, std::exception_ptr) {
      status = response->status;
    });
    return status;
  }

  Echo echo_;
  std::vector<std::string> refused_;
  LoopbackGuard guard_{"127.0.0.9", echo_,
                       [this](const char* reason) { refused_.emplace_back(reason); }};
};

TEST_F(LoopbackGuardTest, LetsTheNamesOfThisMachineThroughWithAnyPort) {
  for (const char* host :
       {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535",
        "127.0.0.9:8080", "192.168.1.1", "0.0.0.0", "localhost.", "agent:8080", "app.localhost"}) {
    EXPECT_EQ(StatusOf({{"Accept", "x"}, {"host", host}}), 200) << host;
  }
  EXPECT_EQ(StatusOf({}), 200);
  EXPECT_TRUE(refused_.empty());
}

TEST_F(LoopbackGuardTest, RefusesEveryOtherHost) {
  const std::vector<const char*> hosts{"evil.example",
                                       "evil.example:8080",
                                       "",
                                       "localhost.evil.com",
                                       "127.0.0.1.nip.io",
                                       "localhost:80:80",
                                       "localhost:x",
                                       "[::1",
                                       "[::1]x",
                                       "::1",
                                       "user@localhost"};
  for (const char* host : hosts) EXPECT_EQ(StatusOf({{"Host", host}}), 421) << host;
  EXPECT_EQ(refused_, std::vector<std::string>(hosts.size(), "wrong_host"));
}

TEST_F(LoopbackGuardTest, LetsPagesOfThisMachineCall) {
  for (const char* origin :
       {"http://localhost:3000", "https://127.0.0.1", "HTTP://[::1]:8080", "http://localhost"}) {
    EXPECT_EQ(StatusOf({{"Host", "localhost"}, {"Origin", origin}}), 200) << origin;
  }
}

TEST_F(LoopbackGuardTest, RefusesPagesOfOtherOrigins) {
  const std::vector<const char*> origins{"http://evil.example",
                                         "null",
                                         "",
                                         "http://",
                                         "file://",
                                         "chrome-extension://localhost",
                                         "http://localhost@evil.example",
                                         "http://localhost.evil.example:80"};
  for (const char* origin : origins) {
    EXPECT_EQ(StatusOf({{"Host", "localhost"}, {"Origin", origin}}), 403) << origin;
    EXPECT_EQ(StatusOf({{"Origin", "http://localhost"}, {"ORIGIN", origin}}), 403) << origin;
  }
  EXPECT_EQ(refused_, std::vector<std::string>(2 * origins.size(), "wrong_origin"));
}

}  // namespace
}  // namespace axonflow::app
