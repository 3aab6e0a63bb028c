#include "policy/shell/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "policy/shell/special_bytes.h"
#include "policy/shell/word_set.h"

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

TEST(ReadLine, KeepsValuesOfOnePieceInTheText) {
  const std::string text = "say 'one two' thr''ee \"f\\\"our\"";
  Line line;
  ReadLine(text, 0, '\0', kLineBytesMax, line);
  ASSERT_EQ(line.word_count, 4U);
  const auto in_text = [&text](std::string_view value) {
    return value.data() >= text.data() && value.data() < text.data() + text.size();
  };
  EXPECT_EQ(line.words[1].value, "one two");
  EXPECT_TRUE(in_text(line.words[1].value));
  EXPECT_EQ(line.words[2].value, "three");
  EXPECT_FALSE(in_text(line.words[2].value));
  EXPECT_EQ(line.words[3].value, "f\"our");
}

TEST(ReadLine, ReadsAWordTheSameWhereverItStands) {
  for (std::size_t blanks = 0; blanks < 150; ++blanks) {
    const std::string text = std::string(blanks, ' ') + "c''at \"/e t\"c/$'\\x70'w $(a b)x;id";
    EXPECT_EQ(Read(text), "[cat] [/e tc/pw] [$(a b)x] ; [id]") << blanks;
  }
}

TEST(SpecialBytes, FindsEveryByteThatIsNotPlain) {
  std::string text(200, 'a');
  for (int c = 0; c < 256; ++c) {
    for (const std::size_t at : {0, 15, 63, 64, 130, 199}) {
      text[at] = static_cast<char>(c);
      SpecialBytes specials(text);
      const bool plain = SpecialBytes::IsPlain(static_cast<char>(c));
      EXPECT_EQ(specials.Next(0, text.size()), plain ? text.size() : at) << c;
      EXPECT_EQ(specials.Next(0, at), at) << c;
      text[at] = 'a';
    }
  }
}

TEST(TaggedWords, TellsTheListsOfAllWordsInAText) {
  static constexpr TaggedWords kWords(
      std::to_array<TaggedWord>({{"exec", 1}, {"exec(", 2}, {"pty.spawn", 4 | 8}}));
  EXPECT_EQ(kWords.TagsOf("nothing of it, exe"), 0U);
  EXPECT_EQ(kWords.TagsOf("run EXEC now"), 1U);
  EXPECT_EQ(kWords.TagsOf("exec(x); Pty.Spawn"), 15U);
  EXPECT_TRUE(kWords.HoldsAny("xexec"));
  EXPECT_FALSE(kWords.HoldsAny("pty.spaw"));
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
