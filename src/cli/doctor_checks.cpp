#include "cli/doctor_checks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "app/configuration.h"
#include "audit/verify.h"
#include "base/json.h"
#include "cli/http_client.h"
#include "policy/catalogue.h"

namespace axonflow::cli {
namespace {

std::string ErrnoText(int code) { return std::generic_category().message(code); }

std::string Megabytes(std::uintmax_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// A scratch file that disappears with its last descriptor.
int OpenScratchFile(const std::filesystem::path& folder) {
  std::string path = (folder / ".doctor-XXXXXX").string();
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(path.c_str());
  return fd;
}

// The server's version when the one that answers on the port is ours.
Result<std::string> AskHealth(std::uint16_t port) {
  HttpClient client(HttpUrl{"127.0.0.1", port}, {}, {});
  const Result<HttpAnswer> answer = client.Send("GET", "/health");
  if (!answer) return answer.error();
  JsonDocument document;
  const Result<JsonValue> root = document.Parse(answer->body);
  const auto service = root ? root->Find("service") : std::nullopt;
  if (!service || service->AsString() != "axonflow-agent") {
    return Error{ErrorCode::kNotFound, "another program answers"};
  }
  const auto version = root->Find("version");
  const auto status = root->Find("status");
  return std::string(version ? version->AsString().value_or("") : "") + ", " +
         std::string(status ? status->AsString().value_or("") : "");
}

// Where the server would listen. An IPv6 address is looked at as "any", which shows the same
// conflict.
in_addr BindAddress(const settings::Settings& settings) {
  in_addr address{};
  const std::string text = settings.String("AXONFLOW_BIND_ADDRESS");
  if (::inet_pton(AF_INET, text.c_str(), &address) == 1) return address;
  const bool loopback = text.empty() && settings.IsSet("DEPLOYMENT_MODE") &&
                        settings.String("DEPLOYMENT_MODE") == "community";
  address.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY);
  return address;
}

// 0, or the errno of bind(2). Without SO_REUSEPORT, so that a running server of ours shows.
int TryToBind(in_addr host, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr = host;
  const int code =
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  return code;
}

}  // namespace

std::string_view ToString(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kWarn:
      return "warn";
    case CheckState::kFail:
      break;
  }
  return "fail";
}

Check CheckSettings(const Node& node) {
  const auto configuration = app::Configure(node.settings);
  if (!configuration) {
    return {"settings", CheckState::kFail, configuration.error().message,
            "correct it; `axonflow settings` shows what is in force"};
  }
  return {"settings", CheckState::kOk,
          "mode " + node.settings.String("DEPLOYMENT_MODE") + ", profile " +
              configuration->posture.profile(),
          ""};
}

Check CheckDataDirectory(const Node& node) {
  const std::filesystem::path& root = node.directory.root;
  Check check{"data folder", CheckState::kOk, root.string(), ""};
  struct stat status{};
  if (::stat(root.c_str(), &status) != 0) {
    const int code = errno;
    check.finding += ": " + ErrnoText(code);
    check.state = code == ENOENT ? CheckState::kWarn : CheckState::kFail;
    check.todo = code == ENOENT ? "nothing, the server makes it; or correct AXONFLOW_DATA_DIR"
                                : "make it readable for this user";
    return check;
  }
  const int fd = OpenScratchFile(root);
  if (fd < 0) {
    return {check.name, CheckState::kFail, check.finding + ": cannot write: " + ErrnoText(errno),
            "give this user the right to write there"};
  }
  ::close(fd);
  std::error_code failed;
  const std::uintmax_t free = std::filesystem::space(root, failed).available;
  if (failed) return {check.name, CheckState::kFail, failed.message(), "check the disk"};
  check.finding += ", " + Megabytes(free) + " free";
  if (free < kFreeBytesMin) {
    check.state = CheckState::kFail;
    check.todo = "free at least " + Megabytes(kFreeBytesMin) +
                 "; without room for the journal every request is refused";
  } else if (free < kFreeBytesWanted) {
    check.state = CheckState::kWarn;
    check.todo = "free some space before requests are refused";
  } else if ((status.st_mode & 077U) != 0) {
    check.state = CheckState::kWarn;
    check.finding += ", open to other users";
    check.todo = "chmod 700 " + root.string();
  }
  return check;
}

