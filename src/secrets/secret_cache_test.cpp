#include "secrets/secret_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace axonflow::secrets {
namespace {

using std::chrono::seconds;

// Answers what the test says and counts.
struct Script {
  Result<Secret> answer = Secret("one");
  std::string version;
  std::atomic<int> reads = 0;
};

class ScriptedSource final : public Source {
 public:
  explicit ScriptedSource(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  Result<Secret> Read(const Reference&) override {
    ++script_->reads;
    return script_->answer;
  }
  std::string Version(const Reference&) override { return script_->version; }

 private:
  std::shared_ptr<Script> script_;
};

class SecretCacheTest : public testing::Test {
 protected:
  SecretCacheTest() {
    SecretCacheOptions options;
    options.now = [this] { return now_; };
    auto made = SecretCache::Make(options);
    cache_ = std::move(*made);
    cache_->AddSource(Reference::Scheme::kVault, std::make_unique<ScriptedSource>(script_));
  }
  std::string Resolve() {
    const auto value = cache_->Resolve(kReference);
    return value ? std::string(value->Reveal()) : "error: " + value.error().message;
  }

  static constexpr const char* kReference = "vault:kv/x#y";
  std::chrono::steady_clock::time_point now_{seconds(1'000'000)};
  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  std::unique_ptr<SecretCache> cache_;
};

TEST_F(SecretCacheTest, GivesBackWhatIsNoReference) {
  EXPECT_EQ(cache_->Resolve("sk-literal")->Reveal(), "sk-literal");
  EXPECT_EQ(cache_->Fresh("sk-literal")->Reveal(), "sk-literal");
  EXPECT_FALSE(cache_->Resolve("vault:bad").ok());
  EXPECT_FALSE(cache_->Resolve("aws-sm:nothing-configured").ok());
  EXPECT_EQ(script_->reads, 0);
}

TEST_F(SecretCacheTest, ReadsOnceWhileFresh) {
  EXPECT_FALSE(cache_->Fresh(kReference).has_value());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Resolve(), "one");
  EXPECT_EQ(script_->reads, 1);
  EXPECT_EQ(cache_->Fresh(kReference)->Reveal(), "one");
  script_->answer = Secret("two");
  now_ += seconds(299);
  EXPECT_EQ(Resolve(), "one");
  now_ += seconds(1);
  EXPECT_FALSE(cache_->Fresh(kReference).has_value());
  EXPECT_EQ(Resolve(), "two");
}

TEST_F(SecretCacheTest, ReadsAgainWhenTheVersionChanged) {
  EXPECT_EQ(Resolve(), "one");
  script_->answer = Secret("two");
  script_->version = "changed";
  EXPECT_FALSE(cache_->Fresh(kReference).has_value());
  EXPECT_EQ(Resolve(), "two");
}

TEST_F(SecretCacheTest, ReadsAgainWhenToldTo) {
  EXPECT_EQ(Resolve(), "one");
  script_->answer = Secret("two");
  cache_->Invalidate("vault:kv/other#y");
  EXPECT_EQ(Resolve(), "one");
  cache_->Invalidate(kReference);
  EXPECT_EQ(Resolve(), "two");
  script_->answer = Secret("three");
  cache_->InvalidateAll();
  EXPECT_EQ(Resolve(), "three");
}

TEST_F(SecretCacheTest, GivesTheLastValueWhileItsPlaceIsAway) {
  EXPECT_EQ(Resolve(), "one");
  script_->answer = Error{ErrorCode::kUnavailable, "away"};
  now_ += seconds(301);
  EXPECT_EQ(Resolve(), "one");
  EXPECT_EQ(Resolve(), "one");
  EXPECT_EQ(script_->reads, 2) << "a place that is away is asked again after five seconds only";
  now_ += seconds(6);
  EXPECT_EQ(Resolve(), "one");
  EXPECT_EQ(script_->reads, 3);
  EXPECT_EQ(cache_->counts().stale, 3u);
  now_ += seconds(3'600);
  EXPECT_EQ(Resolve(), "error: away");
}

TEST_F(SecretCacheTest, ForgetsASecretThatWasRemovedOrForbidden) {
  for (const ErrorCode code : {ErrorCode::kNotFound, ErrorCode::kPermissionDenied}) {
    script_->answer = Secret("one");
    cache_->InvalidateAll();
    EXPECT_EQ(Resolve(), "one");
    script_->answer = Error{code, "gone"};
    now_ += seconds(301);
    EXPECT_EQ(Resolve(), "error: gone");
    script_->answer = Error{ErrorCode::kUnavailable, "away"};
    now_ += seconds(6);
    EXPECT_EQ(Resolve(), "error: away");
    now_ += seconds(6);
  }
}

TEST_F(SecretCacheTest, ReadsOnceForManyWhoWantItAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(cache_->Resolve(kReference)->Reveal(), "one"); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(script_->reads, 1);
}

}  // namespace
}  // namespace axonflow::secrets
