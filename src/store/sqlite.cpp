#include "store/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <vector>

#include "store/sqlite_connection.h"

namespace axonflow::store {

namespace {

using internal::SqliteConnection;

constexpr std::size_t kReadersMax = 4;
constexpr std::chrono::milliseconds kPollLockTimeout{20};

Error NoTurn(std::string_view what) {
  return Error{ErrorCode::kUnavailable, "sqlite: no " + std::string(what) + " became free in time"};
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, std::unique_ptr<SqliteConnection> writer)
      : file_(std::move(file)), writer_(std::move(writer)) {}

  Status Write(const OrgScope& scope, const std::function<Status(Transaction&)>& body) override {
    if (scope.org.empty()) return Error{ErrorCode::kInvalidArgument, "org id is blank"};
    return RunWriter(body, true);
  }
  Status Read(const OrgScope& scope, const std::function<Status(Transaction&)>& body) override {
    if (scope.org.empty()) return Error{ErrorCode::kInvalidArgument, "org id is blank"};
    return RunReader(body);
  }
  Status WriteAsPlatform(std::string_view purpose,
                         const std::function<Status(Transaction&)>& body) override {
    return RunWriter(body, purpose != kAuditShipping);
  }
  Status ReadAsPlatform(std::string_view /*purpose*/,
                        const std::function<Status(Transaction&)>& body) override {
    return RunReader(body);
  }

  Result<std::int64_t> ChangeCounter() override {
    const WriterTurn turn(*this, kPollLockTimeout);
    // A busy writer is asked at the next poll.
    if (!turn.taken()) return changes_.load();
    const auto version = writer_->DataVersion();
    if (!version) return version.error();
    if (*version != data_version_) {
      data_version_ = *version;
      ++changes_;
    }
    return changes_.load();
  }

 private:
  // The writer connection for as long as it lives, if it came free in time. Not a timed_mutex:
  // ThreadSanitizer does not see how those are taken.
  class WriterTurn {
   public:
    WriterTurn(SqliteDatabase& database, std::chrono::milliseconds timeout) : database_(database) {
      std::unique_lock lock(database_.writer_mutex_);
      taken_ =
          database_.writer_free_.wait_for(lock, timeout, [&] { return !database_.writer_busy_; });
      if (taken_) database_.writer_busy_ = true;
    }
    ~WriterTurn() {
      if (!taken_) return;
      {
        const std::lock_guard lock(database_.writer_mutex_);
        database_.writer_busy_ = false;
      }
      database_.writer_free_.notify_one();
    }
    WriterTurn(const WriterTurn&) = delete;
    WriterTurn& operator=(const WriterTurn&) = delete;
    bool taken() const { return taken_; }

   private:
    SqliteDatabase& database_;
    bool taken_ = false;
  };

  Status RunWriter(const std::function<Status(Transaction&)>& body, bool counts) {
    const WriterTurn turn(*this, kLockTimeout);
    if (!turn.taken()) return NoTurn("writer");
    auto status = writer_->Run("BEGIN IMMEDIATE", body);
    if (status.ok() && counts) ++changes_;
    return status;
  }

  Status RunReader(const std::function<Status(Transaction&)>& body) {
    auto reader = BorrowReader();
    if (!reader) return reader.error();
    auto status = (*reader)->Run("BEGIN", body);
    {
      const std::lock_guard lock(readers_mutex_);
      idle_readers_.push_back(std::move(*reader));
    }
    reader_free_.notify_one();
    return status;
  }

  Result<std::unique_ptr<SqliteConnection>> BorrowReader() {
    std::unique_lock lock(readers_mutex_);
    const bool available = reader_free_.wait_for(
        lock, kLockTimeout, [&] { return !idle_readers_.empty() || readers_ < kReadersMax; });
    if (!available) return NoTurn("reader");
    if (!idle_readers_.empty()) {
      auto reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
    ++readers_;
    lock.unlock();
    auto opened = SqliteConnection::Open(file_, SqliteConnection::Mode::kReader);
    if (!opened) {
      const std::lock_guard relock(readers_mutex_);
      --readers_;
      reader_free_.notify_one();
    }
    return opened;
  }

  const std::filesystem::path file_;
  std::mutex writer_mutex_;
  std::condition_variable writer_free_;
  bool writer_busy_ = false;
  std::unique_ptr<SqliteConnection> writer_;
  std::int64_t data_version_ = 0;
  std::atomic<std::int64_t> changes_{0};

  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_readers_;
  std::size_t readers_ = 0;
};

// SQLite gives its side files the mode of the database file, so creating that one first is enough.
Status CreatePrivately(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return Error{ErrorCode::kUnavailable,
                 "sqlite: cannot open " + file.string() + ": " + std::strerror(errno)};
  }
  ::close(descriptor);
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(const std::filesystem::path& file) {
  // SQLite's count of its own memory takes a lock at every allocation. Refused once SQLite is in
  // use, which costs a little speed and nothing else.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)uncounted;
  if (const auto created = CreatePrivately(file); !created) return created.error();
  auto writer = SqliteConnection::Open(file, SqliteConnection::Mode::kWriter);
  if (!writer) return writer.error();
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(file, std::move(*writer)));
}

}  // namespace axonflow::store
