#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace axonflow::net {

class TlsContext;

struct ServerLimits {
  std::size_t body_bytes_max = 1 << 20;
  // The bound of one path where it is larger; 0 = body_bytes_max. Asked only about a body that is
  // over that or comes in chunks. Thread-safe; null: no path has one.
  std::size_t (*large_body_bytes_max)(std::string_view method, std::string_view path) = nullptr;
  std::size_t header_bytes_max = 32 << 10;
  std::chrono::milliseconds idle_timeout{30'000};  // between requests of one connection
  std::chrono::milliseconds request_timeout{
      30'000};                           // from the first byte of a request to its last
  std::size_t connections_max = 10'000;  // a server; more are closed on accept
  // Large request buffers of the whole server, above RequestReader::kUncountedBytesMax each; who
  // needs more gets 503 with Retry-After, and the connection closes.
  std::size_t buffered_body_bytes_max = 64 << 20;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric IPv4 or IPv6
  std::uint16_t port = 8080;          // 0 = any free one, see port()
  int threads = 2;  // I/O threads, each with its own io_context and SO_REUSEPORT socket
  ServerLimits limits;
  std::shared_ptr<TlsContext> tls;  // null: plain HTTP
  // Called when the files of `tls` have changed: whether the new ones are in use. Thread-safe.
  std::function<void(const Status& status)> on_tls_reload;
  // Called for requests that never reach the handler (malformed, timed out), with a short reason
  // for the metrics ("bad_request", "header_too_large", "timeout", ...). Thread-safe.
  std::function<void(const char* reason)> on_refused;
};

// HTTP/1.1 over TCP: keep-alive, pipelining, chunked bodies, Expect: 100-continue, strict parsing
// (a request that two parsers could read differently is refused with 400 and the connection
// closed).
class Server {
 public:
  // Binds and listens; nothing is served before Run. `handler` outlives the server.
  static Result<std::unique_ptr<Server>> Listen(const ServerOptions& options, Handler& handler);
  ~Server();  // Stop with no grace, if still running

  std::uint16_t port() const;
  void Run();  // starts the I/O threads and returns

  // Stops accepting, closes idle connections, answers what is in flight with "Connection: close",
  // and waits at most `grace` for it; then closes the rest. Returns how many were cut off.
  std::size_t Drain(std::chrono::milliseconds grace);

  std::size_t open_connections() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axonflow::net
