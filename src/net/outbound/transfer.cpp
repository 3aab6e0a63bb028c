#include "net/outbound/transfer.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "net/outbound/loop.h"

namespace axonflow::outbound {
namespace {

// What of a redirect's own page is read before the connection is given up.
constexpr std::size_t kRedirectBodyBytesMax = 64 * 1024;
constexpr std::size_t kHeadersMax = 256;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<IpAddress> FromSocket(const sockaddr& socket) {
  IpAddress address;
  if (socket.sa_family == AF_INET) {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in&>(socket).sin_addr, 4);
    return address;
  }
  if (socket.sa_family == AF_INET6) {
    address.family = IpAddress::Family::kV6;
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(socket).sin6_addr, 16);
    return address;
  }
  return std::nullopt;
}

std::string Milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

}  // namespace

Transfer::Transfer(Request request_in, Url url_in, std::shared_ptr<Loop> loop_in,
                   Executor* pinned_in)
    : request(std::move(request_in)),
      url(std::move(url_in)),
      loop(std::move(loop_in)),
      pinned(pinned_in),
      mailbox(request.bounds.waiting_bytes_max),
      redirects_left_(request.redirects_max) {}

Transfer::~Transfer() {
  WipeRequest();
  if (phase == Phase::kNew) loop->Discharge();  // it never got to the loop
}

void Transfer::WipeRequest() {
  for (Header& header : request.headers) {
    OPENSSL_cleanse(header.value.data(), header.value.size());
  }
  OPENSSL_cleanse(request.body.data(), request.body.size());
}

Transfer::Clock::time_point Transfer::NextDeadline() const {
  const Deadlines& limits = request.deadlines;
  const auto total = started + limits.total;
  switch (phase) {
    case Phase::kNaming:
    case Phase::kConnecting:
      return std::min({total, hop_started + limits.connect, started + limits.first_byte});
    case Phase::kAsked:
      return std::min(total, started + limits.first_byte);
    case Phase::kBody:
      return paused ? total : std::min(total, last_byte + limits.idle);
    case Phase::kNew:
    case Phase::kOver:
      break;
  }
  return total;
}

Error Transfer::DeadlineError() const {
  const Deadlines& limits = request.deadlines;
  std::string what;
  if (Clock::now() >= started + limits.total) {
    what = "no end of the answer within " + Milliseconds(limits.total);
  } else if (phase == Phase::kBody) {
    what = "not a byte of the answer for " + Milliseconds(limits.idle);
  } else if (Clock::now() >= started + limits.first_byte) {
    what = "no answer within " + Milliseconds(limits.first_byte);
  } else {
    what = "no connection within " + Milliseconds(limits.connect);
  }
  return Error{ErrorCode::kDeadlineExceeded, url.Origin() + ": " + what};
}

Error Transfer::FailureOf(CURLcode code) const {
  if (noted_) return *noted_;
  if (code == CURLE_OUT_OF_MEMORY && phase == Phase::kAsked) {
    // libcurl's own bound of one line, which is less than the memory there is.
    return Error{ErrorCode::kTooLarge, url.Origin() + ": the header of the answer is too large"};
  }
  ErrorCode kind = ErrorCode::kUnavailable;
  if (code == CURLE_OPERATION_TIMEDOUT) kind = ErrorCode::kDeadlineExceeded;
  if (code == CURLE_OUT_OF_MEMORY) kind = ErrorCode::kResourceExhausted;
  return Error{kind, url.Origin() + ": " + curl_easy_strerror(code)};
}

Status Transfer::FollowRedirect(const EgressGuard& guard) {
  auto next = url.Resolve(location_);
  if (!next) return next.error();
  if (url.tls && !next->tls) {
    return Error{ErrorCode::kPermissionDenied, "egress refused: a redirect gives up TLS"};
  }
  if (auto admitted = guard.AdmitUrl(*next, request.purpose, request.plain_http); !admitted) {
    return admitted;
  }
  --redirects_left_;
  const bool becomes_get = request.method != "HEAD" &&
                           (head_.status == 303 || (head_.status != 307 && head_.status != 308 &&
                                                    request.method == "POST"));
  if (becomes_get) {
    request.method = "GET";
    OPENSSL_cleanse(request.body.data(), request.body.size());
    request.body.clear();
    std::erase_if(request.headers,
                  [](const Header& header) { return Lower(header.name) == "content-type"; });
  }
  if (next->Origin() != url.Origin()) {
    std::erase_if(request.headers, [](Header& header) {
      const std::string name = Lower(header.name);
      if (name == "accept" || name == "content-type" || name == "user-agent") return false;
      OPENSSL_cleanse(header.value.data(), header.value.size());
      return true;
    });
  }
  url = std::move(*next);
  return {};
}

