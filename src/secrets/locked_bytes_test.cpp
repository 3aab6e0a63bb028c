#include "secrets/locked_bytes.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

namespace axonflow::secrets {
namespace {

// The line `name` of the kernel's description of the mapping that holds `address`.
std::string MappingLine(const void* address, const std::string& name) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    const std::size_t dash = line.find('-');
    if (dash != std::string::npos && dash < 17 && line.find(' ') > dash) {
      const auto begin = std::stoull(line.substr(0, dash), nullptr, 16);
      const auto end = std::stoull(line.substr(dash + 1), nullptr, 16);
      inside = wanted >= begin && wanted < end;
    } else if (inside && line.starts_with(name)) {
      return line;
    }
  }
  return "";
}

TEST(LockedBytes, AreLockedAndLeftOutOfDumps) {
  auto locked = LockedBytes::Make(32);
  ASSERT_TRUE(locked.ok()) << locked.error().message;
  std::memset(locked->bytes().data(), 'k', 32);
  EXPECT_EQ(locked->view(), std::string(32, 'k'));
  const std::string flags = MappingLine(locked->bytes().data(), "VmFlags:");
#ifndef __SANITIZE_ADDRESS__                                 // which makes mlock do nothing
  EXPECT_NE(flags.find(" lo"), std::string::npos) << flags;  // locked
#endif
  EXPECT_NE(flags.find(" dd"), std::string::npos) << flags;  // do not dump
  EXPECT_NE(flags.find(" wf"), std::string::npos) << flags;  // wipe on fork
}

TEST(LockedBytes, AreEmptyInAForkedChild) {
  auto locked = LockedBytes::Make(32);
  ASSERT_TRUE(locked.ok());
  std::memset(locked->bytes().data(), 'k', 32);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(locked->view() == std::string(32, '\0') ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(LockedBytes, MoveAndLeaveNothing) {
  auto made = LockedBytes::Make(8);
  ASSERT_TRUE(made.ok());
  LockedBytes first = std::move(*made);
  std::memcpy(first.bytes().data(), "12345678", 8);
  LockedBytes second(std::move(first));
  EXPECT_EQ(second.view(), "12345678");
  EXPECT_TRUE(first.view().empty());  // NOLINT(bugprone-use-after-move): what is meant
  second = LockedBytes();
  EXPECT_TRUE(second.view().empty());
}

TEST(DisableCoreDumps, TurnsThemOff) {
  const pid_t child = ::fork();  // the test's own process stays as it is
  if (child == 0) {
    rlimit limit{1, 1};
    const bool ok = DisableCoreDumps().ok() && ::getrlimit(RLIMIT_CORE, &limit) == 0;
    ::_exit(ok && limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace axonflow::secrets
