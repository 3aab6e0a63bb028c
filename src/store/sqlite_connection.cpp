#include "store/sqlite_connection.h"

#include <charconv>
#include <exception>

#include "store/sqlite.h"

namespace axonflow::store::internal {

namespace {

// Searches combine filters into many texts; the bound keeps the cache from growing with them.
constexpr std::size_t kStatementsMax = 256;
constexpr int kParametersMax = 2'048;

ErrorCode CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return ErrorCode::kConflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorrupt;
    case SQLITE_TOOBIG:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kInternal;
  }
}

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  bool IsNull(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }
  double Double(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view Text(int column) const override {
    // For text, too, column_blob returns the stored bytes, without looking for a NUL.
    const void* bytes = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(static_cast<const char*>(bytes), size);
  }

 private:
  sqlite3_stmt* statement_;
};

struct ValueBinder {
  sqlite3_stmt* statement;
  int index;

  // SQLITE_STATIC: the caller's parameters outlive the one step loop of the call.
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(const std::string& value) const { return Text(value); }
  int operator()(const TextView& value) const { return Text(value.text); }
  int operator()(const Blob& value) const { return Bytes(value.bytes); }
  int operator()(const BlobView& value) const { return Bytes(value.bytes); }

  // Without an address SQLite would bind NULL, so an empty view gets one.
  static const char* Address(std::string_view bytes) {
    return bytes.data() == nullptr ? "" : bytes.data();
  }
  int Text(std::string_view text) const {
    return sqlite3_bind_text64(statement, index, Address(text), text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int Bytes(std::string_view bytes) const {
    return sqlite3_bind_blob64(statement, index, Address(bytes), bytes.size(), SQLITE_STATIC);
  }
};

}  // namespace

struct SqliteConnection::Statement {
  sqlite3_stmt* handle = nullptr;
  std::vector<int>
      numbers;  // of each SQLite parameter: 1 for $1. SQLite counts by first appearance.

  ~Statement() { sqlite3_finalize(handle); }
};

SqliteConnection::SqliteConnection(sqlite3* database) : database_(database) {}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close_v2(database_);
}

Error SqliteConnection::LastError(int code) const {
  return Error{CodeOf(code), std::string("sqlite: ") + sqlite3_errmsg(database_)};
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::filesystem::path& file,
                                                                 Mode mode) {
  sqlite3* handle = nullptr;
  // NOMUTEX: the owner of a connection is the only one to use it.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  if (code != SQLITE_OK) {
    Error error{CodeOf(code),
                "sqlite: cannot open " + file.string() + ": " +
                    (handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code))};
    sqlite3_close_v2(handle);
    return error;
  }
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(kLockTimeout.count()));
  std::string pragmas =
      // Four system calls move a page through the log into the file, so large ones cost less a row.
      "PRAGMA page_size=16384;"
      "PRAGMA journal_mode=WAL;"
      "PRAGMA synchronous=FULL;"
      "PRAGMA foreign_keys=ON;"
      "PRAGMA trusted_schema=OFF;"
      "PRAGMA temp_store=MEMORY;"
      // 16 MiB of log between checkpoints: a page that many commits touch is copied back once.
      "PRAGMA wal_autocheckpoint=1024;"
      "PRAGMA journal_size_limit=67108864;"
      "PRAGMA cache_size=-8192;";
  if (mode == Mode::kReader) pragmas += "PRAGMA query_only=ON;";
  const int configured = sqlite3_exec(handle, pragmas.c_str(), nullptr, nullptr, nullptr);
  if (configured != SQLITE_OK) return connection->LastError(configured);
  return connection;
}

