#include "policy/dynamic/fold.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace axonflow::policy {
namespace {

TEST(Fold, MakesLettersOfSeveralScriptsSmall) {
  const std::pair<std::string, std::string> cases[] = {
      {"SELECT * From [Users]@{`~", "select * from [users]@{`~"},
      {"ÄÖÜẞ Straße ÀÉÎÕÑ Ø × ÷", "äöüß straße àéîõñ ø × ÷"},
      {"ŁÓDŹ Čeština ŻŸ İı", "łódź čeština żÿ İı"},
      {"ĐƯỜNG PHỐ Ệ", "đường phố ệ"},
      {"ΑΘΗΝΑΣ Άς ΏΥ", "αθηνασ άσ ώυ"},
      {"МОСКВА Ёж ЄЇҐ Ӏ", "москва ёж єїґ ӏ"},
      {"ՀԱՅ", "հայ"},
      {"ＡＢＣｚ", "ａｂｃｚ"},
      {"\u212A\u017F\u212B\u2126", "ks\u00E5\u03C9"},
      {"日本語 😀 مرحبا", "日本語 😀 مرحبا"},
  };
  for (const auto& [text, folded] : cases) EXPECT_EQ(Folded(text), folded);
}

TEST(Fold, IsIdempotentAndNeverLongerInBytes) {
  for (std::uint32_t c = 0; c < 0x11000; ++c) {
    const std::uint32_t folded = FoldCodePoint(c);
    ASSERT_EQ(FoldCodePoint(folded), folded) << std::hex << c;
    const auto bytes = [](std::uint32_t v) {
      return v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
    };
    ASSERT_LE(bytes(folded), bytes(c)) << std::hex << c;
  }
}

TEST(Fold, LeavesBytesThatAreNotUtf8) {
  const std::string broken = "A\xFF\xC3(B\xE2\x82 C\xC3";
  EXPECT_EQ(Folded(broken), "a\xFF\xC3(b\xE2\x82 c\xC3");
}

TEST(Fold, FoldsTheSameAtEveryAlignment) {
  const std::string text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_@0189 ÄZ";
  for (std::size_t shift = 0; shift < 24; ++shift) {
    EXPECT_EQ(Folded(std::string(shift, '-') + text),
              std::string(shift, '-') + "abcdefghijklmnopqrstuvwxyz[\\]^_@0189 äz");
  }
}

}  // namespace
}  // namespace axonflow::policy
