#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace axonflow::store::internal {

// One SQLite connection with its prepared statements. Not thread-safe: whoever holds it is alone.
class SqliteConnection final : public Transaction {
 public:
  enum class Mode { kWriter, kReader };

  static Result<std::unique_ptr<SqliteConnection>> Open(const std::filesystem::path& file,
                                                        Mode mode);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<std::int64_t> Execute(std::string_view sql, const std::vector<Value>& parameters) override;
  Status Query(std::string_view sql, const std::vector<Value>& parameters,
               const std::function<void(const Row&)>& on_row) override;

  // Runs `body` between `begin` and COMMIT; rolls back when it fails or throws.
  Status Run(std::string_view begin, const std::function<Status(Transaction&)>& body);

  // SQLite's own mark of commits by others; unchanged by commits of this connection.
  Result<std::int64_t> DataVersion();

 private:
  struct Statement;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  explicit SqliteConnection(sqlite3* database);
  Result<std::shared_ptr<Statement>> Prepare(std::string_view sql);
  Status Bind(Statement& statement, const std::vector<Value>& parameters);
  Error LastError(int code) const;

  sqlite3* database_;
  std::unordered_map<std::string, std::shared_ptr<Statement>, TextHash, std::equal_to<>>
      statements_;
};

}  // namespace axonflow::store::internal
