#include "cli/output.h"

#include <gtest/gtest.h>

namespace axonflow::cli {
namespace {

TEST(TextTable, AlignsColumnsByCodePointsAndLeavesNoTrailingBlanks) {
  TextTable table({"NAME", "STATE"});
  table.AddRow({"k\xC3\xB6ln", "on"});
  table.AddRow({"longer-name"});
  EXPECT_EQ(table.ToString(),
            "NAME         STATE\n"
            "k\xC3\xB6ln         on\n"
            "longer-name");
}

TEST(TextTable, KeepsTerminalEscapesOfClientsOut) {
  TextTable table({"A"});
  table.AddRow({"x\x1b[2Jy\nz"});
  EXPECT_EQ(table.ToString(), "A\nx?[2Jy?z");
}

TEST(ForTerminal, ReplacesControlsAndKeepsOtherText) {
  EXPECT_EQ(ForTerminal("caf\xC3\xA9 \xC2\x9B!\x7F"), "caf\xC3\xA9 ?!?");
  EXPECT_EQ(ForTerminal("\xC2"), "\xC2");
}

TEST(ExitCodeFor, TellsWrongInputFromNegativeAnswerFromOutage) {
  EXPECT_EQ(ExitCodeFor(ErrorCode::kInvalidArgument), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kNotFound), ExitCode::kNegative);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kConflict), ExitCode::kNegative);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kUnavailable), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kCorrupt), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kInternal), ExitCode::kInternal);
}

}  // namespace
}  // namespace axonflow::cli
