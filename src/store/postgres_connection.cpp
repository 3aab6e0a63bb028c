#include "store/postgres_connection.h"

#include <poll.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "store/postgres_values.h"

namespace axonflow::store::internal {

namespace {

// Searches combine filters into many texts; the bound keeps the server's memory from growing.
constexpr std::size_t kStatementsMax = 256;
constexpr int kBinaryFormat = 1;

// Types of columns, by their fixed ids in pg_type.
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kNumeric = 1700;

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

Error Unavailable(std::string message) {
  return Error{ErrorCode::kUnavailable, "postgresql: " + std::move(message)};
}

// Waits until the socket is ready for `events`; false at the deadline.
bool AwaitSocket(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd descriptor{socket, events, 0};
    const int ready =
        ::poll(&descriptor, 1, static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the call that follows says what is wrong
    if (left <= 0) return false;
  }
}

// What is set for the session beside what the URL sets.
std::string OptionsFor(const PostgresLogin& login, std::string_view from_url) {
  const auto timeout = std::to_string(login.statement_timeout.count());
  std::string options(from_url);
  options += " -c statement_timeout=" + timeout + " -c lock_timeout=" + timeout +
             " -c idle_in_transaction_session_timeout=60000 -c client_min_messages=warning" +
             " -c TimeZone=UTC -c standard_conforming_strings=on";
  if (!login.node.empty()) options += " -c app.node=" + login.node;
  if (!login.role.empty()) options += " -c role=" + login.role;
  return options;
}

Result<std::string> OptionsOfUrl(const std::string& url) {
  char* complaint = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(url.c_str(), &complaint);
  if (parsed == nullptr) {
    // The complaint quotes the URL, which holds the password.
    PQfreemem(complaint);
    return Error{ErrorCode::kInvalidArgument, "postgresql: the database URL cannot be read"};
  }
  std::string options;
  for (const PQconninfoOption* option = parsed; option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "options" && option->val != nullptr) {
      options = option->val;
    }
  }
  PQconninfoFree(parsed);
  return options;
}

Status FinishConnecting(PGconn* connection, Clock::time_point deadline) {
  for (;;) {
    switch (PQconnectPoll(connection)) {
      case PGRES_POLLING_OK:
        return {};
      case PGRES_POLLING_FAILED:
        return Unavailable("cannot connect: " + FirstLine(PQerrorMessage(connection)));
      case PGRES_POLLING_READING:
        if (!AwaitSocket(PQsocket(connection), POLLIN, deadline)) {
          return Unavailable("the server did not answer in time");
        }
        break;
      default:
        if (!AwaitSocket(PQsocket(connection), POLLOUT, deadline)) {
          return Unavailable("the server cannot be reached in time");
        }
    }
  }
}

ErrorCode CodeOfState(std::string_view state) {
  constexpr std::pair<std::string_view, ErrorCode> kCodes[] = {
      {"23", ErrorCode::kConflict},             // integrity
      {"42501", ErrorCode::kPermissionDenied},  // privileges and row-level security
      {"08", ErrorCode::kUnavailable},          // connection
      {"0A000", ErrorCode::kUnavailable},       // a prepared plan whose table has changed
      {"25006", ErrorCode::kUnavailable},       // read only, as on a standby
      {"26000", ErrorCode::kUnavailable},       // a prepared statement that somebody took away
      {"40", ErrorCode::kUnavailable},          // serialization, deadlock
      {"53", ErrorCode::kUnavailable},          // resources
      {"55P03", ErrorCode::kUnavailable},       // lock not available in time
      {"57", ErrorCode::kUnavailable},          // cancelled, shut down, starting up
      {"58", ErrorCode::kUnavailable},          // the disk
      {"54", ErrorCode::kTooLarge},             // limits of the program
      {"XX001", ErrorCode::kCorrupt},
      {"XX002", ErrorCode::kCorrupt},
  };
  for (const auto& [prefix, code] : kCodes) {
    if (state.starts_with(prefix)) return code;
  }
  return ErrorCode::kInternal;
}

// The highest number N of a $N in the text. One that stands in a quoted text counts as well, and
// the server then refuses the call.
int ParametersOf(std::string_view sql) {
  int highest = 0;
  for (std::size_t at = sql.find('$'); at != std::string_view::npos; at = sql.find('$', at + 1)) {
    int number = 0;
    std::from_chars(sql.data() + at + 1, sql.data() + sql.size(), number);
    highest = std::max(highest, number);
  }
  return highest;
}

template <typename Unsigned>
Unsigned BigEndian(const char* bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

}  // namespace

Error ErrorOf(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr) {
    return Unavailable(FirstLine(PQresultErrorMessage(result)));
  }
  return Error{CodeOfState(state),
               std::string("postgresql: ") + (message == nullptr ? "failed" : message)};
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const PostgresLogin& login,
                                                                     Clock::time_point deadline) {
  const std::string url(login.url.Reveal());
  const auto of_url = OptionsOfUrl(url);
  if (!of_url) return of_url.error();
  const std::string options = OptionsFor(login, *of_url);
  const char* const names[] = {"dbname",
                               "options",
                               "client_encoding",
                               "fallback_application_name",
                               "keepalives_idle",
                               "tcp_user_timeout",
                               nullptr};
  const char* const values[] = {url.c_str(), options.c_str(), "UTF8", "axonflow",
                                "10",        "15000",         nullptr};
  PGconn* raw = PQconnectStartParams(names, values, 1);
  if (raw == nullptr) return Unavailable("out of memory");
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(raw));
  if (PQstatus(raw) == CONNECTION_BAD) {
    return Unavailable("cannot connect: " + FirstLine(PQerrorMessage(raw)));
  }
  if (auto connected = FinishConnecting(raw, deadline); !connected) return connected.error();
  PQsetnonblocking(raw, 1);
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  if (PQenterPipelineMode(raw) != 1) return connection->Lost();
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

