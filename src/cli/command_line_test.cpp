// Starts the program itself: usage, exit codes and the commands that need no server.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"

namespace axonflow::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::seconds kRunTimeMax{30};

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

std::string Contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A folder of its own for each test, gone afterwards.
class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "axonflow-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    environment_["AXONFLOW_DATA_DIR"] = (folder_ / "var").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Runs the program with `environment_` and nothing else in its environment.
  Outcome Run(std::vector<std::string> arguments, const std::string& input = "") {
    std::ofstream(folder_ / "in") << input;
    arguments.insert(arguments.begin(), AXONFLOW_BINARY);
    std::vector<std::string> variables = {"PATH=/usr/bin:/bin"};
    for (const auto& [name, value] : environment_) variables.push_back(name + "=" + value);
    const auto pointers = [](std::vector<std::string>& texts) {
      std::vector<char*> out;
      for (std::string& text : texts) out.push_back(text.data());
      out.push_back(nullptr);
      return out;
    };
    auto argv = pointers(arguments);
    auto envp = pointers(variables);
    const std::string in = folder_ / "in", out = folder_ / "out", err = folder_ / "err";
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(::open(in.c_str(), O_RDONLY), 0);
      ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      ::execve(argv[0], argv.data(), envp.data());
      ::_exit(127);
    }
    Outcome outcome;
    outcome.exit_code = WaitFor(child);
    outcome.out = Contents(out);
    outcome.err = Contents(err);
    return outcome;
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;

 private:
  // The exit code, or -1 when the program did not end in time or died of a signal.
  static int WaitFor(pid_t child) {
    const auto deadline = std::chrono::steady_clock::now() + kRunTimeMax;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return -1;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

// Member of a JSON object printed by the program, as text.
std::string Member(const std::string& json, std::string_view name) {
  JsonDocument document;
  const auto root = document.Parse(json);
  const auto member = root ? root->Find(name) : std::nullopt;
  const auto text = member ? member->AsString() : std::nullopt;
  return std::string(text.value_or("<missing>"));
}

TEST_F(CommandLine, HelpWorksOnEveryCommandHasExamplesAndExitsZero) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"serve"},
                                                          {"dev"},
                                                          {"demo"},
                                                          {"version"},
                                                          {"settings"},
                                                          {"settings", "check"},
                                                          {"policy"},
                                                          {"policy", "lint"},
                                                          {"policy", "test"},
                                                          {"audit"},
                                                          {"audit", "tail"},
                                                          {"audit", "verify"},
                                                          {"doctor"},
                                                          {"tenant"},
                                                          {"tenant", "create"},
                                                          {"tenant", "list"},
                                                          {"tenant", "disable"},
                                                          {"client"},
                                                          {"client", "create"},
                                                          {"client", "list"},
                                                          {"client", "rotate"},
                                                          {"client", "disable"}};
  for (std::vector<std::string> command : commands) {
    command.push_back("--help");
    const Outcome outcome = Run(command);
    EXPECT_EQ(outcome.exit_code, 0) << ::testing::PrintToString(command) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Usage:")) << ::testing::PrintToString(command);
    if (command.size() == 1) continue;  // of the program itself
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("Examples?:\n"))
        << ::testing::PrintToString(command);
  }
}

TEST_F(CommandLine, WithoutACommandShowsHelpAndExitsTwo) {
  const Outcome outcome = Run({});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("Exit codes: 0 ok"));
}

TEST_F(CommandLine, SuggestsTheNearestCommandAtEveryLevel) {
  const Outcome top = Run({"sevre"});
  EXPECT_EQ(top.exit_code, 2);
  EXPECT_THAT(top.err, HasSubstr("did you mean \"axonflow serve\"?"));
  const Outcome nested = Run({"audit", "verfy"});
  EXPECT_EQ(nested.exit_code, 2);
  EXPECT_THAT(nested.err, HasSubstr("did you mean \"axonflow audit verify\"?"));
  const Outcome far = Run({"kubernetes"});
  EXPECT_EQ(far.exit_code, 2);
  EXPECT_THAT(far.err, Not(HasSubstr("did you mean")));
}

