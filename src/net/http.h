#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"

namespace axonflow::net {

// Something wrong with the body that the handler should answer for, after it knows who is calling.
// The connection closes after the answer.
enum class BodyFault {
  kNone,
  kTooLarge,             // over the bound of ServerLimits
  kUnsupportedEncoding,  // a Content-Encoding other than identity
};

// One request as it arrived. Views live until the handler's task ends.
struct Request {
  std::string_view method;  // upper case as sent: "GET"
  std::string_view path;  // of the target, percent-decoded once, without the query; starts with '/'
  std::string_view query;  // after '?', as sent
  std::string_view body;   // decoded from chunks; empty when body_fault is set
  BodyFault body_fault = BodyFault::kNone;
  std::string peer_address;                                            // numeric IP of the socket
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // in order, names as sent

  // First header of that name, compared without case; empty view when absent.
  std::string_view Header(std::string_view name) const;
  bool HasHeader(std::string_view name) const;
};

// A body that is made while it is sent. The server asks for the next piece when the one before has
// gone into the socket, so a slow client slows the source down and no more than a piece is held.
class BodyStream {
 public:
  virtual ~BodyStream() = default;

  // The next piece; empty: the body is complete; nullopt or an exception: it breaks off, and the
  // connection ends so that the client can tell. Called on the connection's I/O thread, one call at
  // a time; may finish elsewhere.
  virtual Task<std::optional<std::string>> Next() = 0;

  // The client is gone, reads too slowly, or the server ends: a pending Next should finish soon,
  // and what it gives is dropped. Called on the connection's I/O thread, perhaps while Next is
  // pending, at most once. A client that shuts its sending side during a stream counts as gone.
  virtual void Cancel() = 0;
};

struct Response {
  int status = 200;
  std::string body;
  std::unique_ptr<BodyStream> stream;                  // in place of `body`
  std::string_view content_type = "application/json";  // a literal
  // Names are literals. CR, LF and NUL in values are dropped.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

class Handler {
 public:
  virtual ~Handler() = default;

  // Called on an I/O thread. May suspend and go on elsewhere; the server brings the answer back to
  // the connection's own thread. An exception that leaves it becomes a 500 without detail.
  virtual Task<Response> Handle(const Request& request) = 0;
};

}  // namespace axonflow::net
