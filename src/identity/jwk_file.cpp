#include "identity/jwk_file.h"

#include <utility>

#include "base/file.h"
#include "telemetry/log.h"

namespace axonflow::identity {

JwkFile::JwkFile(std::filesystem::path file, std::chrono::milliseconds look_interval)
    : file_(std::move(file)), look_interval_(look_interval) {}

Result<std::unique_ptr<JwkFile>> JwkFile::Open(std::filesystem::path file,
                                               std::chrono::milliseconds look_interval) {
  std::unique_ptr<JwkFile> opened(new JwkFile(std::move(file), look_interval));
  if (const Status loaded = opened->Load(); !loaded) return loaded.error();
  opened->thread_ = std::thread([self = opened.get()] { self->Run(); });
  return opened;
}

JwkFile::~JwkFile() {
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const JwkSet> JwkFile::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

Status JwkFile::Load() {
  const auto stamp = FileStamp::Of(file_);
  if (!stamp) return Error{ErrorCode::kUnavailable, file_.string() + ": cannot be read"};
  read_ = stamp;
  const auto text = ReadFile(file_, kJwkSetBytesMax);
  if (!text) return text.error();
  auto keys = JwkSet::Parse(*text);
  if (!keys) return Error{keys.error().code, file_.string() + ": " + keys.error().message};
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const JwkSet>(std::move(*keys));
  return {};
}

void JwkFile::Run() {
  std::unique_lock lock(wake_mutex_);
  while (!wake_.wait_for(lock, look_interval_, [this] { return stopping_; })) {
    const auto stamp = FileStamp::Of(file_);
    if (!stamp || stamp == read_) continue;
    if (const Status loaded = Load(); !loaded) {
      telemetry::LogError("The provider's keys cannot be read; the last ones stay in force.",
                          {{"error", std::string_view(loaded.error().message)}});
    }
  }
}

}  // namespace axonflow::identity