std::size_t Transfer::OnHeader(char* bytes, std::size_t one, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->TakeHeaderLine({bytes, one * size});
}

std::size_t Transfer::TakeHeaderLine(std::string_view line) {
  const std::size_t taken = line.size();
  if (head_done_) return taken;  // a trailer
  header_bytes_ += taken;
  if (header_bytes_ > request.bounds.header_bytes_max || head_.headers.size() >= kHeadersMax) {
    noted_ = Error{ErrorCode::kTooLarge, url.Origin() + ": the header of the answer is too large"};
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    head_ = {};
    const std::size_t space = std::min(line.find(' '), line.size());
    head_.http_major = line.size() > 5 && line[5] == '2' ? 2 : 1;
    line.remove_prefix(std::min(space + 1, line.size()));
    std::from_chars(line.data(), line.data() + line.size(), head_.status);
    return taken;
  }
  if (Trimmed(line).empty()) return TakeHead() ? taken : 0;
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    head_.headers.push_back(
        {Lower(Trimmed(line.substr(0, colon))), std::string(Trimmed(line.substr(colon + 1)))});
  }
  return taken;
}

// The blank line behind the headers.
bool Transfer::TakeHead() {
  if (head_.status < 200) return true;  // an interim answer; the real one follows
  head_done_ = true;
  last_byte = Clock::now();
  if (redirects_left_ > 0 && IsRedirect(head_.status)) {
    const auto location =
        std::find_if(head_.headers.begin(), head_.headers.end(),
                     [](const Header& header) { return header.name == "location"; });
    if (location != head_.headers.end()) {
      location_ = location->value;
      redirecting_ = true;
      return true;
    }
  }
  phase = Phase::kBody;
  loop->Reschedule(*this);
  loop->Wake(mailbox.PutHead(std::move(head_)));
  return true;
}

std::size_t Transfer::OnBody(char* bytes, std::size_t one, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->TakeBody({bytes, one * size});
}

std::size_t Transfer::TakeBody(std::string_view bytes) {
  const std::size_t most = redirecting_ ? kRedirectBodyBytesMax : request.bounds.body_bytes_max;
  if (bytes.size() > most - body_bytes_) {
    noted_ = Error{ErrorCode::kTooLarge,
                   url.Origin() + ": the answer is longer than " + std::to_string(most) + " bytes"};
    return 0;
  }
  if (!redirecting_) {
    Waiter waiter;
    if (!mailbox.Put(bytes, waiter)) {
      paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    loop->Wake(waiter);
  }
  body_bytes_ += bytes.size();
  last_byte = Clock::now();
  return bytes.size();
}

curl_socket_t Transfer::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.proxied_) {
    const auto target = FromSocket(address->addr);
    const auto& checked = transfer.addresses;
    if (!target || std::find(checked.begin(), checked.end(), *target) == checked.end()) {
      transfer.noted_ =
          Error{ErrorCode::kPermissionDenied, "egress refused: an address that was not checked"};
      return CURL_SOCKET_BAD;
    }
  }
  transfer.loop->CountConnection();
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

// Before each request, also on a connection that is used again: it may have been opened for a
// purpose that may reach more.
int Transfer::OnRequest(void* self, char* remote, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.proxied_) {
    const auto address = IpAddress::Parse(remote);
    Status checked = Error{ErrorCode::kPermissionDenied, "egress refused: unknown address"};
    if (address) {
      checked = transfer.guard_->CheckAnswer(transfer.url, {*address}, transfer.request.purpose,
                                             transfer.request.plain_http);
    }
    if (!checked) {
      transfer.noted_ = checked.error();
      return CURL_PREREQFUNC_ABORT;
    }
  }
  transfer.phase = Phase::kAsked;
  return CURL_PREREQFUNC_OK;
}

}  // namespace axonflow::outbound
