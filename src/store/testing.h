#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "store/migrations.h"
#include "store/postgres.h"
#include "store/sqlite.h"
#include "store/unpredicated.h"

// Stores for the tests of all rooms. With AXONFLOW_TEST_ENGINE=postgresql in the environment they
// are databases of a PostgreSQL server that the test process starts and stops; with
// AXONFLOW_TEST_PREDICATES=off as well, statements lose their conditions on organization and
// tenant.
namespace axonflow::store::testing {

// A server of this process's own: a folder, a Unix socket in it, no network, and a user without
// rights over the machine. Ends with the process, however that ends.
class PostgresServer {
 public:
  static constexpr const char* kBinaries = "/usr/lib/postgresql/15/bin/";

  // nullptr when the package postgresql-15 is not installed.
  static PostgresServer* Instance() {
    static const std::unique_ptr<PostgresServer> server = [] {
      const bool installed = std::filesystem::exists(std::string(kBinaries) + "initdb");
      if (!installed) std::fputs("NO POSTGRESQL: install postgresql-15 to run its tests\n", stderr);
      return installed ? std::make_unique<PostgresServer>() : nullptr;
    }();
    return server.get();
  }

  PostgresServer() {
    std::string name = "/tmp/axonflow-pg-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    if (::geteuid() == 0) (void)::chown(folder_.c_str(), kNobody, kNobody);
    const auto data = folder_ + "/data";
    Wait(Spawn({"initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale",
                "C.UTF-8", "-N"}));
    server_ = Spawn({"postgres", "-D", data, "-k", folder_, "-c", "listen_addresses=", "-c",
                     "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c",
                     "autovacuum=off", "-c", "log_min_messages=fatal"});
    AwaitStart();
    // Like an administrator's: it owns its databases and makes roles, and row-level security binds
    // it.
    Run("postgres", "postgres", "CREATE ROLE owner LOGIN CREATEDB CREATEROLE");
  }
  ~PostgresServer() {
    if (server_ > 0) {
      ::kill(server_, SIGQUIT);
      Wait(server_);
    }
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  std::string Url(const std::string& user, const std::string& database) const {
    return "postgresql://" + user + "@/" + database + "?host=" + folder_;
  }
  PostgresOptions Options(const std::string& user, const std::string& database) const {
    PostgresOptions options;
    options.url = Secret(Url(user, database));
    return options;
  }

  // One statement outside of any transaction block.
  void Run(const std::string& user, const std::string& database, const std::string& sql) const {
    Wait(
        Spawn({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", Url(user, database), "-c", sql}));
  }

  // A migrated database of its own.
  std::string NewDatabase() {
    if (!has_template_) {
      Run("owner", "postgres", "CREATE DATABASE migrated");
      auto options = Options("owner", "migrated");
      options.counts_changes = false;
      options.statement_timeout = std::chrono::minutes(1);
      auto owner = OpenPostgres(std::move(options));
      EXPECT_TRUE(owner.ok()) << (owner.ok() ? "" : owner.error().message);
      const auto migrated = Migrate(**owner);
      EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
      has_template_ = true;
    }
    const auto name = "test" + std::to_string(++databases_);
    Run("owner", "postgres", "CREATE DATABASE " + name + " TEMPLATE migrated");
    return name;
  }

  // As the server opens it: statements of a domain under row-level security.
  std::unique_ptr<Database> Open(const std::string& name,
                                 const std::string& node = "node-1") const {
    auto options = Options("owner", name);
    options.role = kAppRole;
    options.platform_role = kPlatformRole;
    options.node = node;
    auto opened = OpenPostgres(std::move(options));
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }

  pid_t pid() const { return server_; }

 private:
  static constexpr unsigned kNobody = 65534;

  static pid_t Spawn(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    const auto program = kBinaries + words[0];
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which forgets it
    if (words[0] == "postgres") ::setpgid(0, 0);
    if (words[0] == "initdb" && std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(1);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }
  static void Wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  void AwaitStart() const {
    for (int i = 0; i < 500; ++i) {
      if (OpenPostgres(Options("postgres", "postgres")).ok()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "PostgreSQL does not start in " << folder_;
  }

  std::string folder_;
  pid_t server_ = -1;
  bool has_template_ = false;
  int databases_ = 0;
};

inline bool IsSetTo(const char* variable, std::string_view value) {
  const char* text = std::getenv(variable);
  return text != nullptr && text == value;
}

inline bool OnPostgresql() { return IsSetTo("AXONFLOW_TEST_ENGINE", "postgresql"); }

// The migrated store of that name: an SQLite file, or, on PostgreSQL, a database that stands for
// it. A second call with the same name is a second connection, as another process has it.
inline std::unique_ptr<Database> OpenStore(const std::filesystem::path& file) {
  if (OnPostgresql()) {
    static std::map<std::filesystem::path, std::string> names;
    PostgresServer* server = PostgresServer::Instance();
    if (server == nullptr) {
      ADD_FAILURE() << "AXONFLOW_TEST_ENGINE=postgresql, but there is no PostgreSQL";
      return nullptr;
    }
    auto& name = names[file];
    if (name.empty()) name = server->NewDatabase();
    auto opened = server->Open(name);
    if (!IsSetTo("AXONFLOW_TEST_PREDICATES", "off")) return opened;
    return std::make_unique<UnpredicatedDatabase>(std::move(opened));
  }
  auto opened = OpenSqlite(file);
  EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
  if (!opened) return nullptr;
  const auto migrated = Migrate(**opened);
  EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  return std::move(*opened);
}

}  // namespace axonflow::store::testing
