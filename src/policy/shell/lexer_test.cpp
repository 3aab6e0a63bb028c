#include "policy/shell/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axonflow::policy::shell {
namespace {

// The words of each command as the shell reads them, commands joined by " ; ".
std::string Read(std::string_view text, char closer = '\0') {
  Line line;
  ReadLine(text, 0, closer, kLineBytesMax, line);
  std::string out;
  for (const Simple& simple : line.Commands()) {
    if (!out.empty()) out += " ; ";
    for (const Word& word : line.WordsOf(simple)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      out += "[" + std::string(word.value) + "]";
    }
  }
  return out;
}

TEST(ReadLine, TakesQuotesAndEscapesAway) {
  EXPECT_EQ(Read("c''at 'a b' \"c d\" e\\ f"), "[cat] [a b] [c d] [e f]");
  EXPECT_EQ(Read("$'\\x63\\141t' x"), "[cat] [x]");
  EXPECT_EQ(Read("w$@hoami"), "[whoami]");
}

TEST(ReadLine, SplitsCommandsAtOperators) {
  EXPECT_EQ(Read("a 1|b 2&&c;d & e"), "[a] [1] ; [b] [2] ; [c] ; [d] ; [e]");
  EXPECT_EQ(Read("a%0ab%20c"), "[a] ; [b] [c]");
}

TEST(ReadLine, ReadsFieldSeparatorsAsBlanks) {
  EXPECT_EQ(Read("cat$IFS/etc/x"), "[cat] [/etc/x]");
  EXPECT_EQ(Read("cat${IFS}$9/etc/x"), "[cat] [/etc/x]");
}

TEST(ReadLine, KeepsRedirectionsOutOfTheWords) {
  Line line;
  ReadLine("echo a >> /tmp/x 2>&1", 0, '\0', kLineBytesMax, line);
  ASSERT_EQ(line.command_count, 1U);
  EXPECT_EQ(line.commands[0].out.target, "/tmp/x");
  EXPECT_TRUE(line.commands[0].out.append);
  EXPECT_EQ(line.WordsOf(line.commands[0]).size(), 2U);
}

TEST(ReadLine, EndsAtTheQuoteThatWasOpenBefore) {
  EXPECT_EQ(Read("rm -rf /\" and \"ls\"", '"'), "[rm] [-rf] [/]");
  EXPECT_EQ(Read("rm -rf /\")"), "[rm] [-rf] [/]");
}

TEST(ReadLine, KeepsThePathsOfWindows) {
  EXPECT_EQ(Read("type C:\\boot.ini"), "[type] [C:\\boot.ini]");
  EXPECT_EQ(Read("reg save HKLM\\SAM x"), "[reg] [save] [HKLM\\SAM] [x]");
}

TEST(ReadLine, IsBoundedInWords) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "a ";
  Line line;
  ReadLine(text, 0, '\0', kLineBytesMax, line);
  EXPECT_EQ(line.word_count, kWordsMax);
}

}  // namespace
}  // namespace axonflow::policy::shell
