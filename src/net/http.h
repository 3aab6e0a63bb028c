#pragma once

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

struct Response {
  int status = 200;
  std::string body;
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
