#include "app/app.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "api/api.h"
#include "app/configuration.h"
#include "app/descriptors.h"
#include "app/evidence.h"
#include "app/identity_options.h"
#include "app/loopback_guard.h"
#include "app/model_access.h"
#include "app/open_store.h"
#include "app/policy_source.h"
#include "app/refusal_counters.h"
#include "audit/journal.h"
#include "audit/shipper.h"
#include "base/worker_pool.h"
#include "cost/ledger.h"
#include "governance/governor.h"
#include "identity/authenticator.h"
#include "identity/client_directory.h"
#include "identity/credential_snapshot.h"
#include "net/server.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/view_cache.h"
#include "store/database.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace axonflow::app {
namespace {

// Long texts: two at a time are judged, the rest of the admitted ones wait.
constexpr int kComputeThreads = 2;
constexpr int kComputeNiceness = 5;
constexpr std::size_t kComputeAdmittedMax = 256;
// Reads of the store: as many as the store has readers.
constexpr int kBlockingThreads = 4;
constexpr std::size_t kBlockingAdmittedMax = 256;
// What the store gets for the last records even when the requests took all of the grace.
constexpr std::chrono::milliseconds kShipWaitMin{300};
// How long the end of the process waits for a store that does not take the last records.
constexpr std::chrono::milliseconds kShipperStopWait{1'000};

Status MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error{ErrorCode::kUnavailable,
                 "cannot create " + folder.string() + ": " + error.message()};
  }
  if (::chmod(folder.c_str(), 0700) != 0) {
    return Error{ErrorCode::kUnavailable, "cannot set the mode of " + folder.string()};
  }
  return {};
}

}  // namespace

Status DataDirectory::Create() const {
  for (const auto& folder : {root, journal(), pepper().parent_path()}) {
    if (auto made = MakeFolder(folder); !made) return made;
  }
  return {};
}

// Members are in order of construction: what is below uses what is above and goes away first.
struct App::Impl {
  Configuration configuration;
  telemetry::Registry metrics;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<audit::Journal> journal;
  audit::EvidenceOptions evidence;
  std::unique_ptr<audit::Shipper> shipper;
  std::unique_ptr<identity::CredentialSnapshot> credentials;
  std::unique_ptr<identity::Authenticator> authenticator;
  std::optional<WorkerPool> compute;
  std::optional<WorkerPool> blocking;
  std::unique_ptr<policy_admin::ViewCache> view_cache;
  governance::FixedPolicyViews no_views{nullptr};  // when the built-in policies cannot be loaded
  std::unique_ptr<policy_admin::PolicyDirectory> policies;
  std::unique_ptr<governance::Governor> governor;
  std::optional<cost::Ledger> ledger;
  ModelAccess models;
  std::unique_ptr<api::Api> api;
  std::optional<RefusalCounters> refusals;
  std::optional<LoopbackGuard> guard;
  std::unique_ptr<net::Server> server;

  ~Impl();

  Status OpenStores(const settings::Settings& settings, const DataDirectory& directory);
  Status BuildIdentity(const settings::Settings& settings, const DataDirectory& directory);
  Status BuildPolicies();
  void BuildPipeline();
  Status Readiness() const;
};

// A request in flight runs through the journal, the pools and the server's threads, in any order,
// and uses everything above them. So each of these is brought to rest, in an order in which nobody
// posts to an executor that has stopped, before the first member goes away.
App::Impl::~Impl() {
  if (server) server->Drain(std::chrono::milliseconds(0));
  if (models.client) models.client->Stop();
  if (shipper) shipper->EndWaits();
  if (journal) journal->Stop();
  if (blocking) blocking->Stop();
  if (compute) compute->Stop();
  server.reset();
  if (shipper && !shipper->Stop(kShipperStopWait)) {
    // A store that somebody holds locked keeps the thread for seconds. What it uses stays in memory
    // for the little that is left of this process; the journal has the records.
    static_cast<void>(shipper.release());
    static_cast<void>(journal.release());
    credentials.reset();
    static_cast<void>(database.release());
  }
}

Status App::Impl::OpenStores(const settings::Settings& settings, const DataDirectory& directory) {
  auto opened = OpenStore(settings, directory);
  if (!opened) return opened.error();
  database = std::move(*opened);
  configuration.journal.directory = directory.journal();
  auto journal_opened = audit::Journal::Open(configuration.journal);
  if (!journal_opened) return journal_opened.error();
  journal = std::move(*journal_opened);
  auto signing = ConfigureEvidence(settings, directory);
  if (!signing) return signing.error();
  evidence = std::move(*signing);
  audit::ShipperOptions shipping;
  shipping.evidence = evidence;
  shipper = std::make_unique<audit::Shipper>(*journal, *database, std::move(shipping));
  return {};
}

Status App::Impl::BuildIdentity(const settings::Settings& settings,
                                const DataDirectory& directory) {
  if (configuration.community) {
    authenticator = identity::MakeCommunityAuthenticator(std::move(configuration.authenticator));
    return {};
  }
  auto pepper = identity::LoadOrCreatePepper(directory.pepper().string());
  if (!pepper) return pepper.error();
  configuration.authenticator.pepper = std::move(*pepper);
  if (auto added = AddLicencesAndProvider(settings, directory, configuration.authenticator);
      !added) {
    return added;
  }
  identity::CredentialSnapshot::Options snapshot_options;
  snapshot_options.org = configuration.authenticator.org;
  auto snapshot = identity::CredentialSnapshot::Start(*database, snapshot_options);
  if (!snapshot) return snapshot.error();
  credentials = std::move(*snapshot);
  authenticator =
      identity::MakeCredentialAuthenticator(std::move(configuration.authenticator), *credentials);
  return {};
}

