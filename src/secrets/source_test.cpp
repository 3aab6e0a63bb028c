#include "secrets/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace axonflow::secrets {
namespace {

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() {
    char name[] = "/tmp/axonflow-secret-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ / "key";
  }
  ~FileSourceTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text, mode_t mode = 0400) {
    std::filesystem::remove(path_);
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
  }
  Result<Secret> Read(const std::string& suffix = "") {
    const auto reference = Reference::Parse("file:" + path_.string() + suffix);
    return source_->Read(*reference);
  }

  std::filesystem::path folder_, path_;
  std::unique_ptr<Source> source_ = MakeFileSource();
};

TEST_F(FileSourceTest, ReadsTheTextWithoutItsLineEnd) {
  Write("s3cret \r\n\n");
  EXPECT_EQ(Read()->Reveal(), "s3cret");
  Write("{\"a\":\"one\",\"n\":5}\n");
  EXPECT_EQ(Read("#a")->Reveal(), "one");
  EXPECT_EQ(Read("#b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Read("#n").error().code, ErrorCode::kNotFound);
}

TEST_F(FileSourceTest, RefusesCarelessModes) {
  for (const mode_t mode : {0400, 0440, 0600, 0640}) {
    Write("x", mode);
    EXPECT_TRUE(Read().ok()) << std::oct << mode;
  }
  for (const mode_t mode : {0404, 0444, 0644, 0602, 0620, 0660, 0777}) {
    Write("planted", mode);
    const auto refused = Read();
    ASSERT_FALSE(refused.ok()) << std::oct << mode;
    EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(refused.error().message, testing::Not(testing::HasSubstr("planted")));
  }
}

TEST_F(FileSourceTest, RefusesWhatIsNoFileAndWhatIsTooLong) {
  EXPECT_EQ(Read().error().code, ErrorCode::kNotFound);
  Write("");
  EXPECT_EQ(Read().error().code, ErrorCode::kNotFound);
  Write(std::string(kSecretBytesMax + 1, 'x'));
  EXPECT_EQ(Read().error().code, ErrorCode::kTooLarge);
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0400), 0);
  EXPECT_EQ(Read().error().code, ErrorCode::kPermissionDenied);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(Read().error().code, ErrorCode::kPermissionDenied);
}

TEST_F(FileSourceTest, HasAnotherVersionAfterEachChange) {
  const auto reference = Reference::Parse("file:" + path_.string());
  const auto none = source_->Version(*reference);
  Write("one");
  const auto first = source_->Version(*reference);
  EXPECT_EQ(source_->Version(*reference), first);
  Write("two");
  const auto second = source_->Version(*reference);
  ::chmod(path_.c_str(), 0644);
  const auto third = source_->Version(*reference);
  EXPECT_NE(none, first);
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
}

TEST(EnvironmentSource, AsksEachTimeAndTrimsTheEnd) {
  std::string value = "one\n";
  const auto source =
      MakeEnvironmentSource([&](const std::string& name) -> std::optional<std::string> {
        return name == "KEY" ? std::optional(value) : std::nullopt;
      });
  EXPECT_EQ(source->Read(*Reference::Parse("env:KEY"))->Reveal(), "one");
  value = "two";
  EXPECT_EQ(source->Read(*Reference::Parse("env:KEY"))->Reveal(), "two");
  EXPECT_EQ(source->Read(*Reference::Parse("env:OTHER")).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace axonflow::secrets
