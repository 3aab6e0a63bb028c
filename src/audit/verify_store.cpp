#include <thread>

#include "audit/audit_rows.h"
#include "audit/segment.h"
#include "audit/segment_files.h"
#include "audit/verify.h"

namespace axonflow::audit {

namespace {

// A running server may write while the file is read, which can look like damage once; real damage
// is still there after a pause.
constexpr int kReadAttempts = 5;
constexpr std::chrono::milliseconds kReadPause{20};

std::string Number(JournalPosition position) { return std::to_string(ToNumber(position)); }

class Verification {
 public:
  explicit Verification(store::Transaction& transaction) : transaction_(transaction) {}

  Status CheckStore();
  Status CheckJournal(const std::filesystem::path& directory);
  VerifyReport report() const { return report_; }

 private:
  void Problem(std::string text) {
    if (report_.problem.empty()) report_.problem = std::move(text);
  }
  Status CheckSegment(const segment::SegmentFile& file, bool last);
  Status CompareWithStore(const segment::Frame& frame);
  Result<std::int64_t> Count(std::string_view sql);  // $1 is the node

  store::Transaction& transaction_;
  VerifyReport report_;
  std::uint64_t next_ = 0;  // expected first position of the next segment; 0: any
};

Result<std::int64_t> Verification::Count(std::string_view sql) {
  std::int64_t count = 0;
  const auto read = transaction_.Query(sql, {store::TextView(transaction_.node())},
                                       [&](const store::Row& row) { count = row.Int(0); });
  if (!read) return read.error();
  return count;
}

Status Verification::CheckStore() {
  const auto shipped = ShippedPosition(transaction_);
  if (!shipped) return shipped.error();
  const auto stored = Count("SELECT count(*) FROM audit_records WHERE node = $1");
  if (!stored) return stored.error();
  const auto quarantined = Count("SELECT count(*) FROM audit_quarantine WHERE node = $1");
  if (!quarantined) return quarantined.error();
  const auto both = Count(R"(
      SELECT count(*) FROM audit_records r
      JOIN audit_quarantine q ON q.position = r.position AND q.node = r.node
      WHERE r.node = $1)");
  if (!both) return both.error();
  const auto beyond = Count(R"(
      SELECT (SELECT count(*) FROM audit_records r JOIN audit_shipper s ON s.node = r.node
              WHERE r.node = $1 AND r.position > s.position) +
             (SELECT count(*) FROM audit_quarantine q JOIN audit_shipper s ON s.node = q.node
              WHERE q.node = $1 AND q.position > s.position))");
  if (!beyond) return beyond.error();
  report_.shipped = *shipped;
  report_.stored = static_cast<std::uint64_t>(*stored);
  report_.quarantined = static_cast<std::uint64_t>(*quarantined);
  // Positions are unique in each table, so these three counts leave no room for a gap.
  if (*both > 0)
    Problem("store: " + std::to_string(*both) + " positions are both rows and quarantined");
  if (*beyond > 0) Problem("store: " + std::to_string(*beyond) + " rows lie beyond its position");
  if (report_.problem.empty() && report_.stored + report_.quarantined != ToNumber(*shipped)) {
    Problem("store: " + std::to_string(report_.stored + report_.quarantined) + " rows for " +
            Number(*shipped) + " positions");
  }
  return {};
}

Status Verification::CheckJournal(const std::filesystem::path& directory) {
  const auto files = segment::ListSegments(directory);
  if (!files) return files.error();
  for (std::size_t i = 0; i < files->size(); ++i) {
    const auto checked = CheckSegment((*files)[i], i + 1 == files->size());
    // Released between the listing and now: everything in it is in the store.
    if (!checked && checked.error().code == ErrorCode::kNotFound && next_ == 0) continue;
    if (!checked) return checked;
  }
  if (files->empty() && ToNumber(report_.shipped) > 0) {
    Problem("journal: no segment, but the store has records");
  } else if (next_ != 0 && next_ <= ToNumber(report_.shipped)) {
    Problem("journal: it ends at " + std::to_string(next_ - 1) + ", before the store's position " +
            Number(report_.shipped));
  } else if (next_ != 0 && ToNumber(report_.journal_first) > ToNumber(report_.shipped) + 1) {
    Problem("journal: records after " + Number(report_.shipped) +
            " were removed before they were stored");
  }
  return {};
}

Status Verification::CheckSegment(const segment::SegmentFile& file, bool last) {
  std::string bytes;
  segment::Scan scan;
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kReadPause);
    auto read = segment::ReadSegment(file.path);
    if (!read) return read.error();
    bytes = std::move(*read);
    scan = segment::ScanSegment(bytes, nullptr);
    if (scan.header_ok && !scan.damaged && (scan.clean || last)) break;
  }
  ++report_.segments;
  const auto where =
      "journal: " + file.path.string() + " at byte " + std::to_string(scan.end) + ": ";
  if (!scan.header_ok && last && !scan.damaged) return {};  // the crash came while it was created
  if (!scan.header_ok || scan.first_position != file.first_position) {
    Problem(where + "the header is damaged");
    return {};
  }
  if (next_ != 0 && scan.first_position != next_) {
    Problem(where + "records " + std::to_string(next_) + " to " +
            std::to_string(scan.first_position - 1) + " are missing");
  }
  if (scan.damaged || (!last && !scan.clean)) {
    Problem(where + "record " + std::to_string(scan.next_position) + " fails its check");
  }
  if (last && !scan.clean) report_.torn_tail_bytes = bytes.size() - scan.end;
  next_ = scan.next_position;
  Status status;
  (void)segment::ScanSegment(bytes, [&](const segment::Frame& frame) {
    if (status.ok()) status = CompareWithStore(frame);
  });
  return status;
}

Status Verification::CompareWithStore(const segment::Frame& frame) {
  const JournalPosition position{frame.position};
  ++report_.journal_records;
  if (report_.journal_first == JournalPosition::kNone) report_.journal_first = position;
  report_.journal_last = position;
  if (position > report_.shipped) return {};
  int found = 0;
  bool equal = true;
  const auto read = transaction_.Query(
      R"(SELECT record FROM audit_records WHERE position = $1 AND node = $2
         UNION ALL SELECT record FROM audit_quarantine WHERE position = $1 AND node = $2)",
      {static_cast<std::int64_t>(frame.position), store::TextView(transaction_.node())},
      [&](const store::Row& row) {
        ++found;
        equal = equal && row.Text(0) == frame.payload;
      });
  if (!read) return read;
  if (found == 0) Problem("store: record " + Number(position) + " of the journal is missing");
  if (found > 1) Problem("store: record " + Number(position) + " is there twice");
  if (!equal) Problem("store: record " + Number(position) + " differs from the journal");
  if (found == 1 && equal) ++report_.compared;
  return {};
}

}  // namespace

Result<VerifyReport> Verify(const std::filesystem::path& journal_directory,
                            store::Database& database) {
  VerifyReport report;
  const auto read =
      database.ReadAsPlatform("audit verify", [&](store::Transaction& transaction) -> Status {
        Verification verification(transaction);
        // The store first: what it has at this moment is in the journal, whatever comes later.
        if (auto checked = verification.CheckStore(); !checked.ok()) return checked;
        if (auto checked = verification.CheckJournal(journal_directory); !checked.ok())
          return checked;
        report = verification.report();
        return {};
      });
  if (!read) return read.error();
  return report;
}

}  // namespace axonflow::audit
