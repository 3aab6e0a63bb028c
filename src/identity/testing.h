#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/crypto.h"
#include "identity/client_directory.h"
#include "store/testing.h"

// What the tests of this room share.
namespace axonflow::identity::testing {

// A folder of its own with a migrated SQLite file in it; gone with the object.
class TemporaryStore {
 public:
  TemporaryStore() {
    std::string name = ::testing::TempDir() + "axonflow_identity_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    database_ = Open();
  }
  ~TemporaryStore() {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  // One more connection to the same file, as another process has it.
  std::unique_ptr<store::Database> Open() const {
    return store::testing::OpenStore(folder_ / "axonflow.db");
  }
  store::Database& database() { return *database_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<store::Database> database_;
};

// A database that can be taken away.
class FlakyDatabase final : public store::Database {
 public:
  explicit FlakyDatabase(store::Database& real) : real_(real) {}
  std::atomic<bool> away{false};

  Status Write(const store::OrgScope& scope,
               const std::function<Status(store::Transaction&)>& body) override {
    return away ? Gone() : real_.Write(scope, body);
  }
  Status Read(const store::OrgScope& scope,
              const std::function<Status(store::Transaction&)>& body) override {
    return away ? Gone() : real_.Read(scope, body);
  }
  Status WriteAsPlatform(std::string_view purpose,
                         const std::function<Status(store::Transaction&)>& body) override {
    return away ? Gone() : real_.WriteAsPlatform(purpose, body);
  }
  Status ReadAsPlatform(std::string_view purpose,
                        const std::function<Status(store::Transaction&)>& body) override {
    return away ? Gone() : real_.ReadAsPlatform(purpose, body);
  }
  Result<std::int64_t> ChangeCounter() override {
    if (away) return Gone().error();
    return real_.ChangeCounter();
  }

 private:
  static Status Gone() { return Error{ErrorCode::kUnavailable, "the disk is gone"}; }
  store::Database& real_;
};

// Whether `holds` becomes true within `limit`.
inline bool Within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

inline const Secret& Pepper() {
  static const Secret pepper(std::string(32, 'p'));
  return pepper;
}

// A JSON Web Token of these two texts with an HMAC-SHA-256 signature under `key`.
inline std::string SignToken(std::string_view header, std::string_view payload,
                             std::string_view key) {
  const std::string text = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
  return text + "." + Base64UrlEncode(AsBytes(HmacSha256(key, text)));
}

}  // namespace axonflow::identity::testing
