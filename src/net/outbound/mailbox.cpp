#include "net/outbound/mailbox.h"

#include <utility>

namespace axonflow::outbound {

Waiter Mailbox::TakeWaiter() { return std::exchange(waiter_, Waiter{}); }

Waiter Mailbox::PutHead(Head head) {
  const std::lock_guard lock(mutex_);
  head_ = std::move(head);
  has_head_ = true;
  return TakeWaiter();
}

bool Mailbox::Put(std::string_view bytes, Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= waiting_bytes_max_) {
    full_ = true;
    return false;
  }
  waiting_.append(bytes);
  waiter = TakeWaiter();
  return true;
}

Waiter Mailbox::End(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  if (ended_) return {};
  ended_ = true;
  error_ = std::move(error);
  return TakeWaiter();
}

bool Mailbox::WaitForHead(Waiter waiter) {
  const std::lock_guard lock(mutex_);
  if (has_head_ || ended_) return false;
  waiter_ = waiter;
  return true;
}

bool Mailbox::WaitForBytes(Waiter waiter) {
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty() || ended_) return false;
  waiter_ = waiter;
  return true;
}

bool Mailbox::Forget() {
  const std::lock_guard lock(mutex_);
  return static_cast<bool>(TakeWaiter().handle);
}

std::optional<Error> Mailbox::HeadError() const {
  const std::lock_guard lock(mutex_);
  if (has_head_) return std::nullopt;
  if (error_) return error_;
  return Error{ErrorCode::kUnavailable, "the connection ended before an answer"};
}

Result<std::string> Mailbox::Take(bool& wants_more) {
  const std::lock_guard lock(mutex_);
  wants_more = std::exchange(full_, false);
  if (waiting_.empty() && error_) return *error_;
  return std::exchange(waiting_, std::string());
}

bool Mailbox::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace axonflow::outbound