Error PostgresConnection::Lost() {
  usable_ = false;
  return Unavailable(FirstLine(PQerrorMessage(connection_)));
}

bool PostgresConnection::StillOpen() {
  pollfd descriptor{PQsocket(connection_), POLLIN, 0};
  if (::poll(&descriptor, 1, 0) == 0) return usable_;
  // Between calls the server only speaks to say goodbye or to report a changed setting.
  if (PQconsumeInput(connection_) == 0 || PQstatus(connection_) != CONNECTION_OK) usable_ = false;
  while (PGnotify* notice = PQnotifies(connection_)) PQfreemem(notice);
  return usable_ && PQisBusy(connection_) == 0;
}

// nullptr when it has not been prepared.
const PostgresConnection::Prepared* PostgresConnection::Find(std::string_view sql,
                                                             const std::vector<Sent>& sent) const {
  for (const Sent& earlier : sent) {
    if (!earlier.prepares.name.empty() && earlier.sql == sql) return &earlier.prepares;
  }
  const auto found = prepared_.find(sql);
  return found == prepared_.end() ? nullptr : &found->second;
}

Status PostgresConnection::Send(const Call& call, std::vector<Sent>& sent) {
  static const std::vector<Value> kNone;
  Prepared prepared;
  if (const Prepared* found = Find(call.sql, sent)) {
    prepared = *found;
  } else {
    prepared = {"s" + std::to_string(++last_name_), ParametersOf(call.sql)};
    const std::string text(call.sql);
    if (PQsendPrepare(connection_, prepared.name.c_str(), text.c_str(), 0, nullptr) != 1) {
      return Lost();
    }
    sent.push_back({call.sql, prepared});
  }
  const PostgresParameters parameters(call.parameters == nullptr ? kNone : *call.parameters);
  if (parameters.count() < prepared.parameters) {
    usable_ = false;  // what is queued already must not run
    return Error{ErrorCode::kInternal, "postgresql: a parameter has no value"};
  }
  // Values beyond those that the text names are not looked at, as on SQLite.
  if (PQsendQueryPrepared(connection_, prepared.name.c_str(), prepared.parameters,
                          parameters.addresses(), parameters.lengths(), parameters.formats(),
                          kBinaryFormat) != 1) {
    return Lost();
  }
  sent.push_back({call.sql, {}});
  return {};
}

