// The client against a real server that must not be reached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "net/outbound/client.h"
#include "net/outbound/testing.h"

namespace axonflow::outbound {
namespace {

using testing::HasSubstr;

// Answers each name with the next of its answers; the last one stays.
class FlippingNames {
 public:
  void Answer(const std::string& host, const std::string& addresses) {
    std::vector<IpAddress> answer;
    std::istringstream list(addresses);
    for (std::string text; std::getline(list, text, ',');)
      answer.push_back(*IpAddress::Parse(text));
    state_->answers[host].push_back(answer);
  }
  Resolver resolver() const {
    return [state = state_](const std::string& host) -> Result<std::vector<IpAddress>> {
      const std::lock_guard lock(state->mutex);
      auto& answers = state->answers[host];
      ++state->asked;
      if (answers.empty()) return Error{ErrorCode::kUnavailable, "no such name"};
      auto answer = answers.front();
      if (answers.size() > 1) answers.erase(answers.begin());
      return answer;
    };
  }
  int asked() const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked;
  }

 private:
  struct State {
    std::mutex mutex;
    std::map<std::string, std::vector<std::vector<IpAddress>>> answers;
    int asked = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class Egress : public testing::Test {
 protected:
  std::unique_ptr<Client> StartClient(const std::vector<std::string>& allowed,
                                      std::chrono::milliseconds names_kept = {}) {
    ClientOptions options;
    options.guard = *EgressGuard::FromList(allowed);
    options.resolver = names_.resolver();
    options.names_kept = names_kept;
    auto client = Client::Start(std::move(options));
    EXPECT_TRUE(client.ok());
    return std::move(*client);
  }
  static Result<WholeResponse> Fetch(Client& client, const std::string& url, int redirects = 0) {
    Request request;
    request.url = url;
    request.redirects_max = redirects;
    request.headers = {{"Authorization", "Bearer planted"}, {"Accept", "text/plain"}};
    return client.FetchAndWait(std::move(request));
  }
  static std::string UrlOf(const char* host, const TestServer& server) {
    return std::string("http://") + host + ":" + std::to_string(server.port()) + "/";
  }

  FlippingNames names_;
  // Stands for the inside of the network; whoever reaches it has broken through.
  TestServer inside_{[](TestPeer& peer) {
                       while (!peer.ReadRequest().empty()) peer.Answer("inside");
                     },
                     "127.0.0.2"};
};

TEST_F(Egress, OpensNoConnectionForAnyRowOfTheTable) {
  for (const RefusedDestination& row : ReadRefusedDestinations()) {
    ClientOptions options;
    options.resolver = [&row](const std::string&) {
      return Result<std::vector<IpAddress>>(row.answer);
    };
    auto client = Client::Start(std::move(options));
    ASSERT_TRUE(client.ok());
    const auto answer = Fetch(**client, row.url);
    ASSERT_FALSE(answer.ok()) << row.trick;
    EXPECT_TRUE(answer.error().code == ErrorCode::kPermissionDenied ||
                answer.error().code == ErrorCode::kInvalidArgument)
        << row.trick << ": " << answer.error().message;
    EXPECT_EQ((*client)->connections_opened(), 0u) << row.trick;
  }
}

TEST_F(Egress, ReachesAnAllowedAddressByName) {
  names_.Answer("inside.example", "127.0.0.2");
  const auto client = StartClient({"127.0.0.2"});
  const auto answer = Fetch(*client, UrlOf("inside.example", inside_));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "inside");
}

TEST_F(Egress, RefusesAnAnswerThatFlipsBetweenTwoRequests) {
  TestServer outside([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Answer("outside", "Connection: close\r\n");
  });
  names_.Answer("rebind.example", "127.0.0.1");
  names_.Answer("rebind.example", "127.0.0.2");
  const auto client = StartClient({"127.0.0.1"});
  EXPECT_TRUE(Fetch(*client, UrlOf("rebind.example", outside)).ok());
  const auto second = Fetch(*client, UrlOf("rebind.example", inside_));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(names_.asked(), 2);
  EXPECT_EQ(inside_.connections(), 0);
}

// One look-up a request, and the socket goes to what was checked: a resolver that would answer
// something else the second time is not asked a second time.
TEST_F(Egress, AsksForANameOnceAndConnectsToThatAnswer) {
  TestServer outside([](TestPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Answer("outside");
  });
  names_.Answer("rebind.example", "127.0.0.1");
  names_.Answer("rebind.example", "127.0.0.2");
  const auto client = StartClient({"127.0.0.1"}, std::chrono::milliseconds(60'000));
  for (int i = 0; i < 5; ++i) {
    const auto answer = Fetch(*client, UrlOf("rebind.example", outside));
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->body, "outside");
  }
  EXPECT_EQ(names_.asked(), 1);
}

TEST_F(Egress, RefusesAllAddressesWhenOneIsRefused) {
  names_.Answer("mixed.example", "127.0.0.1,127.0.0.2");
  TestServer outside([](TestPeer& peer) { peer.ReadRequest(); });
  const auto client = StartClient({"127.0.0.1"});
  EXPECT_FALSE(Fetch(*client, UrlOf("mixed.example", outside)).ok());
  EXPECT_EQ(outside.connections(), 0);
}

TEST_F(Egress, JudgesEveryHopOfARedirect) {
  const std::string targets[] = {
      UrlOf("127.0.0.2", inside_),      UrlOf("inside.example", inside_),
      UrlOf("2130706434", inside_),     UrlOf("user@127.0.0.1", inside_),
      "http://169.254.169.254/latest/", "file:///etc/passwd",
      "gopher://127.0.0.1:6379/_x",     "//127.0.0.2:" + std::to_string(inside_.port()) + "/",
  };
  names_.Answer("inside.example", "127.0.0.2");
  for (const std::string& target : targets) {
    TestServer outside([&](TestPeer& peer) {
      peer.ReadRequest();
      peer.Write("HTTP/1.1 302 Found\r\nLocation: " + target + "\r\nContent-Length: 0\r\n\r\n");
    });
    const auto client = StartClient({"127.0.0.1"});
    EXPECT_FALSE(Fetch(*client, outside.url(), 5).ok()) << target;
  }
  EXPECT_EQ(inside_.connections(), 0);
}

TEST_F(Egress, FollowsNoRedirectUnasked) {
  TestServer outside([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 302 Found\r\nLocation: " + UrlOf("127.0.0.2", inside_) +
               "\r\nContent-Length: 0\r\n\r\n");
  });
  const auto client = StartClient({"127.0.0.1", "127.0.0.2"});
  const auto answer = Fetch(*client, outside.url());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(inside_.connections(), 0);
}

TEST_F(Egress, FollowsAsManyRedirectsAsAskedAndLeavesSecretsBehind) {
  std::string at_home;
  std::string elsewhere;
  TestServer other([&](TestPeer& peer) {
    elsewhere = peer.ReadRequest();
    peer.Answer("there");
  });
  TestServer first([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 307 X\r\nLocation: /again\r\nContent-Length: 4\r\n\r\nskip");
    at_home = peer.ReadRequest();
    peer.Write("HTTP/1.1 307 X\r\nLocation: " + other.url("/end") +
               "\r\nContent-Length: 0\r\n\r\n");
  });
  const auto client = StartClient({"127.0.0.1"});
  const auto answer = Fetch(*client, first.url(), 2);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "there");
  EXPECT_THAT(at_home, HasSubstr("GET /again"));
  EXPECT_THAT(at_home, HasSubstr("Bearer planted"));
  EXPECT_THAT(elsewhere, HasSubstr("GET /end"));
  EXPECT_THAT(elsewhere, HasSubstr("Accept: text/plain"));
  EXPECT_THAT(elsewhere, testing::Not(HasSubstr("planted")));
}

TEST_F(Egress, StopsAtTheLastRedirectThatIsAllowed) {
  TestServer circle([](TestPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Write("HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const auto client = StartClient({"127.0.0.1"});
  const auto answer = Fetch(*client, circle.url(), 3);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
}

TEST_F(Egress, ListensToNoProxyOfTheEnvironment) {
  const std::string proxy = "http://127.0.0.2:" + std::to_string(inside_.port());
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, proxy.c_str(), 1);
  }
  TestServer outside([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Answer("direct");
  });
  const auto client = StartClient({"127.0.0.1"});
  const auto answer = Fetch(*client, outside.url());
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "direct");
  EXPECT_EQ(inside_.connections(), 0);
}

TEST_F(Egress, GoesThroughAProxyThatASettingNames) {
  std::string got;
  TestServer proxy([&](TestPeer& peer) {
    got = peer.ReadRequest();
    peer.Answer("by proxy");
  });
  ClientOptions options;
  options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
  auto client = Client::Start(std::move(options));
  Request request;
  request.url = "http://public.example/x";
  request.plain_http = true;
  const auto answer = (*client)->FetchAndWait(std::move(request));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_THAT(got, testing::StartsWith("GET http://public.example/x HTTP/1.1\r\n"));
  EXPECT_FALSE(Fetch(**client, "https://10.0.0.1/").ok());
}

// A connection that one purpose may open does not serve another that may not.
TEST_F(Egress, AnIdleConnectionOpensNothingForAnotherPurpose) {
  ClientOptions options;
  options.guard.Open(Purpose::kCallback);
  auto client = Client::Start(std::move(options));
  Request request;
  request.url = inside_.url();
  request.purpose = Purpose::kCallback;
  request.plain_http = true;
  ASSERT_TRUE((*client)->FetchAndWait(std::move(request)).ok());
  Request other;
  other.url = inside_.url();
  other.purpose = Purpose::kProvider;
  other.plain_http = true;
  EXPECT_FALSE((*client)->FetchAndWait(std::move(other)).ok());
  EXPECT_EQ(inside_.connections(), 1);
}

}  // namespace
}  // namespace axonflow::outbound