Result<std::shared_ptr<SqliteConnection::Statement>> SqliteConnection::Prepare(
    std::string_view sql) {
  const auto found = statements_.find(sql);
  // A statement that is being stepped further up the stack must not be reset under its reader.
  if (found != statements_.end() && !sqlite3_stmt_busy(found->second->handle)) return found->second;

  auto statement = std::make_shared<Statement>();
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement->handle, &rest);
  if (code != SQLITE_OK) return LastError(code);
  const std::string_view unread(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
  if (unread.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return Error{ErrorCode::kInternal, "sqlite: more than one statement in a call"};
  }
  const int count = sqlite3_bind_parameter_count(statement->handle);
  for (int i = 1; i <= count; ++i) {
    const char* name = sqlite3_bind_parameter_name(statement->handle, i);
    const std::string_view text = name == nullptr ? "" : name;
    int number = 0;
    const bool numbered = text.size() > 1 && text[0] == '$' &&
                          std::from_chars(text.data() + 1, text.data() + text.size(), number).ptr ==
                              text.data() + text.size();
    if (!numbered || number < 1 || number > kParametersMax) {
      return Error{ErrorCode::kInternal, "sqlite: parameters are written $1, $2, ..."};
    }
    statement->numbers.push_back(number);
  }
  if (found == statements_.end()) {
    if (statements_.size() >= kStatementsMax) statements_.clear();
    statements_.emplace(std::string(sql), statement);
  }
  return statement;
}

Status SqliteConnection::Bind(Statement& statement, const std::vector<Value>& parameters) {
  for (std::size_t i = 0; i < statement.numbers.size(); ++i) {
    const auto number = static_cast<std::size_t>(statement.numbers[i]);
    if (number > parameters.size()) {
      return Error{ErrorCode::kInternal,
                   "sqlite: parameter $" + std::to_string(number) + " has no value"};
    }
    const int code =
        std::visit(ValueBinder{statement.handle, static_cast<int>(i) + 1}, parameters[number - 1]);
    if (code != SQLITE_OK) return LastError(code);
  }
  return {};
}

Result<std::int64_t> SqliteConnection::Execute(std::string_view sql,
                                               const std::vector<Value>& parameters) {
  const auto statement = Prepare(sql);
  if (!statement) return statement.error();
  sqlite3_stmt* handle = (*statement)->handle;
  if (handle == nullptr) return std::int64_t{0};  // white space or a comment
  if (const auto bound = Bind(**statement, parameters); !bound) return bound.error();
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(handle);
  if (code != SQLITE_DONE) {
    const auto error = LastError(code);
    sqlite3_reset(handle);
    return error;
  }
  sqlite3_reset(handle);
  return static_cast<std::int64_t>(sqlite3_changes64(database_));
}

Status SqliteConnection::Query(std::string_view sql, const std::vector<Value>& parameters,
                               const std::function<void(const Row&)>& on_row) {
  const auto statement = Prepare(sql);
  if (!statement) return statement.error();
  sqlite3_stmt* handle = (*statement)->handle;
  if (handle == nullptr) return {};
  if (const auto bound = Bind(**statement, parameters); !bound) return bound.error();
  struct Resetter {
    sqlite3_stmt* handle;
    ~Resetter() { sqlite3_reset(handle); }
  } resetter{handle};
  const SqliteRow row(handle);
  int code = sqlite3_step(handle);
  while (code == SQLITE_ROW) {
    on_row(row);
    code = sqlite3_step(handle);
  }
  if (code != SQLITE_DONE) return LastError(code);
  return {};
}

Status SqliteConnection::Run(std::string_view begin,
                             const std::function<Status(Transaction&)>& body) {
  if (const auto begun = Execute(begin, {}); !begun) return begun.error();
  Status outcome;
  try {
    outcome = body(*this);
    if (outcome.ok()) {
      const auto committed = Execute("COMMIT", {});
      if (committed) return {};
      outcome = committed.error();
    }
  } catch (const std::exception& exception) {
    outcome = Error{ErrorCode::kInternal, std::string("transaction: ") + exception.what()};
  }
  // Some failures (a full disk) have rolled back by themselves.
  if (sqlite3_get_autocommit(database_) == 0) {
    const auto undone = Execute("ROLLBACK", {});
    if (!undone) return undone.error();
  }
  return outcome;
}

Result<std::int64_t> SqliteConnection::DataVersion() {
  std::int64_t version = 0;
  const auto status =
      Query("PRAGMA data_version", {}, [&](const Row& row) { version = row.Int(0); });
  if (!status) return status.error();
  return version;
}

}  // namespace axonflow::store::internal
