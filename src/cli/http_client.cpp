#include "cli/http_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

#include "base/crypto.h"

namespace axonflow::cli {
namespace {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string ErrnoText(int code) { return std::generic_category().message(code); }

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return out;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string HostAndPort(const HttpUrl& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

// Waits until `events` are ready; kDeadlineExceeded after `deadline`.
Status WaitFor(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Error{ErrorCode::kDeadlineExceeded, "the server did not answer in time"};
    pollfd waiting{fd, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      return Error{ErrorCode::kUnavailable, "poll: " + ErrnoText(errno)};
    }
  }
}

Result<Socket> ConnectTo(const addrinfo& address, Clock::time_point deadline) {
  Socket socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         address.ai_protocol));
  if (socket.fd() < 0) return Error{ErrorCode::kUnavailable, ErrnoText(errno)};
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return Error{ErrorCode::kUnavailable, ErrnoText(errno)};
  if (const Status ready = WaitFor(socket.fd(), POLLOUT, deadline); !ready) return ready.error();
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return Error{ErrorCode::kUnavailable, ErrnoText(code)};
  return socket;
}

Result<Socket> Connect(const HttpUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(url.port);
  if (const int code = ::getaddrinfo(url.host.c_str(), port.c_str(), &hints, &found); code != 0) {
    return Error{ErrorCode::kUnavailable,
                 "cannot resolve " + url.host + ": " + ::gai_strerror(code)};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  const auto deadline = Clock::now() + HttpClient::kConnectTimeout;
  std::string reason = "no address";
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Result<Socket> socket = ConnectTo(*address, deadline);
    if (socket) return socket;
    reason = socket.error().message;
  }
  return Error{ErrorCode::kUnavailable, "cannot connect to " + HostAndPort(url) + ": " + reason};
}

Status SendAll(const Socket& socket, std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (Status ready = WaitFor(socket.fd(), POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return Error{ErrorCode::kUnavailable,
                   "the server closed the connection: " + ErrnoText(errno)};
    }
  }
  return {};
}

Result<std::string> ReceiveAll(const Socket& socket, Clock::time_point deadline) {
  std::string bytes;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::recv(socket.fd(), buffer, sizeof buffer, 0);
    if (got == 0) return bytes;
    if (got > 0) {
      bytes.append(buffer, static_cast<std::size_t>(got));
      if (bytes.size() > HttpClient::kAnswerBytesMax) {
        return Error{ErrorCode::kTooLarge, "the answer is larger than 4 MiB"};
      }
    } else if (errno == EAGAIN) {
      if (const Status ready = WaitFor(socket.fd(), POLLIN, deadline); !ready) return ready.error();
    } else if (errno != EINTR) {
      return Error{ErrorCode::kUnavailable, "the connection broke: " + ErrnoText(errno)};
    }
  }
}

Error NotHttp(std::string_view what) {
  return Error{ErrorCode::kUnavailable, "the answer is not HTTP/1.1: " + std::string(what)};
}

Result<std::string> JoinChunks(std::string_view bytes) {
  std::string body;
  for (;;) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) return NotHttp("a chunk size is missing");
    std::size_t size = 0;
    const auto [stop, failed] = std::from_chars(bytes.data(), bytes.data() + end, size, 16);
    if (failed != std::errc{} || stop == bytes.data())
      return NotHttp("a chunk size is not a number");
    bytes.remove_prefix(end + 2);
    if (size == 0) return body;
    if (size > bytes.size() || bytes.size() - size < 2) return NotHttp("a chunk is cut short");
    body.append(bytes.substr(0, size));
    bytes.remove_prefix(size + 2);
  }
}

// Splits "Name: value" lines into `answer`.
Status ParseHeaders(std::string_view head, HttpAnswer& answer) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return NotHttp("a header has no colon");
    answer.headers.emplace_back(Lower(line.substr(0, colon)), Trim(line.substr(colon + 1)));
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return {};
}

