#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"
#include "identity/file_stamp.h"
#include "identity/jwk_set.h"

namespace axonflow::identity {

// A file with a provider's keys that is read again when it changes. A file that becomes unreadable
// leaves the last good keys in force.
class JwkFile {
 public:
  // Fails when the file cannot be read now.
  static Result<std::unique_ptr<JwkFile>> Open(
      std::filesystem::path file,
      std::chrono::milliseconds look_interval = std::chrono::seconds(1));
  ~JwkFile();

  std::shared_ptr<const JwkSet> keys() const;

 private:
  JwkFile(std::filesystem::path file, std::chrono::milliseconds look_interval);
  Status Load();
  void Run();

  const std::filesystem::path file_;
  const std::chrono::milliseconds look_interval_;
  mutable std::mutex mutex_;
  std::shared_ptr<const JwkSet> keys_;
  std::optional<FileStamp> read_;  // of the thread, once it runs

  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace axonflow::identity
