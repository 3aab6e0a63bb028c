#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace axonflow {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/axonflow-file-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(FileTest, WritesAtomicallyWithOwnerOnlyMode) {
  const auto path = folder_ / "key";
  ASSERT_TRUE(WriteFileAtomically(path, "one"));
  ASSERT_TRUE(WriteFileAtomically(path, "two"));
  EXPECT_EQ(*ReadFile(path, 100), "two");
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "key.new"));
}

TEST_F(FileTest, ReadRefusesAboveItsBound) {
  const auto path = folder_ / "big";
  ASSERT_TRUE(WriteFileAtomically(path, std::string(101, 'x')));
  EXPECT_EQ(ReadFile(path, 100).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(ReadFile(path, 101));
}

TEST_F(FileTest, MissingFileIsNotFoundAndNamesThePath) {
  const auto got = ReadFile(folder_ / "absent", 10);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kNotFound);
  EXPECT_NE(got.error().message.find("absent"), std::string::npos);
}

TEST_F(FileTest, WriteIntoAMissingFolderFails) {
  EXPECT_FALSE(WriteFileAtomically(folder_ / "no" / "file", "x"));
}

}  // namespace
}  // namespace axonflow
