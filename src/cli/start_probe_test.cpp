#include "cli/start_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace axonflow::cli {
namespace {

using ::testing::HasSubstr;

// A loopback port that something listens on.
class TakenPort {
 public:
  TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* where = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, where, length), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    EXPECT_EQ(::getsockname(fd_, where, &length), 0);
    number_ = ntohs(address.sin_port);
  }
  ~TakenPort() { Free(); }
  void Free() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  std::uint16_t number() const { return number_; }

 private:
  int fd_;
  std::uint16_t number_ = 0;
};

class CanStartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "axonflow-probe-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Status Probe(const std::string& mode = "community", std::uint16_t port = 0) const {
    auto settings = settings::Settings::Load({{"DEPLOYMENT_MODE", mode},
                                              {"AXONFLOW_DATA_DIR", (folder_ / "var").string()},
                                              {"PORT", std::to_string(port)}});
    if (!settings) return settings.error();
    return CanStart(
        Node{std::move(*settings), app::DataDirectory{folder_ / "var"}, OrgId("local-dev-org")});
  }

  std::filesystem::path folder_;
};

TEST(TryToBind, TellsATakenPortFromAFreeOneAndABadAddress) {
  TakenPort port;
  EXPECT_EQ(TryToBind("127.0.0.1", port.number()), EADDRINUSE);
  EXPECT_EQ(TryToBind("0.0.0.0", port.number()), EADDRINUSE);
  EXPECT_EQ(TryToBind("localhost", port.number()), EINVAL);
  port.Free();
  EXPECT_EQ(TryToBind("127.0.0.1", port.number()), 0);
}

TEST_F(CanStartTest, AgreesOnAFreshFolderAndMakesNothing) {
  EXPECT_TRUE(Probe().ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "var"));
}

TEST_F(CanStartTest, RefusesSettingsThatTheServerRefuses) {
  const Status probed = Probe("saas");
  ASSERT_FALSE(probed.ok());
  EXPECT_EQ(probed.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(CanStartTest, RefusesATakenPortAndNamesIt) {
  TakenPort port;
  const Status probed = Probe("community", port.number());
  ASSERT_FALSE(probed.ok());
  EXPECT_EQ(probed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(probed.error().message, HasSubstr(std::to_string(port.number())));
  port.Free();
  EXPECT_TRUE(Probe("community", port.number()).ok());
}

TEST_F(CanStartTest, RefusesAFolderThatAServerHolds) {
  std::filesystem::create_directories(folder_ / "var" / "journal");
  const std::string lock = folder_ / "var" / "journal" / "lock";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  EXPECT_TRUE(Probe().ok()) << "the file of a server that is gone";
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  const Status probed = Probe();
  ::close(fd);
  ASSERT_FALSE(probed.ok());
  EXPECT_EQ(probed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(probed.error().message, HasSubstr((folder_ / "var").string()));
  EXPECT_TRUE(Probe().ok());
}

}  // namespace
}  // namespace axonflow::cli