Check CheckSyncTime(const std::filesystem::path& folder) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 20;
  Check check{"sync time", CheckState::kOk, "", ""};
  const int fd = OpenScratchFile(folder);
  if (fd < 0) return {check.name, CheckState::kFail, ErrnoText(errno), "see the data folder"};
  const std::string block(4096, '\0');
  std::vector<std::chrono::microseconds> times;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = Clock::now();
    const bool written =
        ::write(fd, block.data(), block.size()) == static_cast<ssize_t>(block.size());
    if (!written || ::fdatasync(fd) != 0) {
      const int code = errno;
      ::close(fd);
      return {check.name, CheckState::kFail, "fdatasync: " + ErrnoText(code), "check the disk"};
    }
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  }
  ::close(fd);
  std::sort(times.begin(), times.end());
  check.finding = "median " + std::to_string(times[kRounds / 2].count()) + " us, worst " +
                  std::to_string(times.back().count()) + " us";
  if (times[kRounds / 2] > kSyncTimeWanted) {
    check.state = CheckState::kWarn;
    check.todo = "every answer waits for this; put the data folder on a faster disk";
  }
  return check;
}

Check CheckDatabase(const Node& node) {
  const std::string file = node.directory.database().string();
  std::error_code failed;
  if (!std::filesystem::exists(node.directory.database(), failed)) {
    return {"database", CheckState::kOk, file + " does not exist yet; the server makes it", ""};
  }
  auto database = OpenExistingDatabase(node);
  if (!database) {
    return {"database", CheckState::kFail, database.error().message, "check the file's owner"};
  }
  const Result<std::string> report = IntegrityReport(**database);
  if (report && *report == "ok") return {"database", CheckState::kOk, file + " is whole", ""};
  return {"database", CheckState::kFail, file + ": " + (report ? *report : report.error().message),
          "stop the server, keep a copy of the folder, restore the database from a backup"};
}

Check CheckJournal(const Node& node) {
  std::error_code failed;
  if (!std::filesystem::exists(node.directory.database(), failed)) {
    return {"journal", CheckState::kOk, "not begun yet", ""};
  }
  const auto database = OpenExistingDatabase(node);
  if (!database) {
    return {"journal", CheckState::kFail, database.error().message, "see the database"};
  }
  const auto report = audit::Verify(node.directory.journal(), **database);
  if (!report) {
    return {"journal", CheckState::kFail, report.error().message, "check owner and disk"};
  }
  if (!report->ok()) {
    return {"journal", CheckState::kFail, report->problem,
            "keep a copy of the folder before anything else; see docs/audit.md"};
  }
  std::string finding = std::to_string(report->journal_records) + " records on disk, " +
                        std::to_string(report->stored) + " in the store";
  if (report->quarantined == 0) return {"journal", CheckState::kOk, finding, ""};
  return {"journal", CheckState::kWarn,
          finding + ", " + std::to_string(report->quarantined) + " in quarantine",
          "the store refused those records; see docs/audit.md"};
}

Check CheckPolicies() {
  const auto policies = policy::BuiltinCatalogue();
  if (!policies) {
    return {"policies", CheckState::kFail, policies.error().message, "reinstall this program"};
  }
  const auto problems = policy::Lint(*policies);
  if (!problems) {
    return {"policies", CheckState::kFail, problems.error().message, "reinstall this program"};
  }
  if (!problems->empty()) {
    const policy::LintProblem& first = problems->front();
    return {"policies", CheckState::kFail,
            std::to_string(problems->size()) + " problems, first: " + first.policy_id + ": " +
                first.message,
            "see `axonflow policy lint`"};
  }
  return {"policies", CheckState::kOk, std::to_string(policies->size()) + " built-in policies hold",
          ""};
}

Check CheckPort(const Node& node) {
  const auto port = static_cast<std::uint16_t>(node.settings.Integer("PORT"));
  if (port == 0) return {"port", CheckState::kOk, "any free one (PORT=0)", ""};
  const std::string name = std::to_string(port);
  const int code = TryToBind(BindAddress(node.settings), port);
  if (code == 0) return {"port", CheckState::kOk, name + " is free", ""};
  if (code != EADDRINUSE) {
    return {"port", CheckState::kFail, name + ": " + ErrnoText(code), "choose another PORT"};
  }
  const Result<std::string> health = AskHealth(port);
  if (health)
    return {"port", CheckState::kOk, "our server answers on port " + name + " (" + *health + ")",
            ""};
  return {"port", CheckState::kFail, name + " is in use: " + health.error().message,
          "choose another PORT, or stop the program that holds it"};
}

}  // namespace axonflow::cli