// A catalogue that cannot be loaded does not stop the start: the process answers its probes, says
// why it is not ready, and refuses everything else.
Status App::Impl::BuildPolicies() {
  compute.emplace("compute", kComputeThreads, kComputeNiceness, kComputeAdmittedMax);
  blocking.emplace("blocking", kBlockingThreads, 0, kBlockingAdmittedMax);
  auto loaded = LoadSystemPolicies(configuration.policies_directory);
  if (!loaded) {
    telemetry::LogError("the policies cannot be loaded; every request will be refused",
                        {{"error", loaded.error().message}});
    return {};
  }
  telemetry::LogInfo("policies loaded",
                     {{"policies", static_cast<std::int64_t>(loaded->patterns->policies().size())},
                      {"profile", configuration.posture.profile()},
                      {"version", loaded->patterns->version()}});
  const policy_admin::SystemPolicies system{loaded->patterns, loaded->dynamic};
  auto cache = policy_admin::ViewCache::Start(*database, system, configuration.posture, *compute);
  if (!cache) return cache.error();
  view_cache = std::move(*cache);
  policies = std::make_unique<policy_admin::PolicyDirectory>(
      *database, system, configuration.policy_limits, view_cache.get());
  return {};
}

void App::Impl::BuildPipeline() {
  governor = std::make_unique<governance::Governor>(
      governance::GovernorOptions{configuration.ack, configuration.node, configuration.environment},
      view_cache ? static_cast<governance::PolicyViews&>(*view_cache) : no_views, *journal,
      *shipper, *compute, *blocking, metrics);
  const api::Services services{
      *authenticator, *governor,      *journal,  *shipper,        *database,           *blocking,
      metrics,        policies.get(), &evidence, &models.catalog, models.client.get(), &*ledger};
  api = std::make_unique<api::Api>(services, configuration.api);
  api->SetReadiness([this] { return Readiness(); });
  metrics.AddGauge("axonflow_audit_journal_durable_position", "Last position that is on disk.",
                   [this] { return static_cast<double>(ToNumber(journal->durable())); });
  metrics.AddGauge("axonflow_audit_store_position", "Last position that is in the store.",
                   [this] { return static_cast<double>(ToNumber(shipper->shipped())); });
}

Status App::Impl::Readiness() const {
  if (auto judged = governor->policies_health(); !judged) return judged;
  return journal->health();
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
App::~App() = default;

Result<std::unique_ptr<App>> App::Build(const settings::Settings& settings) {
  auto configuration = Configure(settings);
  if (!configuration) return configuration.error();
  auto impl = std::make_unique<Impl>();
  impl->configuration = std::move(*configuration);
  const DataDirectory directory{settings.String("AXONFLOW_DATA_DIR")};
  if (auto made = directory.Create(); !made) return made.error();
  if (auto opened = impl->OpenStores(settings, directory); !opened) return opened.error();
  if (auto built = impl->BuildIdentity(settings, directory); !built) return built.error();
  if (auto built = impl->BuildPolicies(); !built) return built.error();
  auto models = OpenModelAccess(settings);
  if (!models) return models.error();
  impl->models = std::move(*models);
  impl->ledger.emplace(*impl->database, settings.Duration("AXONFLOW_BUDGET_LEASE"));
  impl->BuildPipeline();
  return std::unique_ptr<App>(new App(std::move(impl)));
}

Status App::Start() {
  if (auto started = impl_->shipper->Start(); !started) return started;
  auto& options = impl_->configuration.server;
  options.limits.connections_max =
      ConnectionsWithin(RaiseDescriptorLimit(), options.limits.connections_max);
  impl_->refusals.emplace(impl_->metrics);
  options.on_refused = [&refusals = *impl_->refusals](const char* reason) {
    refusals.Count(reason);
  };
  options.on_tls_reload = [](const Status& status) {
    if (status.ok()) {
      telemetry::LogInfo("new TLS certificate in use");
    } else {
      telemetry::LogWarn("the changed TLS files cannot be used; the former certificate stays",
                         {{"error", status.error().message}});
    }
  };
  net::Handler* handler = impl_->api.get();
  if (impl_->configuration.guards_loopback) {
    handler = &impl_->guard.emplace(options.address, *handler, options.on_refused);
  }
  auto server = net::Server::Listen(options, *handler);
  if (!server) return server.error();
  impl_->server = std::move(*server);
  impl_->server->Run();
  telemetry::LogInfo("serving", {{"address", impl_->configuration.server.address},
                                 {"port", static_cast<std::int64_t>(port())},
                                 {"mode", impl_->configuration.api.deployment_mode},
                                 {"version", impl_->configuration.api.version}});
  if (options.tls == nullptr && !IsLoopback(options.address)) {
    telemetry::LogWarn("serving without TLS; set AXONFLOW_TLS_CERT_FILE or put a proxy in front",
                       {{"address", options.address}});
  }
  return {};
}

std::uint16_t App::port() const { return impl_->server ? impl_->server->port() : 0; }

void App::Drain(std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  const auto cut_off = impl_->server ? impl_->server->Drain(grace) : 0;
  // The journal is synced as it is written; what is durable goes to the store now, so that the next
  // start has nothing to catch up with.
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  const auto shipped =
      impl_->shipper->WaitUntilShipped(impl_->journal->durable(), std::max(left, kShipWaitMin));
  impl_->shipper->EndWaits();
  if (!shipped) {
    telemetry::LogWarn(
        "stopped with records that are not in the store yet; the next start ships them",
        {{"error", shipped.error().message}});
  }
  telemetry::LogInfo("drained", {{"connections_cut_off", static_cast<std::int64_t>(cut_off)}});
}

}  // namespace axonflow::app
