#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "net/outbound/egress_guard.h"

namespace axonflow {
class Executor;
}

namespace axonflow::outbound {

class Loop;
class Transfer;

struct Header {
  std::string name;
  std::string value;
};

// How long each part of a transfer may take. What comes first ends it with kDeadlineExceeded and
// closes the connection.
struct Deadlines {
  // Name look-up, TCP and TLS of one hop together; a connection that is reused needs none of it.
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds first_byte{60'000};  // from Send to the end of the answer's header
  std::chrono::milliseconds idle{60'000};  // without a byte of the body while the reader wants one
  std::chrono::milliseconds total{600'000};  // from Send to the last byte of the body
};

struct Bounds {
  std::size_t header_bytes_max = 64 * 1024;       // of the answer
  std::size_t body_bytes_max = 64 * 1024 * 1024;  // of the answer; more ends it with kTooLarge
  // Bytes of the body that wait for the reader. Beyond it nothing is read from the socket, so the
  // sender is slowed by TCP (by the stream's window in HTTP/2). At most one read of 16 KiB is
  // added.
  std::size_t waiting_bytes_max = 64 * 1024;
};

enum class HttpVersion : std::uint8_t {
  k11,
  kBest,  // HTTP/2 when the server offers it in the TLS handshake, else HTTP/1.1
};

// Ends a transfer from anywhere, at any time, from before its Send to after its end. One object for
// one transfer.
class Cancellation {
 public:
  // Thread-safe and idempotent. What waits for the transfer goes on with kUnavailable.
  void Cancel();

 private:
  friend class Client;
  std::mutex mutex_;
  bool cancelled_ = false;
  std::weak_ptr<Transfer> transfer_;
};

struct Request {
  std::string method = "GET";  // upper case
  std::string url;
  // Sent as they are, in order. Host, Content-Length, Transfer-Encoding, Connection, Expect and
  // Upgrade are refused: the client writes those that are needed. The values are overwritten in
  // memory when the transfer ends.
  std::vector<Header> headers;
  std::string body;
  Purpose purpose = Purpose::kCallback;
  bool plain_http = false;  // http:// to a public address
  // Redirects that are followed, each judged like a first URL. To another origin only Accept,
  // Content-Type and User-Agent go along. From https to http never.
  int redirects_max = 0;
  HttpVersion version = HttpVersion::k11;
  Deadlines deadlines;
  Bounds bounds;
  std::shared_ptr<Cancellation> cancellation;  // may be empty
};

// An answer whose body is still coming. Moves, does not copy. Its destructor ends the transfer when
// the body was not read to its end, and never waits.
class Response {
 public:
  Response(Response&& other) noexcept;
  Response& operator=(Response&& other) noexcept;
  ~Response();

  int status() const;
  // Names in lower case, values without white space at both ends, in the order of the answer.
  const std::vector<Header>& headers() const;
  // The first header of that lower-case name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // 1 or 2.
  int http_major() const;

  // The next bytes of the body, as they come, without decoding; empty at its end. An error
  // (kUnavailable: reset, wrong length, cancelled; kDeadlineExceeded; kTooLarge) comes after every
  // byte that arrived before it, and is repeated by later calls. One call at a time.
  Task<Result<std::string>> ReadPiece();

  // The rest of the body, kTooLarge above `bytes_max`.
  Task<Result<std::string>> ReadRest(std::size_t bytes_max);

  // Ends the transfer: a waiting ReadPiece goes on with kUnavailable. Thread-safe.
  void Cancel();

 private:
  friend class Client;
  explicit Response(std::shared_ptr<Transfer> transfer);
  std::shared_ptr<Transfer> transfer_;
};

struct WholeResponse {
  int status = 0;
  std::vector<Header> headers;  // as in Response
  std::string body;

  std::optional<std::string_view> Find(std::string_view name) const;
};

// All addresses of a name. Runs on a thread of its own and may block.
using Resolver = std::function<Result<std::vector<IpAddress>>(const std::string& host)>;
Result<std::vector<IpAddress>> ResolveWithSystem(const std::string& host);

struct ClientOptions {
  EgressGuard guard;
  std::size_t transfers_max = 4'096;  // at once; more are refused with kResourceExhausted
  std::size_t connections_per_host_max = 512;
  std::size_t idle_connections_max = 64;         // kept open for the next request
  std::chrono::milliseconds names_kept{30'000};  // how long an answer of the resolver is used again
  std::string ca_file;                           // PEM; empty: the system's certificates
  // http://host:port that every connection goes through. Its address may be anything; names are
  // then looked up by the proxy, which becomes the guard of what they mean. Empty: none, whatever
  // the environment says.
  std::string proxy;
  std::string user_agent = "axonflow";
  Resolver resolver = ResolveWithSystem;
};

// Sends HTTP requests from coroutines, over connections that are kept and reused. One thread of its
// own moves all bytes. A coroutine goes on at the executor where it waited, or on the client's
// thread when it had none. TLS 1.2 or later with verification, always.
class Client {
 public:
  static Result<std::unique_ptr<Client>> Start(ClientOptions options);
  ~Client();  // Stop

  // Ends every transfer with kUnavailable, refuses later ones, joins. Executors of coroutines that
  // wait here must still run.
  void Stop();

  // The answer's status and headers. Errors: kInvalidArgument (URL, method or header),
  // kPermissionDenied (the guard), kUnavailable (no connection, bad certificate, broken answer,
  // cancelled), kDeadlineExceeded, kTooLarge (headers), kResourceExhausted. No byte of an answer
  // came when this fails, so the caller may try elsewhere. Name the request first:
  //   auto response = co_await client.Send(std::move(request));
  Task<Result<Response>> Send(Request&& request);

  // Send and ReadRest.
  Task<Result<WholeResponse>> Fetch(Request&& request);

  // Fetch for a thread that may block: the command line, refreshers. Not from the client's thread.
  Result<WholeResponse> FetchAndWait(Request&& request);

  // Goes on after `time`, or when the client stops.
  Task<void> Pause(std::chrono::milliseconds time);

  std::size_t in_flight() const;
  // Since the start; in flight minus reused says how well connections are kept.
  std::uint64_t connections_opened() const;

 private:
  explicit Client(std::shared_ptr<Loop> loop);
  Result<std::shared_ptr<Transfer>> Prepare(Request&& request, Executor* pinned) const;
  static Task<Result<Response>> SendPrepared(std::shared_ptr<Transfer> transfer);
  static Task<Result<WholeResponse>> FetchPrepared(std::shared_ptr<Transfer> transfer);
  std::shared_ptr<Loop> loop_;
};

}  // namespace axonflow::outbound
