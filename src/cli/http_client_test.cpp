#include "cli/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace axonflow::cli {
namespace {

TEST(ParseHttpUrl, TakesHostAndPort) {
  const auto plain = ParseHttpUrl("http://127.0.0.1:8099/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8099);
  const auto named = ParseHttpUrl("http://localhost");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->port, 80);
  const auto ipv6 = ParseHttpUrl("http://[::1]:81");
  ASSERT_TRUE(ipv6);
  EXPECT_EQ(ipv6->host, "::1");
  EXPECT_EQ(ipv6->port, 81);
}

TEST(ParseHttpUrl, RefusesEverythingElse) {
  for (const char* url : {"", "127.0.0.1:8080", "https://127.0.0.1", "http://", "http://:80",
                          "http://h:0", "http://h:65536", "http://h:8x", "http://h/path",
                          "http://u@h", "http://h?q", "http://[::1", "http://h\r\nX: y"}) {
    const auto parsed = ParseHttpUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument) << url;
  }
}

TEST(ParseHttpAnswer, ReadsABodyByLengthByChunksAndToTheEnd) {
  const auto by_length =
      ParseHttpAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:  b \r\n\r\nokmore");
  ASSERT_TRUE(by_length);
  EXPECT_EQ(by_length->status, 200);
  EXPECT_EQ(by_length->body, "ok");
  ASSERT_EQ(by_length->headers.size(), 2U);
  EXPECT_EQ(by_length->headers[1], (std::pair<std::string, std::string>{"x-a", "b"}));

  const auto chunked = ParseHttpAnswer(
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789"
      "\r\n0\r\n\r\n");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->status, 404);
  EXPECT_EQ(chunked->body, "abc0123456789");

  const auto to_the_end = ParseHttpAnswer("HTTP/1.0 200 OK\r\n\r\nall of it");
  ASSERT_TRUE(to_the_end);
  EXPECT_EQ(to_the_end->body, "all of it");
}

TEST(ParseHttpAnswer, RefusesWhatIsCutShortOrNotHttp) {
  for (const char* bytes :
       {"", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nabcde", "HTTP/1.1 200 OK\r\nnocolon\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    const auto parsed = ParseHttpAnswer(bytes);
    ASSERT_FALSE(parsed) << bytes;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUnavailable) << bytes;
  }
}

// Accepts one connection on a loopback port, keeps what came, answers with fixed bytes.
class OneAnswerServer {
 public:
  explicit OneAnswerServer(std::string answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { ServeOne(); });
  }
  ~OneAnswerServer() {
    Join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }
  const std::string& Received() {
    Join();
    return received_;
  }

 private:
  void Join() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  void ServeOne() {
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    char buffer[4096];
    while (received_.find("\r\n\r\n{}") == std::string::npos) {
      const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    EXPECT_EQ(::send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer_.size()));
    ::close(connection);
  }

  std::string answer_;
  std::string received_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(HttpClient, SendsCredentialsAndBodyAndReadsTheAnswer) {
  OneAnswerServer server("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  HttpClient client(HttpUrl{"127.0.0.1", server.port()}, "shop", "s3cret");
  const auto answer = client.Send("POST", "/api/x", "{}");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, "no");
  const std::string& sent = server.Received();
  EXPECT_TRUE(sent.starts_with("POST /api/x HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("Authorization: Basic c2hvcDpzM2NyZXQ=\r\n"), std::string::npos) << sent;
  EXPECT_NE(sent.find("Content-Length: 2\r\n"), std::string::npos) << sent;
}

TEST(HttpClient, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    OneAnswerServer gone("");
    port = gone.port();
  }
  HttpClient client(HttpUrl{"127.0.0.1", port}, {}, {});
  const auto answer = client.Send("GET", "/health");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

}  // namespace
}  // namespace axonflow::cli
