#include "cli/start_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "app/configuration.h"

namespace axonflow::cli {
namespace {

Error Unavailable(std::string message) {
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

std::string ErrnoText(int code) { return std::generic_category().message(code); }

// The journal takes this lock for as long as it is open (audit/journal.h). A folder without the
// file was never served from.
Status JournalIsFree(const app::DataDirectory& directory) {
  const std::string path = (directory.journal() / "lock").string();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (fd < 0) return Unavailable(path + ": " + ErrnoText(errno));
  const bool held = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
  ::close(fd);
  if (!held) return {};
  return Unavailable("a server is running on " + directory.root.string() +
                     "; stop it, or choose another AXONFLOW_DATA_DIR");
}

}  // namespace

int TryToBind(const std::string& address, std::uint16_t port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return EINVAL;
  const int fd = ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* where =
      is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  const socklen_t length = is_v4 ? sizeof v4 : sizeof v6;
  const int code = ::bind(fd, where, length) == 0 ? 0 : errno;
  ::close(fd);
  return code;
}

Status CanStart(const Node& node) {
  const auto configuration = app::Configure(node.settings);
  if (!configuration) return configuration.error();
  if (const Status journal = JournalIsFree(node.directory); !journal) return journal.error();
  const net::ServerOptions& server = configuration->server;
  if (server.port == 0) return {};
  const int code = TryToBind(server.address, server.port);
  if (code == 0) return {};
  return Unavailable("cannot listen on " + server.address + " port " + std::to_string(server.port) +
                     ": " + ErrnoText(code) + "; choose another PORT, or stop what holds it");
}

}  // namespace axonflow::cli
