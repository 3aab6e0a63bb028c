#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "store/postgres_connection.h"

namespace axonflow::store::internal {

// Whether the server can be reached, as the last calls saw it. While it cannot, most callers are
// turned away at once: each of them would wait for its whole deadline otherwise. Thread-safe.
class Availability {
 public:
  // Fails while the server is away, except for one caller now and then, who tries.
  Status Admit(Clock::time_point now);
  void Reached();
  void Missed(Clock::time_point now);

 private:
  std::mutex mutex_;
  bool away_ = false;
  std::chrono::milliseconds pause_{0};
  Clock::time_point next_try_;
};

// Connections that log in alike. Thread-safe.
class PostgresPool {
 public:
  PostgresPool(PostgresLogin login, std::size_t connections_max,
               std::chrono::milliseconds connect_timeout, Availability& availability);

  struct Lease {
    std::unique_ptr<PostgresConnection> connection;
    bool reused = false;  // it may have died while nobody looked
  };

  // An open connection. Waits until the deadline when all are in use.
  Result<Lease> Borrow(Clock::time_point deadline);
  // A connection that is not usable is closed.
  void Return(std::unique_ptr<PostgresConnection> connection);
  void Discard(std::unique_ptr<PostgresConnection> connection);
  // A new connection in place of one that turned out to be dead.
  Result<std::unique_ptr<PostgresConnection>> Replace(std::unique_ptr<PostgresConnection> dead,
                                                      Clock::time_point deadline);
  Availability& availability() { return availability_; }
  const PostgresLogin& login() const { return login_; }

 private:
  Result<std::unique_ptr<PostgresConnection>> Connect(Clock::time_point deadline);

  const PostgresLogin login_;
  const std::size_t connections_max_;
  const std::chrono::milliseconds connect_timeout_;
  Availability& availability_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t open_ = 0;  // idle and lent
};

}  // namespace axonflow::store::internal
