#include "identity/licence_verifier.h"

#include <utility>

#include "base/file.h"
#include "telemetry/log.h"

namespace axonflow::identity {
namespace {

constexpr std::chrono::hours kSaveInterval{1};
// A clock that is corrected by less than this is no reason for a warning.
constexpr std::chrono::hours kClockSlack{1};
constexpr std::size_t kClientBytesMax = 128;

void Fault(LicenceVerdict& verdict, LicenceFault fault, std::string message) {
  verdict.fault = fault;
  verdict.message = std::move(message);
}

}  // namespace

LicenceScope ScopeOfClient(std::string_view client_header) {
  if (client_header.size() > kClientBytesMax) return LicenceScope::kFull;
  const std::string_view name = client_header.substr(0, client_header.find('/'));
  if (name == "openclaw" || (name.ends_with("-plugin") && name != "-plugin")) {
    return LicenceScope::kPlugin;
  }
  return name.starts_with("sdk-") && name.size() > 4 ? LicenceScope::kSdk : LicenceScope::kFull;
}

LicenceVerifier::LicenceVerifier(Options options)
    : options_(std::move(options)), revocations_(std::make_shared<LicenceRevocations>()) {}

Result<std::unique_ptr<LicenceVerifier>> LicenceVerifier::Start(Options options) {
  std::unique_ptr<LicenceVerifier> verifier(new LicenceVerifier(std::move(options)));
  const Options& kept = verifier->options_;
  if (!kept.clock_mark.empty()) {
    auto mark = ClockMark::Open(kept.clock_mark, kept.pepper, Now());
    if (!mark) return mark.error();
    verifier->clock_.emplace(std::move(*mark));
    if (verifier->clock_->latest() - Now() > kClockSlack) {
      telemetry::LogWarn("The clock was set back. Licences are judged by the latest time seen.",
                         {{"latest", FormatRfc3339(verifier->clock_->latest())}});
    }
    if (const Status saved = verifier->clock_->Save(); !saved) return saved.error();
  }
  if (!kept.revocations.empty()) {
    if (const Status loaded = verifier->LoadRevocations(); !loaded) return loaded.error();
  }
  verifier->saved_at_ = std::chrono::steady_clock::now();
  verifier->thread_ = std::thread([self = verifier.get()] { self->Run(); });
  return verifier;
}

LicenceVerifier::~LicenceVerifier() {
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  if (!clock_) return;
  clock_->Later(Now());
  if (const Status saved = clock_->Save(); !saved) {
    telemetry::LogWarn("The clock mark cannot be kept.", {{"error", saved.error().message}});
  }
}

LicenceVerdict LicenceVerifier::Verify(std::string_view text, LicenceScope wanted, Time now) const {
  if (clock_) now = clock_->Later(now);
  if (text.size() > kLicenceBytesMax) return VerifyLicence(text, options_.keys, now);
  const std::string digest = LicenceDigest(text);
  LicenceVerdict verdict = *CheckOnce(text, digest, now);
  if (!verdict.licence || verdict.fault == LicenceFault::kWrongKey) return verdict;
  JudgeLicenceDates(verdict, now);
  if (!verdict.valid()) return verdict;
  const Licence& licence = *verdict.licence;
  std::shared_ptr<const LicenceRevocations> revocations;
  {
    const std::lock_guard lock(mutex_);
    revocations = revocations_;
  }
  if (revocations->Contains(licence, digest)) {
    Fault(verdict, LicenceFault::kRevoked, "the licence was revoked");
  } else if (!options_.org.empty() && licence.org != options_.org) {
    Fault(verdict, LicenceFault::kWrongOrganization, "the licence is for another organisation");
  } else if (licence.realm != options_.realm ||
             (licence.scope != LicenceScope::kFull && licence.scope != wanted)) {
    Fault(verdict, LicenceFault::kWrongAudience,
          "the licence is for " + ToString(licence.realm, licence.scope) + " and this needs " +
              ToString(options_.realm, wanted));
  }
  return verdict;
}

std::shared_ptr<const LicenceVerdict> LicenceVerifier::CheckOnce(std::string_view text,
                                                                 const std::string& digest,
                                                                 Time now) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = checked_.find(digest); known != checked_.end()) return known->second;
  }
  auto verdict = std::make_shared<const LicenceVerdict>(VerifyLicence(text, options_.keys, now));
  if (!verdict->licence) return verdict;
  const std::lock_guard lock(mutex_);
  if (checked_.emplace(digest, verdict).second) order_.push_back(digest);
  if (order_.size() > kCachedMax) {
    checked_.erase(order_.front());
    order_.pop_front();
  }
  return verdict;
}

std::int64_t LicenceVerifier::revocations_serial() const {
  const std::lock_guard lock(mutex_);
  return revocations_->serial();
}

Status LicenceVerifier::LoadRevocations() {
  const auto stamp = FileStamp::Of(options_.revocations);
  if (!stamp) {
    return Error{ErrorCode::kUnavailable, options_.revocations.string() + ": cannot be read"};
  }
  const auto text = ReadFile(options_.revocations, kRevocationsBytesMax);
  if (!text) return text.error();
  auto list = LicenceRevocations::Read(*text, options_.keys);
  if (!list) {
    return Error{list.error().code, options_.revocations.string() + ": " + list.error().message};
  }
  if (list->serial() < revocations_serial()) {
    return Error{ErrorCode::kConflict,
                 options_.revocations.string() + ": is older than the list in force, which stays"};
  }
  read_ = stamp;
  const std::lock_guard lock(mutex_);
  revocations_ = std::make_shared<const LicenceRevocations>(std::move(*list));
  return {};
}

void LicenceVerifier::Run() {
  std::unique_lock lock(wake_mutex_);
  while (!wake_.wait_for(lock, options_.refresh_interval, [this] { return stopping_; })) {
    Refresh();
  }
}

// A list that becomes unreadable leaves the last good one in force.
void LicenceVerifier::Refresh() {
  const auto now = std::chrono::steady_clock::now();
  if (clock_ && now - saved_at_ >= kSaveInterval) {
    saved_at_ = now;
    clock_->Later(Now());
    if (const Status saved = clock_->Save(); !saved) {
      telemetry::LogWarn("The clock mark cannot be kept.", {{"error", saved.error().message}});
    }
  }
  if (options_.revocations.empty()) return;
  const auto stamp = FileStamp::Of(options_.revocations);
  if (stamp && stamp == read_) {
    failing_ = false;
    return;
  }
  const Status loaded = LoadRevocations();
  if (!loaded && !failing_) {
    telemetry::LogError("The list of revoked licences cannot be read; the last one stays in force.",
                        {{"error", std::string_view(loaded.error().message)}});
  }
  if (loaded) {
    telemetry::LogInfo("The list of revoked licences was read.",
                       {{"serial", revocations_serial()}});
  }
  failing_ = !loaded.ok();
}

}  // namespace axonflow::identity
