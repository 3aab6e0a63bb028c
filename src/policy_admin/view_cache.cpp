#include "policy_admin/view_cache.h"

#include <algorithm>
#include <exception>

#include "telemetry/log.h"

namespace axonflow::policy_admin {
namespace {

// How often a view is made again because its scopes changed in the meantime.
constexpr int kMakesMax = 4;
// How often a request joins a load whose result was too old for it.
constexpr int kJoinsMax = 3;
// Names of tenants whose views fail; beyond, failures are not logged one by one.
constexpr std::size_t kFailingMax = 1'024;
constexpr std::string_view kPurpose = "generations of policy scopes";

// Ids hold no NUL: they are names of at most 128 printable characters.
void AppendKey(const OrgId& org, const TenantId& owner, std::string& key) {
  key += org.str();
  key += '\0';
  key += owner.str();
}

std::string KeyOf(const OrgId& org, const TenantId& owner) {
  std::string key;
  AppendKey(org, owner, key);
  return key;
}

// The same in memory that the thread keeps: lookups on the way of a request allocate nothing.
const std::string& ScratchKey(const OrgId& org, const TenantId& owner) {
  thread_local std::string key;
  key.clear();
  AppendKey(org, owner, key);
  return key;
}

Error Unavailable(std::string message) {
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

}  // namespace

// A load under way and who waits for it.
struct ViewCache::Flight {
  struct Waiter {
    std::coroutine_handle<> handle;
    Executor* executor;
  };
  std::mutex mutex;
  bool landed = false;
  std::vector<Waiter> waiters;
  Result<Made> made = Error{};
};

struct ViewCache::Join {
  Flight& flight;
  WorkerPool& pool;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    const std::lock_guard lock(flight.mutex);
    if (flight.landed) return false;
    Executor* executor = Executor::Current();
    flight.waiters.push_back({handle, executor == nullptr ? &pool : executor});
    return true;
  }
  void await_resume() const noexcept {}
};

Result<std::unique_ptr<ViewCache>> ViewCache::Start(store::Database& database,
                                                    SystemPolicies system, policy::Posture posture,
                                                    WorkerPool& pool, ViewCacheOptions options) {
  std::unique_ptr<ViewCache> cache(
      new ViewCache(database, std::move(system), std::move(posture), pool, options));
  auto base = cache->Assemble(nullptr, nullptr);
  if (!base) return base.error();
  cache->base_ = std::move(*base);
  // Not a value of the counter: the first look reads all scopes.
  cache->change_counter_ = -1;
  if (auto looked = cache->LookForChanges(); !looked) return looked.error();
  cache->thread_ = std::thread([self = cache.get()] { self->Run(); });
  return cache;
}

ViewCache::ViewCache(store::Database& database, SystemPolicies system, policy::Posture posture,
                     WorkerPool& pool, ViewCacheOptions options)
    : database_(database),
      system_(std::move(system)),
      posture_(std::make_shared<const policy::Posture>(std::move(posture))),
      pool_(pool),
      options_(options) {}

ViewCache::~ViewCache() {
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::size_t ViewCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

bool ViewCache::IsStale() const {
  const Clock::time_point confirmed{Clock::duration(confirmed_at_.load(std::memory_order_acquire))};
  return Clock::now() - confirmed > options_.stale_max;
}

Status ViewCache::health() const {
  if (IsStale()) return Unavailable("the policies cannot be read from the store");
  return {};
}

std::int64_t ViewCache::GenerationOf(const OrgId& org, const TenantId& owner) const {
  const auto found = scopes_.find(ScratchKey(org, owner));
  return found == scopes_.end() ? 0 : found->second;
}

ViewCache::Generations ViewCache::WantedFor(const OrgId& org, const TenantId& tenant) const {
  return {GenerationOf(org, TenantId()), tenant.empty() ? 0 : GenerationOf(org, tenant)};
}

// Returns whether the number is a later one than that which was known.
bool ViewCache::Raise(const OrgId& org, const TenantId& owner, std::int64_t generation) {
  std::int64_t& known = scopes_[KeyOf(org, owner)];
  if (generation <= known) return false;
  known = generation;
  return true;
}

std::shared_ptr<const policy::PolicyView> ViewCache::Find(const OrgId& org,
                                                          const TenantId& tenant) {
  if (IsStale()) return nullptr;
  const std::lock_guard lock(mutex_);
  const Generations wanted = WantedFor(org, tenant);
  if (wanted.of_org == 0 && wanted.of_tenant == 0) return base_;
  const auto found =
      entries_.find(wanted.of_tenant == 0 ? ScratchKey(org, TenantId()) : ScratchKey(org, tenant));
  if (found == entries_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return found->second.made.view;
}

Task<Result<std::shared_ptr<const policy::PolicyView>>> ViewCache::Load(OrgId org,
                                                                        TenantId tenant) {
  for (int join = 0; join < kJoinsMax; ++join) {
    if (auto view = Find(org, tenant)) co_return view;
    if (IsStale()) break;
    std::shared_ptr<Flight> flight;
    Generations wanted;
    bool leads = false;
    {
      const std::lock_guard lock(mutex_);
      wanted = WantedFor(org, tenant);
      auto& known = flights_[KeyOf(org, tenant)];
      leads = known == nullptr;
      if (leads) known = std::make_shared<Flight>();
      flight = known;
    }
    if (leads) {
      auto led = LoadAsLeader(org, tenant, flight);
      auto view = co_await led;
      co_return view;
    }
    Join joined{*flight, pool_};
    co_await joined;
    // Whoever waits may have begun after a change that the load has not seen.
    if (!flight->made) co_return flight->made.error();
    if (flight->made->generations.AtLeast(wanted)) co_return flight->made->view;
  }
  if (IsStale()) co_return Unavailable("the policies cannot be loaded");
  // Overtaken each time: a load that nobody else takes part in is late enough.
  auto alone = LoadAsLeader(org, tenant, std::make_shared<Flight>());
  auto view = co_await alone;
  co_return view;
}

Task<Result<std::shared_ptr<const policy::PolicyView>>> ViewCache::LoadAsLeader(
    OrgId org, TenantId tenant, std::shared_ptr<Flight> flight) {
  Executor* const home = Executor::Current();
  const std::string key = KeyOf(org, tenant);
  const WorkerPlace place(pool_);
  if (!place.entered()) {
    Land(key, *flight, Unavailable("too many policies are being loaded; try again"));
    co_return Unavailable("too many policies are being loaded; try again");
  }
  co_await SwitchTo(pool_);
  auto made = Make(org, tenant);
  Land(key, *flight, made);
  if (home != nullptr) co_await SwitchTo(*home);
  if (!made) co_return made.error();
  co_return made->view;
}

// Gives the result to everybody who waits, each on the executor that it came from.
void ViewCache::Land(const std::string& key, Flight& flight, Result<Made> made) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = flights_.find(key);
    if (known != flights_.end() && known->second.get() == &flight) flights_.erase(known);
  }
  std::vector<Flight::Waiter> waiters;
  {
    const std::lock_guard lock(flight.mutex);
    flight.made = std::move(made);
    flight.landed = true;
    waiters.swap(flight.waiters);
  }
  for (const auto& waiter : waiters) waiter.executor->Post({&waiter.handle, 1});
}

Result<std::shared_ptr<const policy::PolicyView>> ViewCache::FindOrMake(const OrgId& org,
                                                                        const TenantId& tenant) {
  if (auto view = Find(org, tenant)) return view;
  if (IsStale()) return Unavailable("the policies cannot be loaded");
  auto made = Make(org, tenant);
  if (!made) return made.error();
  return made->view;
}

// A view that is at least as late as the call. Installed unless it is overtaken each time.
Result<ViewCache::Made> ViewCache::Make(const OrgId& org, const TenantId& tenant) {
  Generations at_least;
  {
    const std::lock_guard lock(mutex_);
    at_least = WantedFor(org, tenant);
  }
  Generations wanted = at_least;
  Result<Made> made = Unavailable("the policies change faster than they can be loaded");
  for (int i = 0; i < kMakesMax; ++i) {
    try {
      made = MakeOnce(org, tenant, wanted);
    } catch (const std::exception& exception) {
      made = Unavailable(std::string("the policies cannot be loaded: ") + exception.what());
    }
    Report(org, tenant, made ? Status() : Status(made.error()));
    if (!made) return Unavailable(made.error().message);
    const std::lock_guard lock(mutex_);
    wanted = WantedFor(org, tenant);
    if (made->generations.AtLeast(wanted)) return Install(org, tenant, std::move(*made));
  }
  return made;
}

Result<ViewCache::Made> ViewCache::MakeOnce(const OrgId& org, const TenantId& tenant,
                                            const Generations& wanted) {
  Made made;
  Scope previous;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = organizations_.find(org.str()); known != organizations_.end()) {
      made.org = known->second.lock();
    }
    const auto entry = entries_.find(KeyOf(org, tenant));
    if (entry != entries_.end()) made.tenant = entry->second.made.tenant;
  }
  if (wanted.of_org > 0 && (made.org == nullptr || made.org->generation < wanted.of_org)) {
    previous = made.org;
    auto loaded = LoadScope(database_, org, TenantId(), previous.get());
    if (!loaded) return loaded.error();
    made.org = std::move(*loaded);
  }
  if (wanted.of_tenant > 0 &&
      (made.tenant == nullptr || made.tenant->generation < wanted.of_tenant)) {
    previous = made.tenant;
    auto loaded = LoadScope(database_, org, tenant, previous.get());
    if (!loaded) return loaded.error();
    made.tenant = std::move(*loaded);
  }
  made.generations = {made.org ? made.org->generation : 0,
                      made.tenant ? made.tenant->generation : 0};
  if (!made.generations.AtLeast(wanted)) {
    return Unavailable("the store is older than what was read from it before");
  }
  auto view = Assemble(made.org, made.tenant);
  if (!view) return view.error();
  made.view = std::move(*view);
  made_.fetch_add(1, std::memory_order_relaxed);
  return made;
}

