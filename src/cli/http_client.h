#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace axonflow::cli {

struct HttpUrl {
  std::string host;  // without brackets for an IPv6 address
  std::uint16_t port = 80;
};

// Takes "http://host[:port][/]". Refuses (kInvalidArgument) another scheme, a path, a user part and
// a port outside 1 to 65535.
Result<HttpUrl> ParseHttpUrl(std::string_view url);

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
};

// Reads a complete HTTP/1.1 answer that ended with the connection (RFC 9112): status line, headers,
// then a body by Content-Length, by chunks or up to the end. kUnavailable when it is cut short or
// is not HTTP.
Result<HttpAnswer> ParseHttpAnswer(std::string_view bytes);

// A client for the demo and the doctor: blocking, plain HTTP, one connection a request. It is not
// the server's way out: no TLS, no egress guard.
class HttpClient {
 public:
  static constexpr std::chrono::milliseconds kConnectTimeout{3'000};
  static constexpr std::chrono::milliseconds kAnswerTimeout{15'000};  // from sent to the last byte
  static constexpr std::size_t kAnswerBytesMax = 4 << 20;

  // With `client_id` every request carries HTTP Basic credentials (RFC 7617).
  HttpClient(HttpUrl url, std::string_view client_id, std::string_view client_secret);

  // `body` empty: none is sent. Fails with kUnavailable (cannot connect, closed, not HTTP),
  // kDeadlineExceeded or kTooLarge; any HTTP status is an answer, not a failure.
  Result<HttpAnswer> Send(std::string_view method, std::string_view path,
                          std::string_view body = {});

 private:
  HttpUrl url_;
  std::string authorization_;  // a whole header line, or empty
};

}  // namespace axonflow::cli
