#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <list>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/outbound/client.h"

namespace axonflow::outbound {

// One connection that the test's server accepted.
class TestPeer {
 public:
  explicit TestPeer(int fd) : fd_(fd) {}
  ~TestPeer() { ::close(fd_); }
  TestPeer(const TestPeer&) = delete;
  TestPeer& operator=(const TestPeer&) = delete;

  // The head and body of the next request; empty when the client has gone.
  std::string ReadRequest() {
    std::string text = std::move(rest_);
    std::size_t need = std::string::npos;
    char chunk[16384];
    while (true) {
      const std::size_t end = text.find("\r\n\r\n");
      if (need == std::string::npos && end != std::string::npos) {
        const std::size_t length = text.find("Content-Length: ");
        need = end + 4 + (length < end ? std::stoul(text.substr(length + 16)) : 0);
      }
      if (text.size() >= need) break;
      const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
      if (got <= 0) return "";
      text.append(chunk, static_cast<std::size_t>(got));
    }
    rest_ = text.substr(need);
    return text.substr(0, need);
  }

  // How much of `bytes` was taken: less when the client has gone.
  std::size_t Write(std::string_view bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t got = ::send(fd_, bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
      if (got <= 0) break;
      written += static_cast<std::size_t>(got);
    }
    return written;
  }

  void Answer(std::string_view body, std::string_view headers = "") {
    Write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          std::string(headers) + "\r\n" + std::string(body));
  }

  // Whether the client closed the connection within `wait_ms`.
  bool ClosedWithin(int wait_ms) const {
    pollfd poll_for{fd_, POLLIN | POLLRDHUP, 0};
    char byte = 0;
    return ::poll(&poll_for, 1, wait_ms) == 1 && ::recv(fd_, &byte, 1, MSG_PEEK) <= 0;
  }

  // The end of it is a reset, not an orderly close.
  void ResetAtEnd() const {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  int fd() const { return fd_; }

 private:
  const int fd_;
  std::string rest_;
};

// A server on a loopback address; `serve` runs on a thread of its own for every connection.
class TestServer {
 public:
  explicit TestServer(std::function<void(TestPeer&)> serve, std::string address = "127.0.0.1")
      : address_(std::move(address)), serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in socket{};
    socket.sin_family = AF_INET;
    ::inet_pton(AF_INET, address_.c_str(), &socket.sin_addr);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&socket), sizeof socket);
    ::listen(listener_, 64);
    socklen_t size = sizeof socket;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&socket), &size);
    port_ = ntohs(socket.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~TestServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  std::string url(std::string_view target = "/") const {
    return "http://" + address_ + ":" + std::to_string(port_) + std::string(target);
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_.load(); }

 private:
  void Accept() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd] {
        TestPeer peer(fd);
        serve_(peer);
        const std::lock_guard closing(mutex_);
        open_.remove(fd);
      });
    }
  }

  const std::string address_;
  const std::function<void(TestPeer&)> serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread acceptor_;
  std::mutex mutex_;
  std::list<int> open_;
  std::list<std::thread> threads_;
};

// One row of testdata/ssrf.txt.
struct RefusedDestination {
  std::string url;
  std::vector<IpAddress> answer;
  std::string trick;
};

inline std::vector<RefusedDestination> ReadRefusedDestinations() {
  std::ifstream file(std::string(AXONFLOW_SOURCE_DIR) + "/src/net/outbound/testdata/ssrf.txt");
  std::vector<RefusedDestination> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    RefusedDestination row;
    std::string answer;
    std::istringstream(line) >> row.url >> answer >> row.trick;
    std::istringstream addresses(answer);
    for (std::string text; std::getline(addresses, text, ',');) {
      if (const auto address = IpAddress::Parse(text)) row.answer.push_back(*address);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace axonflow::outbound