TEST_F(CommandLine, WrongArgumentsExitTwoAndPointToTheHelpOfThatCommand) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"audit"},
                                             {"audit", "tail", "--lines", "0"},
                                             {"audit", "tail", "--nonsense"},
                                             {"policy", "test"},
                                             {"policy", "test", "x", "--plane", "moon"},
                                             {"version", "-o", "xml"},
                                             {"client", "create"},
                                             {"tenant", "create"},
                                             {"dev", "--port", "70000"}}) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(outcome.err, HasSubstr("axonflow " + arguments[0]));
    EXPECT_THAT(outcome.err, HasSubstr("--help"));
  }
}

TEST_F(CommandLine, VersionIsPrintedAsTextAndAsJson) {
  EXPECT_THAT(Run({"version"}).out, HasSubstr("axonflow 0."));
  EXPECT_EQ(Run({"--version"}).exit_code, 0);
  EXPECT_THAT(Member(Run({"version", "-o", "json"}).out, "version"), HasSubstr("0."));
}

TEST_F(CommandLine, ServeWithoutAModeRefusesAndNamesTheModes) {
  const Outcome outcome = Run({"serve"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("DEPLOYMENT_MODE"));
  EXPECT_THAT(outcome.err, HasSubstr("community"));
  EXPECT_THAT(outcome.err, HasSubstr("enterprise"));
  EXPECT_THAT(outcome.err, HasSubstr("saas and community-saas are not served by this version"));
  EXPECT_THAT(outcome.err, Not(HasSubstr(", saas")));
}

TEST_F(CommandLine, ServeCheckSaysWhetherAServerCouldStartAndMakesNothing) {
  environment_["DEPLOYMENT_MODE"] = "community";
  environment_["PORT"] = "0";
  const Outcome free = Run({"serve", "--check"});
  EXPECT_EQ(free.exit_code, 0) << free.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "var"));
  environment_["DEPLOYMENT_MODE"] = "saas";
  EXPECT_EQ(Run({"serve", "--check"}).exit_code, 2);
}

TEST_F(CommandLine, DevThatCannotStartLeavesTheSecretAsItIs) {
  ASSERT_EQ(Run({"client", "create", "--tenant", "dev", "--client-id", "dev"}).exit_code, 0);
  std::filesystem::create_directories(folder_ / "var" / "journal");
  const std::string lock = folder_ / "var" / "journal" / "lock";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  environment_["PORT"] = "0";
  const Outcome outcome = Run({"dev"});
  ::close(fd);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr((folder_ / "var").string()));
  EXPECT_THAT(Run({"client", "list"}).out, ::testing::ContainsRegex("dev +dev +enabled +v1"));
}

