#pragma once

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "net/outbound/client.h"

namespace axonflow::outbound {

// A coroutine that waits, and where it goes on.
struct Waiter {
  std::coroutine_handle<> handle;
  Executor* executor = nullptr;
};

// The status line and headers of an answer.
struct Head {
  int status = 0;
  int http_major = 1;
  std::vector<Header> headers;
};

// What the client's thread has for the reader of one answer: the head, then bytes, then the end.
// Thread-safe; one reader.
class Mailbox {
 public:
  explicit Mailbox(std::size_t waiting_bytes_max) : waiting_bytes_max_(waiting_bytes_max) {}

  // For the client's thread. What they return is to be resumed, unless its handle is empty.
  Waiter PutHead(Head head);
  // False when as many bytes wait as may: nothing was taken, and the reader asks for more later.
  bool Put(std::string_view bytes, Waiter& waiter);
  Waiter End(std::optional<Error> error);

  // For the reader. Wait returns false when there is no need to wait, else keeps `waiter` until one
  // of the calls above; Forget takes it back.
  bool WaitForHead(Waiter waiter);
  bool WaitForBytes(Waiter waiter);
  // False when it was already taken, to be resumed by who took it.
  bool Forget();
  // The error that came instead of a head.
  std::optional<Error> HeadError() const;
  // The bytes that wait, empty at the end, or the error behind the last byte. `wants_more` says
  // that the other side had stopped for want of room.
  Result<std::string> Take(bool& wants_more);
  bool ended() const;
  // Fixed once WaitForHead is over without an error.
  const Head& head() const { return head_; }

 private:
  Waiter TakeWaiter();

  const std::size_t waiting_bytes_max_;
  mutable std::mutex mutex_;
  Head head_;
  bool has_head_ = false;
  std::string waiting_;
  bool full_ = false;
  bool ended_ = false;
  std::optional<Error> error_;
  Waiter waiter_;
};

}  // namespace axonflow::outbound