Result<PostgresResult> PostgresConnection::Run(std::span<const Call> calls,
                                               Clock::time_point deadline) {
  static constexpr std::string_view kForget = "DEALLOCATE ALL";
  std::vector<Sent> sent;
  if (prepared_.size() >= kStatementsMax) {
    prepared_.clear();
    if (PQsendQueryParams(connection_, kForget.data(), 0, nullptr, nullptr, nullptr, nullptr,
                          kBinaryFormat) != 1) {
      return Lost();
    }
    sent.push_back({kForget, {}});
  }
  for (const Call& call : calls) {
    if (auto queued = Send(call, sent); !queued) return queued.error();
  }
  if (PQpipelineSync(connection_) != 1) return Lost();
  return Receive(sent, deadline);
}

// Sends what is left to send and waits until the next answer is there.
Status PostgresConnection::AwaitAnswer(Clock::time_point deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return Lost();
    if (PQisBusy(connection_) == 0) return {};
    const short events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
    if (!AwaitSocket(PQsocket(connection_), events, deadline)) {
      usable_ = false;
      timed_out_ = true;
      return Unavailable("the server did not answer in time");
    }
    if (PQconsumeInput(connection_) == 0) return Lost();
  }
}

// After some errors the same connection would go on failing.
void PostgresConnection::NoteFailure(const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "" : field;
  if (state.empty() || state == "0A000" || state == "26000" || state.starts_with("57P")) {
    usable_ = false;
  }
}

Result<PostgresResult> PostgresConnection::Receive(const std::vector<Sent>& sent,
                                                   Clock::time_point deadline) {
  PostgresResult last;
  Status outcome;
  for (std::size_t i = 0; i <= sent.size();) {
    if (auto there = AwaitAnswer(deadline); !there) return there.error();
    PostgresResult result(PQgetResult(connection_));
    if (result == nullptr) {  // the end of one statement's answers
      if (PQstatus(connection_) != CONNECTION_OK) return Lost();
      ++i;
      continue;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        i = sent.size() + 1;
        break;
      case PGRES_EMPTY_QUERY:  // white space or a comment
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        if (i < sent.size() && !sent[i].prepares.name.empty()) {
          prepared_.insert_or_assign(std::string(sent[i].sql), sent[i].prepares);
        }
        last = std::move(result);
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        if (outcome.ok()) outcome = ErrorOf(result.get());
        NoteFailure(result.get());
    }
  }
  if (!outcome.ok()) return outcome.error();
  if (last == nullptr) return Lost();
  return last;
}

bool PostgresRow::IsNull(int column) const { return PQgetisnull(result_, row_, column) != 0; }

std::int64_t PostgresRow::Int(int column) const {
  if (IsNull(column)) return 0;
  const char* bytes = PQgetvalue(result_, row_, column);
  switch (PQftype(result_, column)) {
    case kInt8:
      return static_cast<std::int64_t>(BigEndian<std::uint64_t>(bytes));
    case kInt4:
      return static_cast<std::int32_t>(BigEndian<std::uint32_t>(bytes));
    case kInt2:
      return static_cast<std::int16_t>(BigEndian<std::uint16_t>(bytes));
    case kBool:
      return bytes[0] != 0;
    case kNumeric:
      return IntegerOfNumeric(Text(column));
    case kFloat4:
    case kFloat8:
      return static_cast<std::int64_t>(Double(column));
    default:
      return std::strtoll(bytes, nullptr, 10);
  }
}

double PostgresRow::Double(int column) const {
  if (IsNull(column)) return 0;
  const char* bytes = PQgetvalue(result_, row_, column);
  switch (PQftype(result_, column)) {
    case kFloat8:
      return std::bit_cast<double>(BigEndian<std::uint64_t>(bytes));
    case kFloat4:
      return std::bit_cast<float>(BigEndian<std::uint32_t>(bytes));
    default:
      return static_cast<double>(Int(column));
  }
}

std::string_view PostgresRow::Text(int column) const {
  if (IsNull(column)) return {};
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

}  // namespace axonflow::store::internal
