#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "base/crypto.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

namespace axonflow::identity {

// How often the snapshot looks for changes: the longest a rotation or a disabled client takes to
// reach a running server, the load itself aside.
inline constexpr std::chrono::milliseconds kRefreshInterval{250};
// The shortest time between two looks that refused callers ask for, and between two loads. It
// bounds what a caller with made-up ids and secrets can cost.
inline constexpr std::chrono::milliseconds kLoadSpacing{100};
// How long the last good snapshot is believed while the store cannot be read.
inline constexpr std::chrono::milliseconds kStaleMax{30'000};

struct Credential {
  OrgId org;
  TenantId tenant;
  bool enabled = false;  // client and tenant both
  Digest256 digest{};    // of the secret, see secret_digest.h

  bool operator==(const Credential&) const = default;
};

// Lets a lookup by string_view do without a string.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

using CredentialMap = std::unordered_map<std::string, Credential, TextHash, std::equal_to<>>;

// Every client of the directory in memory. Readers never wait for the database: they see an
// immutable map that a thread of its own rebuilds and swaps whole.
class CredentialSnapshot {
 public:
  struct Options {
    std::chrono::milliseconds refresh_interval = kRefreshInterval;
    std::chrono::milliseconds load_spacing = kLoadSpacing;
    std::chrono::milliseconds stale_max = kStaleMax;
    OrgId org = {};  // whose disabled tenants are known too; empty: nobody's
  };

  enum class Found {
    kYes,
    kNo,
    kUnavailable,  // the snapshot is older than stale_max: nobody can be told from anybody
  };

  // Loads once, fails when that fails, and starts the thread. `database` outlives the snapshot.
  static Result<std::unique_ptr<CredentialSnapshot>> Start(store::Database& database,
                                                           Options options);
  static Result<std::unique_ptr<CredentialSnapshot>> Start(store::Database& database) {
    return Start(database, Options{});
  }
  ~CredentialSnapshot();

  // Copies the credential of `client` into `out`.
  Found Find(std::string_view client, Credential& out) const;

  // Whether `tenant` of Options::org is disabled. For callers whose tenant is not that of a client.
  bool IsDisabled(const OrgId& org, std::string_view tenant) const;

  // Asks the thread to look for changes at once, for a caller whose client or secret may be newer
  // than the snapshot. Any number of askers cause one look each load_spacing.
  void LookSoon() const;

  std::uint64_t loads() const { return loads_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  CredentialSnapshot(store::Database& database, Options options);
  Status Load(std::int64_t change_counter);
  Status LoadDisabledTenants();
  void Run();
  void LookForChanges();
  void Report(const Status& look);
  bool WaitForTurn(Clock::time_point last_look);
  void Publish(CredentialMap map);
  const CredentialMap& Current() const;

  store::Database& database_;
  const Options options_;
  const std::uint64_t identity_;  // tells instances apart in the per-thread cache

  // The map is behind a mutex that a reader takes once a swap: each thread keeps a reference of its
  // own and compares the generation. An atomic shared_ptr would have all threads write to one
  // reference count at every request.
  mutable std::mutex map_mutex_;
  std::shared_ptr<const CredentialMap> map_;
  std::set<std::string, std::less<>> disabled_tenants_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<Clock::rep> confirmed_at_{0};  // when the map was last known to equal the store
  std::atomic<std::uint64_t> loads_{0};

  std::int64_t change_counter_ = 0;  // of the thread only
  Clock::time_point next_load_;      // of the thread only
  bool load_waits_ = false;          // a change was seen before next_load_; of the thread
  bool failing_ = false;             // of the thread only

  mutable std::mutex wake_mutex_;
  mutable std::condition_variable wake_;
  mutable std::atomic<bool> look_wanted_{false};
  bool stopping_ = false;
  std::thread thread_;
};

// Reads every client with its tenant's state. All SQL of identity is in client_directory_store.cpp.
Result<CredentialMap> LoadCredentials(store::Database& database);

}  // namespace axonflow::identity
