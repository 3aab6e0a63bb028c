#include <string>

#include "cli/doctor_checks.h"

namespace axonflow::cli {

Result<std::string> IntegrityReport(store::Database& database) {
  std::string first;
  const Status read = database.ReadAsPlatform(
      "doctor: integrity of the file, no rows are shown",
      [&first](store::Transaction& transaction) {
        // PostgreSQL keeps its pages whole by itself; here it only answers.
        const bool file = transaction.engine() == store::Engine::kSqlite;
        return transaction.Query(file ? "PRAGMA quick_check(1)" : "SELECT 'ok'", {},
                                 [&first](const store::Row& row) {
                                   if (first.empty()) first = row.Text(0);
                                 });
      });
  if (!read) return read.error();
  return first;
}

}  // namespace axonflow::cli
