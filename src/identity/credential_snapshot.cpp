#include "identity/credential_snapshot.h"

#include <algorithm>
#include <utility>

#include "identity/client_directory_store.h"
#include "telemetry/log.h"

namespace axonflow::identity {
namespace {

// A directory so large that its load takes long is loaded less often, so that loading takes at most
// a tenth of one core, but often enough for a change to arrive within a second.
constexpr int kLoadShare = 10;
constexpr std::chrono::milliseconds kLoadPauseMax{500};

std::uint64_t NextIdentity() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

struct ThreadCache {
  std::uint64_t identity = 0;
  std::uint64_t generation = 0;
  std::shared_ptr<const CredentialMap> map;
};

}  // namespace

Result<std::unique_ptr<CredentialSnapshot>> CredentialSnapshot::Start(store::Database& database,
                                                                      Options options) {
  std::unique_ptr<CredentialSnapshot> snapshot(new CredentialSnapshot(database, options));
  const auto counter = database.ChangeCounter();
  if (!counter) return counter.error();
  if (const Status loaded = snapshot->Load(*counter); !loaded) return loaded.error();
  snapshot->thread_ = std::thread([self = snapshot.get()] { self->Run(); });
  return snapshot;
}

CredentialSnapshot::CredentialSnapshot(store::Database& database, Options options)
    : database_(database),
      options_(options),
      identity_(NextIdentity()),
      map_(std::make_shared<const CredentialMap>()) {}

CredentialSnapshot::~CredentialSnapshot() {
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

CredentialSnapshot::Found CredentialSnapshot::Find(std::string_view client, Credential& out) const {
  const Clock::time_point confirmed{Clock::duration(confirmed_at_.load(std::memory_order_acquire))};
  if (Clock::now() - confirmed > options_.stale_max) return Found::kUnavailable;
  const CredentialMap& map = Current();
  if (const auto entry = map.find(client); entry != map.end()) {
    out = entry->second;
    return Found::kYes;
  }
  return Found::kNo;
}

bool CredentialSnapshot::IsDisabled(const OrgId& org, std::string_view tenant) const {
  const std::lock_guard lock(map_mutex_);
  return org == options_.org && disabled_tenants_.contains(tenant);
}

void CredentialSnapshot::LookSoon() const {
  if (look_wanted_.exchange(true)) return;
  const std::lock_guard lock(wake_mutex_);
  wake_.notify_one();
}

const CredentialMap& CredentialSnapshot::Current() const {
  thread_local ThreadCache cache;
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  if (cache.identity != identity_ || cache.generation != generation) {
    const std::lock_guard lock(map_mutex_);
    cache = {identity_, generation_.load(std::memory_order_relaxed), map_};
  }
  return *cache.map;
}

void CredentialSnapshot::Publish(CredentialMap map) {
  auto next = std::make_shared<const CredentialMap>(std::move(map));
  const std::lock_guard lock(map_mutex_);
  map_ = std::move(next);
  generation_.fetch_add(1, std::memory_order_release);
}

Status CredentialSnapshot::LoadDisabledTenants() {
  if (options_.org.empty()) return {};
  const auto scope = store::OrgScope::OrgWide(options_.org);
  if (!scope) return scope.error();
  std::set<std::string, std::less<>> disabled;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    disabled.clear();
    const auto tenants = SelectTenants(transaction, options_.org);
    if (!tenants) return tenants.error();
    for (const TenantRow& tenant : *tenants) {
      if (!tenant.enabled) disabled.insert(tenant.id.str());
    }
    return {};
  });
  if (!read) return read;
  const std::lock_guard lock(map_mutex_);
  disabled_tenants_ = std::move(disabled);
  return {};
}

Status CredentialSnapshot::Load(std::int64_t change_counter) {
  const Clock::time_point begin = Clock::now();
  loads_.fetch_add(1, std::memory_order_relaxed);
  auto map = LoadCredentials(database_);
  const Clock::time_point end = Clock::now();
  const Clock::duration spacing = options_.load_spacing;
  const Clock::duration pause_max = std::max<Clock::duration>(kLoadPauseMax, spacing);
  next_load_ = end + std::clamp<Clock::duration>((end - begin) * kLoadShare, spacing, pause_max);
  if (!map) return map.error();
  if (const Status tenants = LoadDisabledTenants(); !tenants) return tenants;
  // Every audit batch moves the change counter too, so most loads find nothing different.
  if (*map != *map_) Publish(std::move(*map));
  change_counter_ = change_counter;
  confirmed_at_.store(begin.time_since_epoch().count(), std::memory_order_release);
  return {};
}

// Waits until a look is due. False when the snapshot is being destroyed.
bool CredentialSnapshot::WaitForTurn(Clock::time_point last_look) {
  std::unique_lock lock(wake_mutex_);
  Clock::time_point turn = last_look + options_.load_spacing;
  if (std::exchange(load_waits_, false)) {
    turn = std::max(turn, next_load_);
  } else {
    wake_.wait_for(lock, options_.refresh_interval,
                   [this] { return stopping_ || look_wanted_.load(); });
  }
  wake_.wait_until(lock, turn, [this] { return stopping_; });
  look_wanted_.store(false);
  return !stopping_;
}

void CredentialSnapshot::Run() {
  Clock::time_point last_look = Clock::now();
  while (WaitForTurn(last_look)) {
    last_look = Clock::now();
    LookForChanges();
  }
}

void CredentialSnapshot::LookForChanges() {
  const Clock::time_point begin = Clock::now();
  // Read before the load: a change that arrives in between is found by the next look.
  const auto counter = database_.ChangeCounter();
  if (!counter) {
    Report(counter.error());
    return;
  }
  if (*counter == change_counter_ && !failing_) {
    confirmed_at_.store(begin.time_since_epoch().count(), std::memory_order_release);
    return;
  }
  if (begin < next_load_) {
    load_waits_ = true;  // or a change that somebody asked about would wait for the next interval
    return;
  }
  Report(Load(*counter));
}

// One line when the store goes away and one when it is back, not four a second.
void CredentialSnapshot::Report(const Status& look) {
  if (!look && !failing_) {
    telemetry::LogError("The credentials cannot be read; serving the last known ones for a while.",
                        {{"error", std::string_view(look.error().message)},
                         {"stale_max_ms", std::int64_t{options_.stale_max.count()}}});
  }
  if (look && failing_) telemetry::LogInfo("The credentials can be read again.");
  failing_ = !look.ok();
}

}  // namespace axonflow::identity
