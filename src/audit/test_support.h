#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/record.h"
#include "base/crypto.h"
#include "store/migrations.h"
#include "store/sqlite.h"
#include "store/testing.h"

// What the tests of this room share.
namespace axonflow::audit {

class TestFolder {
 public:
  TestFolder() : path_(std::filesystem::temp_directory_path() / ("axonflow-audit-" + NewUuid())) {
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline JournalOptions SmallJournal(const std::filesystem::path& directory) {
  JournalOptions options;
  options.directory = directory;
  options.segment_bytes = 64 << 10;
  options.record_bytes_max = 8 << 10;
  options.pending_bytes_max = 1 << 20;
  options.retained_bytes_max = 8 << 20;
  return options;
}

inline std::unique_ptr<Journal> MustOpen(const JournalOptions& options) {
  auto opened = Journal::Open(options);
  if (!opened.ok()) {
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  return std::move(*opened);
}

inline std::unique_ptr<store::Database> MustOpenStore(const std::filesystem::path& file) {
  return store::testing::OpenStore(file);
}

inline std::vector<std::string> ReadAll(Journal& journal) {
  std::vector<std::string> payloads;
  std::uint64_t expected = 1;
  const auto read = journal.ReadAfter(JournalPosition::kNone, 1'000'000,
                                      [&](JournalPosition position, std::string_view payload) {
                                        EXPECT_EQ(ToNumber(position), expected++);
                                        payloads.emplace_back(payload);
                                      });
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return payloads;
}

inline std::string FileBytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void PutFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::vector<std::filesystem::path> SegmentsIn(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".segment") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A decision of tenant "t1" in org "o1", one minute apart for each `minute`.
inline Record DecisionRecord(int minute = 0) {
  Record record;
  record.id = NewUuid();
  record.decision_id = DecisionId(record.id);
  record.timestamp = Time(std::chrono::minutes(30'000'000 + minute));
  record.org = OrgId("o1");
  record.tenant = TenantId("t1");
  record.client = ClientId("client-1");
  record.user_email = "ann@example.com";
  record.plane = "gateway";
  record.request_type = "pre_check";
  record.verdict = "allowed";
  record.query = "What is the capital of France?";
  return record;
}

inline std::string Encoded(const Record& record) {
  std::string bytes;
  EncodeRecord(record, bytes);
  return bytes;
}

}  // namespace axonflow::audit