Result<std::shared_ptr<const policy::PolicyView>> ViewCache::Assemble(const Scope& org,
                                                                      const Scope& tenant) const {
  policy::PolicyView::Parts parts;
  parts.system = system_.static_policies;
  if (system_.dynamic_policies) parts.dynamic.push_back(system_.dynamic_policies);
  parts.posture = posture_;
  for (const Scope* scope : {&org, &tenant}) {
    if (*scope == nullptr) continue;
    const ScopePolicies& policies = **scope;
    if (policies.static_policies) parts.own.push_back(policies.static_policies);
    if (policies.dynamic_policies) parts.dynamic.push_back(policies.dynamic_policies);
    std::ranges::copy(policies.overrides, std::back_inserter(parts.overrides));
    std::ranges::copy(policies.session_overrides, std::back_inserter(parts.session_overrides));
    for (const PostureEntry& entry : policies.posture) {
      parts.posture = std::make_shared<const policy::Posture>(
          parts.posture->With(entry.group, entry.action, "organization"));
    }
  }
  return policy::PolicyView::Make(std::move(parts));
}

// Puts a view into its place unless a later one is there already, and returns the one that is.
ViewCache::Made ViewCache::Install(const OrgId& org, const TenantId& tenant, Made made) {
  const TenantId owner = made.generations.of_tenant == 0 ? TenantId() : tenant;
  if (made.generations.of_org == 0 && made.generations.of_tenant == 0) return made;
  if (made.org) organizations_[org.str()] = made.org;
  const std::string key = KeyOf(org, owner);
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    if (made.generations.AtLeast(found->second.made.generations)) found->second.made = made;
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.made;
  }
  uses_.push_front(key);
  entries_.emplace(key, Entry{org, owner, made, uses_.begin()});
  while (entries_.size() > options_.views_max) {
    entries_.erase(uses_.back());
    uses_.pop_back();
  }
  return made;
}

