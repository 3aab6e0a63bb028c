#include "telemetry/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace axonflow::telemetry {
namespace {

// Sends standard error into a file while it lives.
class CapturedStderr {
 public:
  CapturedStderr() {
    std::string name = ::testing::TempDir() + "axonflow_log_XXXXXX";
    file_ = ::mkstemp(name.data());
    ::unlink(name.c_str());
    saved_ = ::dup(STDERR_FILENO);
    ::dup2(file_, STDERR_FILENO);
  }
  ~CapturedStderr() {
    Restore();
    ::close(file_);
  }

  std::vector<std::string> Lines() {
    Restore();
    ::lseek(file_, 0, SEEK_SET);
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::read(file_, buffer.data(), buffer.size())) > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

 private:
  void Restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    saved_ = -1;
  }

  int file_ = -1;
  int saved_ = -1;
};

class LogLine : public ::testing::Test {
 protected:
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(LogLine, WritesOneJsonLineWithTimeLevelMessageAndFields) {
  CapturedStderr captured;
  LogWarn("A thing happened.",
          {{"decision_id", "d-1"}, {"n", std::int64_t{7}}, {"share", 0.5}, {"ok", true}});
  const auto lines = captured.Lines();
  ASSERT_EQ(lines.size(), 1u);
  JsonDocument document;
  const auto line = document.Parse(lines[0]);
  ASSERT_TRUE(line.ok()) << lines[0];
  EXPECT_TRUE(ParseRfc3339(*line->Find("ts")->AsString()).has_value());
  EXPECT_EQ(line->Find("level")->AsString(), "warn");
  EXPECT_EQ(line->Find("msg")->AsString(), "A thing happened.");
  EXPECT_EQ(line->Find("decision_id")->AsString(), "d-1");
  EXPECT_EQ(line->Find("n")->AsInt(), 7);
  EXPECT_EQ(line->Find("share")->AsDouble(), 0.5);
  EXPECT_EQ(line->Find("ok")->AsBool(), true);
  EXPECT_FALSE(line->Find("truncated").has_value());
}

TEST_F(LogLine, KeepsOneLineWhenAValueHoldsLineEndsAndBytesThatAreNotUtf8) {
  CapturedStderr captured;
  LogInfo("x", {{"error", "first\nsecond\r\"quoted\" \xff\x01"}});
  const auto lines = captured.Lines();
  ASSERT_EQ(lines.size(), 1u);
  JsonDocument document;
  EXPECT_TRUE(document.Parse(lines[0]).ok()) << lines[0];
}

TEST_F(LogLine, LeavesOutWhatIsBelowTheLevel) {
  SetLogLevel(LogLevel::kWarn);
  CapturedStderr captured;
  LogDebug("debug");
  LogInfo("info");
  LogWarn("warn");
  LogError("error");
  EXPECT_EQ(captured.Lines().size(), 2u);
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  EXPECT_TRUE(LogEnabled(LogLevel::kWarn));
}

TEST_F(LogLine, ShortensLongValuesAndSaysSo) {
  CapturedStderr captured;
  const std::string control(5000, '\x01');
  LogInfo("x", {{"a", control}, {"b", control}, {"c", "kept"}});
  const auto lines = captured.Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_LE(lines[0].size() + 1, 4096u);
  JsonDocument document;
  const auto line = document.Parse(lines[0]);
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->Find("truncated")->AsBool(), true);
  EXPECT_EQ(line->Find("c")->AsString(), "kept");
}

TEST_F(LogLine, NeverMixesLinesOfSeveralThreads) {
  constexpr int kThreads = 4;
  constexpr int kLinesEach = 200;
  CapturedStderr captured;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < kLinesEach; ++i) LogInfo("A line.", {{"i", std::int64_t{i}}});
    });
  }
  for (auto& thread : threads) thread.join();
  const auto lines = captured.Lines();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kThreads * kLinesEach));
  JsonDocument document;
  for (const auto& line : lines) ASSERT_TRUE(document.Parse(line).ok()) << line;
}

}  // namespace
}  // namespace axonflow::telemetry