TEST_F(CommandLine, DevRefusesAnotherMode) {
  environment_["DEPLOYMENT_MODE"] = "enterprise";
  const Outcome outcome = Run({"dev"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("DEPLOYMENT_MODE"));
}

TEST_F(CommandLine, DemoWithoutAServerExitsThreeAndNamesTheAddress) {
  const Outcome outcome = Run({"demo", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("127.0.0.1:1"));
}

TEST_F(CommandLine, DemoRefusesHalfACredentialAndABadAddress) {
  EXPECT_EQ(Run({"demo", "--client-id", "a"}).exit_code, 2);
  EXPECT_EQ(Run({"demo", "--url", "https://127.0.0.1"}).exit_code, 2);
}

TEST_F(CommandLine, SettingsShowValueAndSourceAndMaskSecrets) {
  environment_["PORT"] = "8099";
  const Outcome outcome = Run({"settings"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("PORT +8099 +env"));
  EXPECT_THAT(Run({"settings", "-o", "json"}).out, HasSubstr(R"("variable":"PORT")"));
  EXPECT_THAT(Run({"settings", "--docs"}).out, HasSubstr("DEPLOYMENT_MODE"));
}

TEST_F(CommandLine, SettingsCheckNamesWhatIsWrongAndExitsTwo) {
  environment_["DEPLOYMENT_MODE"] = "community";
  EXPECT_EQ(Run({"settings", "check"}).exit_code, 0);
  environment_["PORT"] = "many";
  environment_["AXONFLOW_DATADIR"] = "x";
  const Outcome outcome = Run({"settings", "check"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("PORT"));
  EXPECT_THAT(outcome.err, HasSubstr("many"));
  EXPECT_THAT(outcome.err, HasSubstr("AXONFLOW_DATA_DIR"));
  EXPECT_THAT(Run({"settings", "check", "-o", "json"}).out, HasSubstr(R"("ok":false)"));
}

TEST_F(CommandLine, SettingsCheckPrintsTheWarnings) {
  environment_["DEPLOYMENT_MODE"] = "community";
  environment_["HIGH_RISK_ACTION"] = "block";
  const std::string warning = "no effect in this version: HIGH_RISK_ACTION";
  const Outcome text = Run({"settings", "check"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("warning: "));
  EXPECT_THAT(text.out, HasSubstr(warning));
  const Outcome json = Run({"settings", "check", "-o", "json"});
  EXPECT_THAT(json.out, HasSubstr(R"("warnings":[")"));
  EXPECT_THAT(json.out, HasSubstr(warning));
  EXPECT_THAT(Run({"doctor"}).out, ::testing::ContainsRegex("warn +settings .*" + warning));
}

TEST_F(CommandLine, SettingsCheckRefusesAProtectionThatIsNotThere) {
  environment_["DEPLOYMENT_MODE"] = "community";
  environment_["AXONFLOW_AUDIT_S3_BUCKET"] = "hunter2";
  const Outcome outcome = Run({"settings", "check"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("AXONFLOW_AUDIT_S3_BUCKET is not supported"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("hunter2")));
}

TEST_F(CommandLine, SettingsCheckRefusesAMissingMode) {
  const Outcome outcome = Run({"settings", "check"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("DEPLOYMENT_MODE"));
}

TEST_F(CommandLine, SettingsCheckRefusesABadPosture) {
  environment_["DEPLOYMENT_MODE"] = "community";
  environment_["PII_ACTION"] = "shout";
  const Outcome outcome = Run({"settings", "check"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("PII_ACTION"));
}

TEST_F(CommandLine, ClientCreateMakesTheTenantAndPrintsTheCredentialsAsJson) {
  const Outcome outcome = Run({"client", "create", "--tenant", "shop", "-o", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(Member(outcome.out, "client_id"), HasSubstr("shop-"));
  EXPECT_GE(Member(outcome.out, "client_secret").size(), 32U);
  EXPECT_EQ(Member(outcome.out, "tenant_id"), "shop");
  EXPECT_NE(Member(outcome.out, "org_id"), "<missing>");
  EXPECT_THAT(Run({"tenant", "list"}).out, ::testing::ContainsRegex("shop +.+ +enabled"));
  EXPECT_THAT(Run({"client", "list", "--tenant", "shop", "-o", "json"}).out,
              HasSubstr(Member(outcome.out, "client_id")));
}

TEST_F(CommandLine, ClientRotateGivesAnotherSecretAndDisableEndsIt) {
  const Outcome created = Run({"client", "create", "--tenant", "shop", "-o", "json"});
  ASSERT_EQ(created.exit_code, 0) << created.err;
  const std::string id = Member(created.out, "client_id");
  const Outcome rotated = Run({"client", "rotate", id, "-o", "json"});
  ASSERT_EQ(rotated.exit_code, 0) << rotated.err;
  EXPECT_EQ(Member(rotated.out, "client_id"), id);
  EXPECT_NE(Member(rotated.out, "client_secret"), Member(created.out, "client_secret"));
  EXPECT_EQ(Run({"client", "disable", id}).exit_code, 0);
  EXPECT_THAT(Run({"client", "list"}).out, ::testing::ContainsRegex(id + " +shop +disabled +v2"));
}

TEST_F(CommandLine, NegativeAnswersExitOne) {
  EXPECT_EQ(Run({"tenant", "create", "shop"}).exit_code, 0);
  const Outcome again = Run({"tenant", "create", "shop"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("shop"));
  EXPECT_EQ(Run({"client", "rotate", "nobody"}).exit_code, 1);
  EXPECT_EQ(Run({"client", "disable", "nobody"}).exit_code, 1);
  EXPECT_EQ(Run({"tenant", "disable", "nobody"}).exit_code, 1);
}

TEST_F(CommandLine, BadNamesExitTwo) {
  EXPECT_EQ(Run({"tenant", "create", "a b"}).exit_code, 2);
  EXPECT_EQ(Run({"client", "create", "--tenant", "global"}).exit_code, 2);
}

TEST_F(CommandLine, DataDirOptionGoesBeforeTheEnvironment) {
  const std::string other = folder_ / "other";
  ASSERT_EQ(Run({"tenant", "create", "shop", "--data-dir", other}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(other));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "var"));
}

TEST_F(CommandLine, AuditCommandsWithoutADatabaseExitThreeAndMakeNone) {
  for (const char* command : {"tail", "verify"}) {
    const Outcome outcome = Run({"audit", command});
    EXPECT_EQ(outcome.exit_code, 3) << command;
    EXPECT_THAT(outcome.err, HasSubstr("--data-dir"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "var"));
}

TEST_F(CommandLine, PolicyLintHoldsForTheBuiltInCatalogue) {
  const Outcome outcome = Run({"policy", "lint"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("0 problems"));
}

TEST_F(CommandLine, PolicyLintTellsAMissingFileFromABrokenOne) {
  EXPECT_EQ(Run({"policy", "lint", folder_ / "none.yaml"}).exit_code, 3);
  std::ofstream(folder_ / "broken.yaml") << "policies: [";
  EXPECT_EQ(Run({"policy", "lint", folder_ / "broken.yaml"}).exit_code, 2);
}

TEST_F(CommandLine, PolicyTestAnswersUnderThePostureOfTheEnvironment) {
  const std::string card = "my card is 4111 1111 1111 1111";
  EXPECT_EQ(Run({"policy", "test", "a friendly greeting"}).exit_code, 0);
  environment_["PII_ACTION"] = "block";
  const Outcome blocked = Run({"policy", "test", card, "-o", "json"});
  EXPECT_EQ(blocked.exit_code, 1) << blocked.err;
  EXPECT_EQ(Member(blocked.out, "verdict"), "blocked");
  environment_["PII_ACTION"] = "redact";
  const Outcome redacted = Run({"policy", "test", "-", "-o", "json"}, card + "\n");
  EXPECT_EQ(redacted.exit_code, 0) << redacted.err;
  EXPECT_EQ(Member(redacted.out, "verdict"), "redacted");
}

TEST_F(CommandLine, DoctorFindsAFreshFolderUsableAndABadSettingNot) {
  environment_["DEPLOYMENT_MODE"] = "community";
  std::filesystem::create_directory(folder_ / "var");
  std::filesystem::permissions(folder_ / "var", std::filesystem::perms::owner_all);
  const Outcome fresh = Run({"doctor"});
  EXPECT_THAT(fresh.out, ::testing::ContainsRegex("ok +sync time +median"));
  EXPECT_THAT(fresh.out, ::testing::ContainsRegex("ok +policies"));
  environment_["AXONFLOW_POLICIES_DIR"] = (folder_ / "none").string();
  const Outcome lost = Run({"doctor"});
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_THAT(lost.out, ::testing::ContainsRegex("fail +policies +.*none"));
  environment_.erase("AXONFLOW_POLICIES_DIR");
  environment_["PORT"] = "many";
  const Outcome bad = Run({"doctor", "-o", "json"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, HasSubstr(R"("healthy":false)"));
}

}  // namespace
}  // namespace axonflow::cli
