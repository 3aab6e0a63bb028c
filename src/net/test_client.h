#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace axonflow::net {

// A blocking client socket. Every wait is bounded by kPatience.
class Client {
 public:
  // Nothing in these tests takes longer, also on a busy machine.
  static constexpr std::chrono::milliseconds kPatience{5'000};

  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("connect failed");
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False when the server does not take the bytes any more.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }
  // Closes with a reset instead of a farewell.
  void Abort() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd_);
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  }

  // Reads until `enough` holds for what has come, or the end of the stream.
  template <typename Enough>
  std::string ReadUntil(Enough enough) {
    while (!enough(buffer_)) {
      if (!ReadSome(kPatience)) break;
    }
    return std::exchange(buffer_, {});
  }
  std::string ReadToEnd() {
    return ReadUntil([](const std::string&) { return false; });
  }
  // One whole answer; following bytes stay for the next call. `has_body` is false after HEAD.
  std::string ReadAnswer(bool has_body = true) {
    for (;;) {
      const auto end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t size = end + 4;
        const auto length = buffer_.find("Content-Length: ");
        if (has_body && length < end) size += std::stoul(buffer_.substr(length + 16));
        if (buffer_.size() >= size) {
          auto answer = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return answer;
        }
      }
      if (!ReadSome(kPatience)) return std::exchange(buffer_, {});
    }
  }
  bool closed(std::chrono::milliseconds wait = kPatience) { return !ReadSome(wait) && ended_; }
  bool quiet(std::chrono::milliseconds wait) { return !ReadSome(wait) && !ended_; }

 private:
  bool ReadSome(std::chrono::milliseconds wait) {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, static_cast<int>(wait.count())) != 1) return false;
    char bytes[65536];
    const auto count = ::recv(fd_, bytes, sizeof bytes, 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int fd_;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace axonflow::net
