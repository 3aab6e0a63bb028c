#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/secret.h"
#include "secrets/key_ring.h"
#include "secrets/reference.h"
#include "secrets/source.h"

namespace axonflow::secrets {

struct SecretCacheOptions {
  std::chrono::seconds fresh_for{300};    // how long a value is given out without asking again
  std::chrono::seconds stale_for{3'600};  // and how much longer while its place does not answer
  std::chrono::seconds retry_after{5};    // how long a failure is remembered
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

// Secrets by reference, read where they are kept and kept for a while. What it keeps is sealed
// under a key of this process in locked memory, so that no secret lies in the heap between uses.
// Thread-safe. One read of a place at a time; others who want the same secret wait for it.
class SecretCache {
 public:
  static constexpr std::size_t kKeptMax = 1'024;

  static Result<std::unique_ptr<SecretCache>> Make(SecretCacheOptions options = {});

  // Before the first Resolve.
  void AddSource(Reference::Scheme scheme, std::unique_ptr<Source> source);

  // What `text` stands for: itself when it is no reference. A file is read again as soon as it
  // changed, everything else when it is no longer fresh. When its place does not answer
  // (kUnavailable, kDeadlineExceeded), the last value is given out while it is stale; every other
  // error ends it: a secret that was removed or forbidden is gone. Blocking: Vault and AWS are
  // asked over the network, so not on an I/O thread; Fresh is for there.
  Result<Secret> Resolve(std::string_view text);

  // The value when it needs no reading. Never blocks on a network.
  std::optional<Secret> Fresh(std::string_view text);

  // Reads it again at the next use. A reference that is not known is no error.
  void Invalidate(std::string_view reference);
  void InvalidateAll();

  struct Counts {
    std::uint64_t reads = 0;     // of a place, successful
    std::uint64_t failures = 0;  // of a place
    std::uint64_t stale = 0;     // answers with a value that was no longer fresh
  };
  Counts counts() const;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Entry {
    std::mutex mutex;
    std::string sealed;  // empty: never read
    std::string version;
    TimePoint read_at;
    bool invalid = true;
    TimePoint failed_at;
    std::optional<Error> failure;
  };

  explicit SecretCache(SecretCacheOptions options, std::shared_ptr<const KeyRing> ring);
  std::shared_ptr<Entry> EntryOf(const std::string& reference);
  bool IsFresh(const Entry& entry, const std::string& version) const;
  Result<Secret> ReadInto(Entry& entry, Source& source, const Reference& reference,
                          const std::string& version);
  Result<Secret> Unseal(const Entry& entry) const;

  const SecretCacheOptions options_;
  const std::shared_ptr<const KeyRing> ring_;
  std::array<std::unique_ptr<Source>, static_cast<std::size_t>(Reference::Scheme::kCount)> sources_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;
  Counts counts_;
};

}  // namespace axonflow::secrets
