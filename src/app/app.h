#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "settings/settings.h"

namespace axonflow::app {

// Where everything of one node lies below AXONFLOW_DATA_DIR.
struct DataDirectory {
  std::filesystem::path root;

  std::filesystem::path database() const { return root / "axonflow.db"; }
  std::filesystem::path journal() const { return root / "journal"; }
  std::filesystem::path node_id() const { return root / "node.id"; }
  std::filesystem::path pepper() const { return root / "keys" / "client-secret.pepper"; }
  std::filesystem::path audit_signing_key() const { return root / "keys" / "audit-signing.key"; }

  // Makes the folders (mode 0700).
  Status Create() const;
};

// The whole server as one object: built from settings, started, drained, stopped.
class App {
 public:
  // Opens the store, migrates it, opens the journal, compiles the policies. No socket yet.
  static Result<std::unique_ptr<App>> Build(const settings::Settings& settings);
  ~App();

  // Binds, serves, starts shipping. The port is known afterwards.
  Status Start();
  std::uint16_t port() const;

  // Stops accepting, finishes what is in flight, syncs the journal, ships the rest: all of it
  // within `grace`. The destructor takes up to about two seconds more when the store is stuck.
  void Drain(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Build, Start, wait for SIGTERM or SIGINT, Drain. Returns the process's exit code (see
// docs/cli.md); says on standard error why it could not start.
int Serve(const settings::Settings& settings);

}  // namespace axonflow::app
