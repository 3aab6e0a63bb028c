#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "identity/clock_mark.h"
#include "identity/file_stamp.h"
#include "identity/licence.h"
#include "identity/licence_revocations.h"

namespace axonflow::identity {

// What a request says it is, by X-Axonflow-Client: "sdk-python/9.5.0" is the SDK, "openclaw/1.0"
// and "<anything>-plugin/1.0" a plugin. Everything else, a blank or malformed text included, needs
// a licence for everything.
LicenceScope ScopeOfClient(std::string_view client_header);

// Licences as one node judges them: signature, dates against a clock that never goes back, revoked
// or not, for this organisation, for this use. Thread-safe. A signature is checked once (about
// 100 us); what else is judged, is judged each time (about 2 us).
class LicenceVerifier {
 public:
  struct Options {
    LicenceKeys keys;
    OrgId org;  // of the deployment; empty: licences of every organisation are taken
    LicenceRealm realm = LicenceRealm::kSelfHosted;
    std::filesystem::path revocations;  // empty: nothing is revoked
    std::filesystem::path clock_mark;   // empty: the clock is believed
    Secret pepper;                      // seals the clock mark
    std::chrono::milliseconds refresh_interval{1'000};
  };

  // Fails when the list of revoked licences or the clock mark cannot be read: what is revoked must
  // not come back because a file is gone. Starts a thread that looks for a newer list.
  static Result<std::unique_ptr<LicenceVerifier>> Start(Options options);
  ~LicenceVerifier();

  LicenceVerdict Verify(std::string_view text, LicenceScope wanted, Time now) const;

  std::int64_t revocations_serial() const;

 private:
  explicit LicenceVerifier(Options options);
  std::shared_ptr<const LicenceVerdict> CheckOnce(std::string_view text, const std::string& digest,
                                                  Time now) const;
  Status LoadRevocations();
  void Run();
  void Refresh();

  static constexpr std::size_t kCachedMax = 1024;

  const Options options_;
  mutable std::optional<ClockMark> clock_;

  mutable std::mutex mutex_;
  std::shared_ptr<const LicenceRevocations> revocations_;
  // By digest; only keys whose signature is right. The oldest goes when there are too many.
  mutable std::unordered_map<std::string, std::shared_ptr<const LicenceVerdict>> checked_;
  mutable std::deque<std::string> order_;

  std::optional<FileStamp> read_;  // of the thread, once it runs
  bool failing_ = false;           // of the thread only
  std::chrono::steady_clock::time_point saved_at_;

  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace axonflow::identity
