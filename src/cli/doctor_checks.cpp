#include "cli/doctor_checks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "app/configuration.h"
#include "app/open_store.h"
#include "app/policy_source.h"
#include "audit/verify.h"
#include "base/json.h"
#include "cli/catalogue_files.h"
#include "cli/http_client.h"
#include "cli/start_probe.h"
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
  Check check{"settings", CheckState::kOk,
              "mode " + node.settings.String("DEPLOYMENT_MODE") + ", profile " +
                  configuration->posture.profile(),
              ""};
  for (const std::string& warning : node.settings.Warnings()) {
    check.state = CheckState::kWarn;
    check.finding += "; " + warning;
    check.todo = "unset what you do not mean to rely on";
  }
  return check;
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
  const bool postgres = app::UsesPostgres(node.settings);
  const std::string file = postgres ? "PostgreSQL" : node.directory.database().string();
  std::error_code failed;
  if (!postgres && !std::filesystem::exists(node.directory.database(), failed)) {
    return {"database", CheckState::kOk, file + " does not exist yet; the server makes it", ""};
  }
  auto database = OpenExistingDatabase(node);
  if (!database) {
    return {
        "database", CheckState::kFail, database.error().message,
        postgres ? "check DATABASE_URL and `axonflow migrate status`" : "check the file's owner"};
  }
  const Result<std::string> report = IntegrityReport(**database);
  if (report && *report == "ok") {
    return {"database", CheckState::kOk, file + (postgres ? " answers" : " is whole"), ""};
  }
  return {"database", CheckState::kFail, file + ": " + (report ? *report : report.error().message),
          "stop the server, keep a copy of the folder, restore the database from a backup"};
}

Check CheckJournal(const Node& node) {
  std::error_code failed;
  if (!app::UsesPostgres(node.settings) &&
      !std::filesystem::exists(node.directory.database(), failed)) {
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

Check CheckPolicies(const std::string& directory) {
  const bool builtin = directory.empty();
  const std::string name = builtin ? "built-in policies" : "policies of " + directory;
  const std::string todo =
      builtin ? "reinstall this program"
              : "correct AXONFLOW_POLICIES_DIR or the file; until then every request is refused";
  const auto fail = [&](const Error& error) {
    return Check{"policies", CheckState::kFail, error.message, todo};
  };
  if (const auto set = app::LoadPolicies(directory); !set) return fail(set.error());
  const auto policies =
      ReadPolicies(builtin ? std::vector<std::string>() : std::vector<std::string>{directory});
  if (!policies) return fail(policies.error());
  const auto problems = policy::Lint(*policies);
  if (!problems) return fail(problems.error());
  if (!problems->empty()) {
    const policy::LintProblem& first = problems->front();
    return {
        "policies", CheckState::kFail,
        std::to_string(problems->size()) + " problems in the " + name +
            ", first: " + first.policy_id + ": " + first.message,
        builtin ? "see `axonflow policy lint`" : "see `axonflow policy lint " + directory + "`"};
  }
  return {"policies", CheckState::kOk, std::to_string(policies->size()) + " " + name + " hold", ""};
}

Check CheckPort(const Node& node) {
  const auto port = static_cast<std::uint16_t>(node.settings.Integer("PORT"));
  if (port == 0) return {"port", CheckState::kOk, "any free one (PORT=0)", ""};
  const std::string name = std::to_string(port);
  const auto configuration = app::Configure(node.settings);
  if (!configuration) return {"port", CheckState::kWarn, "not looked at", "see the settings"};
  const int code = TryToBind(configuration->server.address, port);
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