void ViewCache::Drop(const OrgId& org, const TenantId& tenant) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(KeyOf(org, tenant));
  if (found == entries_.end()) return;
  // A view that another thread made in the meantime may stay.
  if (found->second.made.generations.AtLeast(WantedFor(org, tenant))) return;
  uses_.erase(found->second.use);
  entries_.erase(found);
}

void ViewCache::PoliciesChanged(const OrgId& org, const TenantId& tenant, std::int64_t generation) {
  {
    const std::lock_guard lock(mutex_);
    Raise(org, tenant, generation);
  }
  Renew(org, tenant, true);
}

void ViewCache::Renew(const OrgId& org, const TenantId& owner, bool also_absent) {
  std::vector<TenantId> tenants;
  {
    const std::lock_guard lock(mutex_);
    if (also_absent || entries_.contains(KeyOf(org, owner))) tenants.push_back(owner);
    if (owner.empty()) {
      for (const auto& [key, entry] : entries_) {
        if (entry.org == org && !entry.tenant.empty()) tenants.push_back(entry.tenant);
      }
    }
  }
  for (const TenantId& tenant : tenants) {
    if (!Make(org, tenant)) Drop(org, tenant);
  }
}

// One line when a tenant's view fails and one when it can be made again.
void ViewCache::Report(const OrgId& org, const TenantId& tenant, const Status& made) {
  const std::string key = KeyOf(org, tenant);
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    if (made) {
      news = failing_.erase(key) > 0;
    } else {
      news = failing_.size() < kFailingMax && failing_.insert(key).second;
    }
  }
  if (!news) return;
  if (made) {
    telemetry::LogInfo("The policies can be loaded again.",
                       {{"org", org.str()}, {"tenant", tenant.str()}});
  } else {
    telemetry::LogError("The policies cannot be loaded; requests of the tenant are refused.",
                        {{"org", org.str()},
                         {"tenant", tenant.str()},
                         {"error", std::string_view(made.error().message)}});
  }
}

