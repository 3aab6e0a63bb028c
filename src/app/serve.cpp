#include <pthread.h>
#include <csignal>
#include <cstdio>

#include "app/app.h"
#include "secrets/configuration.h"
#include "secrets/locked_bytes.h"
#include "telemetry/log.h"

namespace axonflow::app {
namespace {

constexpr int kOk = 0;
constexpr int kBadSettings = 2;
constexpr int kUnavailable = 3;
constexpr int kInternal = 70;

int ExitCodeOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return kBadSettings;
    case ErrorCode::kInternal:
      return kInternal;
    default:
      return kUnavailable;
  }
}

int Report(const Error& error) {
  std::fprintf(stderr, "axonflow: cannot start: %s\n", error.message.c_str());
  return ExitCodeOf(error);
}

telemetry::LogLevel LevelOf(const std::string& text) {
  if (text == "debug") return telemetry::LogLevel::kDebug;
  if (text == "warn") return telemetry::LogLevel::kWarn;
  return text == "error" ? telemetry::LogLevel::kError : telemetry::LogLevel::kInfo;
}

// Blocks the signals that end the process in this thread and every thread that it starts, so that
// only sigwait sees them.
sigset_t BlockTerminationSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that went away shows as an error of the write, never as a signal.
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// What must hold before the first secret is used: no core dumps, and keys that seal.
Status SecureSecrets(const settings::Settings& settings) {
  if (auto off = secrets::DisableCoreDumps(); !off) return off;
  const auto sealing = secrets::ConfigureSealing(settings);
  if (!sealing) return sealing.error();
  if (!sealing->seals() && sealing->plaintext_allowed) {
    telemetry::LogWarn("credentials would be stored in plain text",
                       {{"detail", "CONNECTOR_ENCRYPTION_KEY is not set"}});
  }
  const auto outbound = secrets::ConfigureOutbound(settings);
  return outbound ? Status() : Status(outbound.error());
}

}  // namespace

int Serve(const settings::Settings& settings) {
  const sigset_t signals = BlockTerminationSignals();
  telemetry::SetLogLevel(LevelOf(settings.String("LOG_LEVEL")));
  for (const auto& warning : settings.Warnings()) {
    telemetry::LogWarn("a setting has no effect", {{"detail", warning}});
  }
  if (auto secured = SecureSecrets(settings); !secured) return Report(secured.error());
  auto app = App::Build(settings);
  if (!app) return Report(app.error());
  if (auto started = (*app)->Start(); !started) return Report(started.error());
  int received = 0;
  while (sigwait(&signals, &received) != 0) {
  }
  telemetry::LogInfo("stopping", {{"signal", static_cast<std::int64_t>(received)}});
  (*app)->Drain(settings.Duration("AXONFLOW_DRAIN_TIMEOUT"));
  return kOk;
}

}  // namespace axonflow::app
