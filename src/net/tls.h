#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace axonflow::net {

// PEM files of a TLS listener.
struct TlsFiles {
  std::string certificate;  // the server's, followed by the intermediate ones
  std::string key;
  std::string client_ca;  // empty: clients show no certificate; else they must, signed by one of it
};

// What new connections of a listener are encrypted with: TLS 1.2 or 1.3, no renegotiation, no
// compression, ALPN "http/1.1". Thread-safe.
class TlsContext {
 public:
  // Fails, with the file in the message, when one cannot be read, key and certificate do not belong
  // together, or the certificate is not valid now.
  static Result<std::shared_ptr<TlsContext>> Load(TlsFiles files);

  std::shared_ptr<ssl_ctx_st> current() const;

  // Looks whether a file has changed since the last look, and if so takes the new ones for the
  // connections that begin from now on. True when it took them. What cannot be loaded is an error,
  // reported once a change, and the former stays in use.
  Result<bool> Refresh();

 private:
  struct Stamp {
    std::time_t seconds = 0;
    long nanoseconds = 0;
    unsigned long inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;

  explicit TlsContext(TlsFiles files) : files_(std::move(files)) {}
  Stamps LookAtFiles() const;

  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> current_;
  Stamps stamps_;
};

// The server's side of one TLS connection over a non-blocking socket, which stays the caller's. The
// handshake is part of the first reads. The process must ignore SIGPIPE: OpenSSL writes to the
// socket by itself.
class TlsSession {
 public:
  enum class Want {
    kNothing,  // bytes moved
    kReadable,
    kWritable,
    kEnd,     // the client has ended the stream in order
    kFailed,  // handshake, alert or socket: nothing more will work
  };
  struct Moved {
    std::size_t bytes = 0;
    Want want = Want::kNothing;
  };

  TlsSession(const std::shared_ptr<ssl_ctx_st>& context, int socket);

  Moved Read(std::span<char> space);
  Moved Write(std::string_view bytes);  // may take fewer
  // Whether decrypted bytes wait that the socket does not show.
  bool pending() const;
  // Whether the client has ended its side; takes nothing from the stream.
  bool ended();
  void Shutdown();  // says that no more will be sent
  bool established() const;

 private:
  Moved Outcome(int result);

  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
};

}  // namespace axonflow::net
