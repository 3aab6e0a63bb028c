#include "store/postgres_pool.h"

#include <algorithm>
#include <utility>

namespace axonflow::store::internal {

namespace {

constexpr std::chrono::milliseconds kPauseMin{100};
constexpr std::chrono::milliseconds kPauseMax{2'000};

}  // namespace

Status Availability::Admit(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!away_) return {};
  if (now < next_try_) {
    return Error{ErrorCode::kUnavailable, "postgresql: the server is away"};
  }
  // The others wait for what this one finds out.
  next_try_ = now + kPauseMax;
  return {};
}

void Availability::Reached() {
  const std::lock_guard lock(mutex_);
  away_ = false;
  pause_ = std::chrono::milliseconds(0);
}

void Availability::Missed(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  away_ = true;
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  next_try_ = now + pause_;
}

PostgresPool::PostgresPool(PostgresLogin login, std::size_t connections_max,
                           std::chrono::milliseconds connect_timeout, Availability& availability)
    : login_(std::move(login)),
      connections_max_(connections_max),
      connect_timeout_(connect_timeout),
      availability_(availability) {}

Result<std::unique_ptr<PostgresConnection>> PostgresPool::Connect(Clock::time_point deadline) {
  auto opened =
      PostgresConnection::Open(login_, std::min(deadline, Clock::now() + connect_timeout_));
  if (opened) return opened;
  availability_.Missed(Clock::now());
  {
    const std::lock_guard lock(mutex_);
    --open_;
  }
  free_.notify_one();
  return opened;
}

Result<PostgresPool::Lease> PostgresPool::Borrow(Clock::time_point deadline) {
  if (auto admitted = availability_.Admit(Clock::now()); !admitted) return admitted.error();
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool available = free_.wait_until(
        lock, deadline, [&] { return !idle_.empty() || open_ < connections_max_; });
    if (!available) {
      return Error{ErrorCode::kUnavailable, "postgresql: no connection became free in time"};
    }
    if (idle_.empty()) break;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->StillOpen()) return Lease{std::move(connection), true};
    --open_;
  }
  ++open_;
  lock.unlock();
  auto connection = Connect(deadline);
  if (!connection) return connection.error();
  return Lease{std::move(*connection), false};
}

void PostgresPool::Return(std::unique_ptr<PostgresConnection> connection) {
  {
    const std::lock_guard lock(mutex_);
    if (connection->usable()) {
      idle_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  free_.notify_one();
}

void PostgresPool::Discard(std::unique_ptr<PostgresConnection> connection) {
  connection.reset();
  {
    const std::lock_guard lock(mutex_);
    --open_;
  }
  free_.notify_one();
}

Result<std::unique_ptr<PostgresConnection>> PostgresPool::Replace(
    std::unique_ptr<PostgresConnection> dead, Clock::time_point deadline) {
  dead.reset();
  return Connect(deadline);
}

}  // namespace axonflow::store::internal
