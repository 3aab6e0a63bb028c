#include "secrets/secret_cache.h"

#include <utility>

#include "secrets/envelope.h"

namespace axonflow::secrets {
namespace {

// Values live in this process only; the place says no more than that.
constexpr Place kInMemory{"memory", "", "", "", "value"};

bool MayPass(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded ||
         code == ErrorCode::kResourceExhausted;
}

}  // namespace

SecretCache::SecretCache(SecretCacheOptions options, std::shared_ptr<const KeyRing> ring)
    : options_(std::move(options)), ring_(std::move(ring)) {}

Result<std::unique_ptr<SecretCache>> SecretCache::Make(SecretCacheOptions options) {
  auto ring = KeyRing::Ephemeral();
  if (!ring) return ring.error();
  return std::unique_ptr<SecretCache>(new SecretCache(std::move(options), std::move(*ring)));
}

void SecretCache::AddSource(Reference::Scheme scheme, std::unique_ptr<Source> source) {
  sources_[static_cast<std::size_t>(scheme)] = std::move(source);
}

std::shared_ptr<SecretCache::Entry> SecretCache::EntryOf(const std::string& reference) {
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(reference);
  if (found != entries_.end()) return found->second;
  if (entries_.size() >= kKeptMax) entries_.erase(entries_.begin());
  return entries_.emplace(reference, std::make_shared<Entry>()).first->second;
}

bool SecretCache::IsFresh(const Entry& entry, const std::string& version) const {
  if (entry.sealed.empty() || entry.invalid || entry.version != version) return false;
  return options_.now() - entry.read_at < options_.fresh_for;
}

Result<Secret> SecretCache::Unseal(const Entry& entry) const {
  return Open(*ring_, kInMemory, entry.sealed);
}

Result<Secret> SecretCache::Resolve(std::string_view text) {
  if (!Reference::IsOne(text)) return Secret(std::string(text));
  const auto reference = Reference::Parse(text);
  if (!reference) return reference.error();
  const auto& source = sources_[static_cast<std::size_t>(reference->scheme)];
  if (!source) {
    return Error{ErrorCode::kInvalidArgument, reference->Masked() + ": nothing is configured for " +
                                                  std::string(ToString(reference->scheme)) +
                                                  ": references"};
  }
  const auto entry = EntryOf(std::string(text));
  const std::lock_guard lock(entry->mutex);
  const std::string version = source->Version(*reference);
  if (IsFresh(*entry, version)) return Unseal(*entry);
  return ReadInto(*entry, *source, *reference, version);
}

// With the entry's mutex held.
Result<Secret> SecretCache::ReadInto(Entry& entry, Source& source, const Reference& reference,
                                     const std::string& version) {
  const auto now = options_.now();
  const bool just_failed = entry.failure && !entry.invalid && entry.version == version &&
                           now - entry.failed_at < options_.retry_after;
  Result<Secret> value = just_failed ? Result<Secret>(*entry.failure) : source.Read(reference);
  if (value) {
    auto sealed = Seal(*ring_, kInMemory, *value);
    if (!sealed) return sealed.error();
    entry.sealed = std::move(*sealed);
    entry.version = version;
    entry.read_at = now;
    entry.invalid = false;
    entry.failure.reset();
    const std::lock_guard lock(mutex_);
    ++counts_.reads;
    return value;
  }
  if (!just_failed) {
    entry.failure = value.error();
    entry.failed_at = now;
    const std::lock_guard lock(mutex_);
    ++counts_.failures;
  }
  const bool has_old =
      !entry.sealed.empty() && now - entry.read_at < options_.fresh_for + options_.stale_for;
  if (has_old && MayPass(value.error().code)) {
    const std::lock_guard lock(mutex_);
    ++counts_.stale;
    return Unseal(entry);
  }
  entry.sealed.clear();
  return value;
}

std::optional<Secret> SecretCache::Fresh(std::string_view text) {
  if (!Reference::IsOne(text)) return Secret(std::string(text));
  const auto reference = Reference::Parse(text);
  if (!reference) return std::nullopt;
  const auto& source = sources_[static_cast<std::size_t>(reference->scheme)];
  if (!source) return std::nullopt;
  const auto entry = EntryOf(std::string(text));
  const std::unique_lock lock(entry->mutex, std::try_to_lock);  // somebody may be reading it
  if (!lock || !IsFresh(*entry, source->Version(*reference))) return std::nullopt;
  auto value = Unseal(*entry);
  if (!value) return std::nullopt;
  return std::move(*value);
}

void SecretCache::Invalidate(std::string_view reference) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(std::string(reference));
    if (found == entries_.end()) return;
    entry = found->second;
  }
  const std::lock_guard lock(entry->mutex);
  entry->invalid = true;
}

void SecretCache::InvalidateAll() {
  std::unordered_map<std::string, std::shared_ptr<Entry>> all;
  {
    const std::lock_guard lock(mutex_);
    all = entries_;
  }
  for (const auto& [reference, entry] : all) {
    const std::lock_guard lock(entry->mutex);
    entry->invalid = true;
  }
}

SecretCache::Counts SecretCache::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace axonflow::secrets
