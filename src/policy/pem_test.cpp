#include "policy/pem.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy {
namespace {

constexpr std::string_view kLine = "c2l4dHktZm91ciBjaGFyYWN0ZXJzIG9mIGJhc2U2NCwgYXMgUEVNIGhhcyBpdA";

// What is left of `text` behind the block that the BEGIN line opens.
std::string Left(const std::string& text) {
  constexpr std::string_view kBegin = "KEY-----";
  const auto at = text.find(kBegin);
  EXPECT_NE(at, std::string::npos);
  return text.substr(PemEnd(text, at + kBegin.size()));
}

std::string Block(std::string_view line_break) {
  std::string block = "-----BEGIN KEY-----";
  for (const std::string_view part : {kLine, kLine, std::string_view("Zm9v")}) {
    block += std::string(line_break) + std::string(part);
  }
  return block;
}

TEST(PemEnd, IsBehindTheEndLine) {
  EXPECT_EQ(Left(Block("\n") + "\n-----END KEY----- rest"), " rest");
  EXPECT_EQ(Left(Block("\r\n") + "\r\n-----END KEY-----\r\nrest"), "\r\nrest");
  EXPECT_EQ(Left(Block("\\n") + "\\n-----END KEY-----\\n\", x"), "\\n\", x");
  EXPECT_EQ(Left("---- BEGIN KEY-----\nZm9v\n---- END KEY ----\nrest"), "\nrest");
  EXPECT_EQ(Left(Block("\n...\n??? ") + "\n-----END KEY----- rest"), " rest");
}

TEST(PemEnd, IsBehindTheBase64WhenTheEndLineIsMissing) {
  EXPECT_EQ(Left(Block("\n")), "");
  EXPECT_EQ(Left(Block("\n") + "\n\nThank you for reading."), "\n\nThank you for reading.");
  EXPECT_EQ(Left(Block("\\n") + "\", \"next\": 1"), "\", \"next\": 1");
  EXPECT_EQ(Left(Block("\n> ") + "\nSee above."), "\nSee above.");
  EXPECT_EQ(Left(Block("\" +\n  \"") + "\";\nreturn key;"), "\";\nreturn key;");
  EXPECT_EQ(Left("-----BEGIN KEY-----\nMIIEow"), "");
  EXPECT_EQ(
      Left("-----BEGIN KEY----- " + std::string(kLine) + " " + std::string(kLine) + " and so"),
      " and so");
}

TEST(PemEnd, TakesHeadersAndTheArmorChecksumAlong) {
  const std::string line(kLine);
  EXPECT_EQ(Left("-----BEGIN KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n" +
                 line + "\nrest of it"),
            "\nrest of it");
  EXPECT_EQ(Left("-----BEGIN KEY-----\\nProc-Type: 4,ENCRYPTED\\n\\n" + line + "\\n. rest"),
            "\\n. rest");
  EXPECT_EQ(Left("-----BEGIN KEY-----\n\n" + line + "\nZm9v\n=aB3d\nrest of it"), "\nrest of it");
}

TEST(PemEnd, LeavesProseBehindABeginLineThatStandsAlone) {
  EXPECT_EQ(Left("-----BEGIN KEY----- opens a key."), " opens a key.");
  EXPECT_EQ(Left("-----BEGIN KEY-----\nNote: this line opens a key."),
            "\nNote: this line opens a key.");
  EXPECT_EQ(Left("-----BEGIN KEY-----"), "");
}

TEST(PemEnd, StopsAtTheNextBlock) {
  const std::string second = Block("\n") + "\n-----END KEY-----";
  EXPECT_EQ(Left(Block("\n") + "\nand then: \n" + second), "\nand then: \n" + second);
  EXPECT_EQ(Left("-----BEGIN KEY-----\n" + second), "\n" + second);
}

}  // namespace
}  // namespace axonflow::policy