void ViewCache::Run() {
  while (true) {
    {
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, options_.poll_interval, [this] { return stopping_; });
      if (stopping_) return;
    }
    const Status looked = LookForChanges();
    if (!looked && !poll_failing_) {
      telemetry::LogError(
          "Changes of policies cannot be read; serving by the last known ones for a while.",
          {{"error", std::string_view(looked.error().message)},
           {"stale_max_ms", std::int64_t{options_.stale_max.count()}}});
    }
    if (looked && poll_failing_) telemetry::LogInfo("Changes of policies can be read again.");
    poll_failing_ = !looked.ok();
  }
}

Status ViewCache::LookForChanges() {
  const Clock::time_point begin = Clock::now();
  const auto confirm = [&] {
    confirmed_at_.store(begin.time_since_epoch().count(), std::memory_order_release);
  };
  // Read before the scopes: a change that comes in between is found by the next look.
  const auto counter = database_.ChangeCounter();
  if (!counter) return counter.error();
  if (*counter == change_counter_ && !poll_failing_) {
    confirm();
    return {};
  }
  std::vector<ScopeGeneration> scopes;
  const Status read =
      database_.ReadAsPlatform(kPurpose, [&](store::Transaction& transaction) -> Status {
        auto selected = SelectGenerations(transaction);
        if (!selected) return selected.error();
        scopes = std::move(*selected);
        return {};
      });
  if (!read) return read;
  change_counter_ = *counter;
  {
    const std::lock_guard lock(mutex_);
    scopes_.reserve(scopes.size());
    std::erase_if(scopes, [&](const ScopeGeneration& scope) {
      return !Raise(scope.org, scope.owner, scope.generation);
    });
  }
  confirm();
  for (const ScopeGeneration& scope : scopes) Renew(scope.org, scope.owner, false);
  return {};
}

}  // namespace axonflow::policy_admin
