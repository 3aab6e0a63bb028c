#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/http.h"

namespace axonflow::net {

struct AnswerFraming {
  std::string_view date;  // IMF-fixdate, see FormatHttpDate
  bool close = false;     // say that the connection ends with this answer
  bool http_1_0 = false;  // to a 1.0 client, staying open must be said
  bool streamed = false;  // in chunks; to a 1.0 client until the connection ends
};

// Whether an answer of that status can have a body at all (RFC 9110 section 6.4.1).
bool StatusHasBody(int status);

// Appends status line and fields to `out`, with the empty line, without the body. The framing is
// the server's alone: Content-Length, Transfer-Encoding, Connection and Date of the handler are
// left out, and a field name that is not a token is dropped with its value.
void AppendHead(std::string& out, const Response& response, const AnswerFraming& framing);

// Appends what stands before a chunk of `bytes` of a streamed body (RFC 9112 section 7.1), with the
// end of the chunk before it unless it is the first; 0 bytes: the whole last chunk.
void AppendChunkHead(std::string& out, std::size_t bytes, bool first);

// Whether the handler asks for the end of the connection ("Connection: close").
bool AsksForClose(const Response& response);

// {"success":false,"error":"<sentence>"}. `sentence` is plain ASCII without quotes.
Response ServerError(int status, std::string_view sentence);

// The wall clock as an IMF-fixdate (RFC 9110 section 5.6.7): "Mon, 23 Nov 2026 15:04:05 GMT".
std::string FormatHttpDate();

}  // namespace axonflow::net
