#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "store/database.h"

namespace axonflow::store::internal {

using Clock = std::chrono::steady_clock;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ResultDeleter>;

// What a connection is opened with. Role and node are the session's own defaults, so that RESET and
// DISCARD ALL lead back to them.
struct PostgresLogin {
  Secret url;
  std::string role;  // empty: the one that logs in
  std::string node;  // empty: none; writing audit rows then fails
  std::chrono::milliseconds statement_timeout{5'000};
};

// One connection with its prepared statements. Not thread-safe: whoever holds it is alone. No call
// waits beyond its deadline; one that had to give up leaves the connection unusable.
class PostgresConnection {
 public:
  struct Call {
    std::string_view sql;
    const std::vector<Value>* parameters = nullptr;  // nullptr: none
  };

  // Host names are looked up by the system's resolver, which has time limits of its own.
  static Result<std::unique_ptr<PostgresConnection>> Open(const PostgresLogin& login,
                                                          Clock::time_point deadline);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Sends all calls at once and waits for all answers: one round trip. Returns the answer of the
  // last; after the first that fails the rest are not run, and its error is returned.
  Result<PostgresResult> Run(std::span<const Call> calls, Clock::time_point deadline);

  // False once the connection is broken or its state is not known.
  bool usable() const { return usable_; }
  // Whether the server let a deadline pass.
  bool timed_out() const { return timed_out_; }
  // Whether the server has not said goodbye since the last call; costs one system call.
  bool StillOpen();

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Prepared {
    std::string name;
    int parameters = 0;
  };
  struct Sent {
    std::string_view sql;
    Prepared prepares;  // without a name: this only runs
  };

  explicit PostgresConnection(PGconn* connection) : connection_(connection) {}
  Status Send(const Call& call, std::vector<Sent>& sent);
  Result<PostgresResult> Receive(const std::vector<Sent>& sent, Clock::time_point deadline);
  const Prepared* Find(std::string_view sql, const std::vector<Sent>& sent) const;
  void NoteFailure(const PGresult* result);
  Status AwaitAnswer(Clock::time_point deadline);
  Error Lost();

  PGconn* connection_;
  bool usable_ = true;
  bool timed_out_ = false;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> prepared_;  // by text
  std::uint64_t last_name_ = 0;
};

// The error of a statement. The server's details hold values of rows and are left out.
Error ErrorOf(const PGresult* result);

// The rows of an answer.
class PostgresRow final : public Row {
 public:
  explicit PostgresRow(const PGresult* result) : result_(result) {}
  void MoveTo(int row) { row_ = row; }

  bool IsNull(int column) const override;
  std::int64_t Int(int column) const override;
  double Double(int column) const override;
  std::string_view Text(int column) const override;

 private:
  const PGresult* result_;
  int row_ = 0;
};

}  // namespace axonflow::store::internal