const std::string* FindHeader(const HttpAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace

Result<HttpUrl> ParseHttpUrl(std::string_view url) {
  const auto refuse = [url](std::string_view why) {
    return Error{ErrorCode::kInvalidArgument,
                 "\"" + std::string(url) + "\" is not usable as a server address: " +
                     std::string(why) + "; write it as http://127.0.0.1:8080"};
  };
  constexpr std::string_view kScheme = "http://";
  if (url.starts_with("https://")) return refuse("this client speaks plain http only");
  if (!url.starts_with(kScheme)) return refuse("it does not begin with http://");
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ \t\r\n") != std::string_view::npos) {
    return refuse("only host and port are taken");
  }
  HttpUrl parsed;
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return refuse("the bracket is not closed");
    parsed.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    parsed.host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (parsed.host.empty()) return refuse("the host is missing");
  if (port.empty()) return parsed;
  if (port.front() != ':') return refuse("the port is not readable");
  port.remove_prefix(1);
  const auto [stop, failed] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (failed != std::errc{} || stop != port.data() + port.size() || parsed.port == 0) {
    return refuse("the port is not a number from 1 to 65535");
  }
  return parsed;
}

Result<HttpAnswer> ParseHttpAnswer(std::string_view bytes) {
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return NotHttp("the headers do not end");
  const std::string_view head = bytes.substr(0, head_end);
  const std::string_view rest = bytes.substr(head_end + 4);
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view status_line = head.substr(0, line_end);

  HttpAnswer answer;
  if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12) return NotHttp("status line");
  const char* digits = status_line.data() + 9;
  if (std::from_chars(digits, digits + 3, answer.status).ptr != digits + 3) {
    return NotHttp("status line");
  }
  const std::string_view lines = head.substr(std::min(line_end + 2, head.size()));
  if (const Status parsed = ParseHeaders(lines, answer); !parsed) return parsed.error();
  if (answer.status < 200) return NotHttp("an interim answer that nobody asked for");

  const std::string* encoding = FindHeader(answer, "transfer-encoding");
  if (encoding != nullptr && Lower(*encoding) == "chunked") {
    Result<std::string> body = JoinChunks(rest);
    if (!body) return body.error();
    answer.body = std::move(*body);
    return answer;
  }
  answer.body = rest;
  if (const std::string* length = FindHeader(answer, "content-length")) {
    std::size_t size = 0;
    const auto [stop, failed] =
        std::from_chars(length->data(), length->data() + length->size(), size);
    if (failed != std::errc{} || stop != length->data() + length->size()) {
      return NotHttp("Content-Length is not a number");
    }
    if (size > rest.size()) return NotHttp("the body is cut short");
    answer.body.resize(size);
  }
  return answer;
}

HttpClient::HttpClient(HttpUrl url, std::string_view client_id, std::string_view client_secret)
    : url_(std::move(url)) {
  if (client_id.empty()) return;
  const std::string pair = std::string(client_id) + ":" + std::string(client_secret);
  authorization_ = "Authorization: Basic " + Base64Encode(pair) + "\r\n";
}

Result<HttpAnswer> HttpClient::Send(std::string_view method, std::string_view path,
                                    std::string_view body) {
  const Result<Socket> socket = Connect(url_);
  if (!socket) return socket.error();
  std::string request;
  request.append(method).append(" ").append(path).append(" HTTP/1.1\r\n");
  request.append("Host: ").append(HostAndPort(url_)).append("\r\n");
  request.append("Connection: close\r\nAccept: application/json\r\n").append(authorization_);
  if (!body.empty()) {
    request.append("Content-Type: application/json\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n");
  }
  request.append("\r\n").append(body);

  const auto deadline = Clock::now() + kAnswerTimeout;
  if (const Status sent = SendAll(*socket, request, deadline); !sent) return sent.error();
  const Result<std::string> bytes = ReceiveAll(*socket, deadline);
  if (!bytes) return bytes.error();
  return ParseHttpAnswer(*bytes);
}

}  // namespace axonflow::cli
