#include <string>

#include "cli/doctor_checks.h"

namespace axonflow::cli {

Result<std::string> IntegrityReport(store::Database& database) {
  std::string first;
  const Status read =
      database.ReadAsPlatform("doctor: integrity of the file, no rows are shown",
                              [&first](store::Transaction& transaction) {
                                return transaction.Query(R"sql(PRAGMA quick_check(1))sql", {},
                                                         [&first](const store::Row& row) {
                                                           if (first.empty()) first = row.Text(0);
                                                         });
                              });
  if (!read) return read.error();
  return first;
}

}  // namespace axonflow::cli
