#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/outbound/client.h"
#include "net/outbound/mailbox.h"

namespace axonflow::outbound {

// Where a transfer stands, for the deadline that applies.
enum class Phase : std::uint8_t { kNew, kNaming, kConnecting, kAsked, kBody, kOver };

// One request on its way, over as many hops as its redirects. Its mailbox is shared with the
// reader; everything else belongs to the loop's thread once it was submitted.
class Transfer : public std::enable_shared_from_this<Transfer> {
 public:
  using Clock = std::chrono::steady_clock;
  using DeadlineIndex = std::multimap<Clock::time_point, std::shared_ptr<Transfer>>;

  Transfer(Request request_in, Url url_in, std::shared_ptr<Loop> loop_in, Executor* pinned_in);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // When the loop has to look at it again.
  Clock::time_point NextDeadline() const;
  // What is said when that moment came.
  Error DeadlineError() const;

  // Sets every option of `handle` for the present hop. `addresses` must be set.
  Status Configure(CURL* handle, const ClientOptions& options);
  // Frees what Configure made; overwrites the header lines.
  void ReleaseLists();
  // Whether the answer of this hop is a redirect that is to be followed.
  bool redirecting() const { return redirecting_; }
  // Makes the request that the redirect asks for.
  Status FollowRedirect(const EgressGuard& guard);
  // Overwrites the values of the request's headers and its body.
  void WipeRequest();
  // What went wrong, by libcurl's code or by what a callback noted before it.
  Error FailureOf(CURLcode code) const;

  Request request;
  Url url;
  const std::shared_ptr<Loop> loop;
  Executor* const pinned;  // where all of its waits go on; null: where they began
  Mailbox mailbox;

  CURL* easy = nullptr;
  std::vector<IpAddress> addresses;  // checked; sockets go nowhere else
  Phase phase = Phase::kNew;
  Clock::time_point started;
  Clock::time_point hop_started;
  Clock::time_point last_byte;
  bool paused = false;
  std::optional<DeadlineIndex::iterator> deadline;

 private:
  static std::size_t OnHeader(char* bytes, std::size_t one, std::size_t size, void* self);
  static std::size_t OnBody(char* bytes, std::size_t one, std::size_t size, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype type, curl_sockaddr* address);
  static int OnRequest(void* self, char* remote, char* local, int remote_port, int local_port);

  std::size_t TakeHeaderLine(std::string_view line);
  bool TakeHead();
  std::size_t TakeBody(std::string_view bytes);
  Status ConfigureMethod(CURL* handle);
  Status ConfigureHeaders(CURL* handle);
  Status ConfigureAddresses(CURL* handle, bool proxied);

  bool proxied_ = false;
  const EgressGuard* guard_ = nullptr;
  curl_slist* header_lines_ = nullptr;
  curl_slist* address_lines_ = nullptr;
  Head head_;
  bool head_done_ = false;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  int redirects_left_ = 0;
  bool redirecting_ = false;
  std::string location_;
  std::optional<Error> noted_;
};

}  // namespace axonflow::outbound
