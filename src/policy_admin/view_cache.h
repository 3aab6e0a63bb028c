#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/worker_pool.h"
#include "governance/policy_views.h"
#include "policy/policy_view.h"
#include "policy/posture.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/scope_policies.h"
#include "policy_admin/scopes_store.h"
#include "store/database.h"

namespace axonflow::policy_admin {

// Views in memory; the one that was not asked for longest goes when another comes.
inline constexpr std::size_t kViewsMax = 2'048;
// How often a node looks whether another process changed policies.
inline constexpr std::chrono::milliseconds kPollInterval{250};
// How long views are believed while the store cannot be read.
inline constexpr std::chrono::milliseconds kViewsStaleMax{30'000};

struct ViewCacheOptions {
  std::size_t views_max = kViewsMax;
  std::chrono::milliseconds poll_interval = kPollInterval;
  std::chrono::milliseconds stale_max = kViewsStaleMax;
};

// The views of all tenants, made when they are first asked for and kept while they are used. A
// tenant without anything of its own, in an organization without, has the system's view at once.
//
// Every scope (an organization, a tenant) has a number in the store that counts its changes, and a
// view knows the numbers it was made from. A change on this node makes the views it concerns anew
// before the writing call returns; one of another process is found by a thread that looks every
// poll_interval. The view before a change serves until the one after it is complete; when that
// cannot be made, the view is dropped, and exchanges of the tenant are refused until it can. A
// store whose numbers go back, as by a restored backup, needs a restart.
class ViewCache final : public governance::PolicyViews, public ChangeListener {
 public:
  // Reads which scopes there are, not their policies. `pool` makes views for Load; it is stopped
  // before the cache is destroyed. Database and pool outlive the cache.
  static Result<std::unique_ptr<ViewCache>> Start(store::Database& database, SystemPolicies system,
                                                  policy::Posture posture, WorkerPool& pool,
                                                  ViewCacheOptions options = {});
  ~ViewCache() override;

  std::shared_ptr<const policy::PolicyView> Find(const OrgId& org, const TenantId& tenant) override;
  Task<Result<std::shared_ptr<const policy::PolicyView>>> Load(OrgId org, TenantId tenant) override;

  // Fails while the store has not been readable for longer than stale_max.
  Status health() const override;

  // Blocking, on the thread that wrote.
  void PoliciesChanged(const OrgId& org, const TenantId& tenant, std::int64_t generation) override;

  // The view of a tenant, made here and now when it is not in memory. Blocking: command line,
  // simulation on a blocking thread.
  Result<std::shared_ptr<const policy::PolicyView>> FindOrMake(const OrgId& org,
                                                               const TenantId& tenant);

  const std::shared_ptr<const policy::PolicyView>& base() const { return base_; }
  std::size_t size() const;                            // views in memory, the base aside
  std::uint64_t made() const { return made_.load(); }  // views that were made, in all

 private:
  using View = std::shared_ptr<const policy::PolicyView>;
  using Scope = std::shared_ptr<const ScopePolicies>;
  using Clock = std::chrono::steady_clock;

  struct Generations {
    std::int64_t of_org = 0;
    std::int64_t of_tenant = 0;
    bool AtLeast(const Generations& other) const {
      return of_org >= other.of_org && of_tenant >= other.of_tenant;
    }
  };
  struct Made {
    View view;
    Scope org;     // null when the organization has nothing
    Scope tenant;  // null when the tenant has nothing
    Generations generations;
  };
  struct Entry {
    OrgId org;
    TenantId tenant;  // empty: the view of all tenants of the org that have nothing of their own
    Made made;
    std::list<std::string>::iterator use;
  };
  struct Flight;
  struct Join;

  ViewCache(store::Database& database, SystemPolicies system, policy::Posture posture,
            WorkerPool& pool, ViewCacheOptions options);

  bool IsStale() const;
  // With mutex_ held.
  std::int64_t GenerationOf(const OrgId& org, const TenantId& owner) const;
  Generations WantedFor(const OrgId& org, const TenantId& tenant) const;
  std::string EntryKey(const OrgId& org, const TenantId& tenant) const;
  bool Raise(const OrgId& org, const TenantId& owner, std::int64_t generation);
  Made Install(const OrgId& org, const TenantId& tenant, Made made);

  Result<Made> Make(const OrgId& org, const TenantId& tenant);
  Result<Made> MakeOnce(const OrgId& org, const TenantId& tenant, const Generations& wanted);
  Result<View> Assemble(const Scope& org, const Scope& tenant) const;
  // Makes anew what a change of the scope concerns; `also_absent` makes the scope's own view even
  // when nobody has asked for it.
  void Renew(const OrgId& org, const TenantId& owner, bool also_absent);
  void Drop(const OrgId& org, const TenantId& tenant);
  void Report(const OrgId& org, const TenantId& tenant, const Status& made);

  Task<Result<View>> LoadAsLeader(OrgId org, TenantId tenant, std::shared_ptr<Flight> flight);
  void Land(const std::string& key, Flight& flight, Result<Made> made);

  void Run();
  Status LookForChanges();

  store::Database& database_;
  const SystemPolicies system_;
  const std::shared_ptr<const policy::Posture> posture_;
  WorkerPool& pool_;
  const ViewCacheOptions options_;
  View base_;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> scopes_;  // what each must be at least
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> uses_;  // keys of entries_, the latest first
  std::unordered_map<std::string, std::weak_ptr<const ScopePolicies>> organizations_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  std::set<std::string> failing_;  // keys whose last making failed, so that it is logged once

  std::atomic<std::uint64_t> made_{0};
  std::atomic<Clock::rep> confirmed_at_{0};
  std::int64_t change_counter_ = 0;  // of the polling thread
  bool poll_failing_ = false;        // of the polling thread

  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace axonflow::policy_admin
