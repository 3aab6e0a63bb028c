#include "policy_admin/view_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "policy/resolver.h"
#include "policy_admin/policies_store.h"
#include "policy_admin/testing.h"

namespace axonflow::policy_admin {
namespace {

using std::chrono::milliseconds;
using testing::ActorOf;
using testing::Contains;
using testing::FlakyDatabase;
using ::testing::IsEmpty;
using testing::TemporaryStore;
using testing::WithAuthority;
using testing::Within;
using testing::Word;

using View = std::shared_ptr<const policy::PolicyView>;

class ViewCacheTest : public ::testing::Test {
 protected:
  ViewCacheTest() { Start({}); }

  void Start(ViewCacheOptions options) {
    cache_.reset();
    auto cache = ViewCache::Start(database_, testing::System(), policy::Posture(), pool_, options);
    ASSERT_TRUE(cache) << cache.error().message;
    cache_ = std::move(*cache);
    directory_.emplace(database_, testing::System(), Limits{}, cache_.get());
  }
  void TearDown() override {
    pool_.Stop();
    directory_.reset();
    cache_.reset();
  }

  // As an I/O thread asks, from outside of every executor.
  Result<View> Load(const Actor& actor) {
    std::promise<Result<View>> done;
    axonflow::Start(cache_->Load(actor.org, actor.tenant),
                    [&](std::optional<Result<View>> view, const std::exception_ptr&) {
                      done.set_value(std::move(*view));
                    });
    return done.get_future().get();
  }
  View Find(const Actor& actor) { return cache_->Find(actor.org, actor.tenant); }

  static std::vector<std::string> Matches(const View& view, std::string_view text) {
    std::vector<std::string> ids;
    auto findings = view->Detect({.text = text});
    EXPECT_TRUE(findings) << findings.error().message;
    policy::Facts facts;
    facts.query = text;
    view->Evaluate(facts, *findings);
    for (const auto& finding : *findings) ids.push_back(view->policy(finding.policy).id);
    return ids;
  }
  static StaticChange Named(std::string slug, std::string word) {
    auto change = Word(std::move(word));
    change.slug = std::move(slug);
    return change;
  }

  TemporaryStore store_;
  FlakyDatabase database_{store_.database()};
  WorkerPool pool_{"blocking", 2, 0, 64};
  std::unique_ptr<ViewCache> cache_;
  std::optional<PolicyDirectory> directory_;
  const Actor shop_ = ActorOf("shop");
  const Actor desk_ = ActorOf("desk");
  const Actor chief_ = WithAuthority(ActorOf("shop"));
};

TEST_F(ViewCacheTest, GivesTenantsWithoutPoliciesTheSystemsViewAtOnce) {
  EXPECT_EQ(Find(shop_), cache_->base());
  EXPECT_THAT(Matches(Find(shop_), "say xyzzy"), ::testing::ElementsAre("sys_hard"));
  EXPECT_EQ(cache_->size(), 0U);
}

TEST_F(ViewCacheTest, ShowsAWriteToTheNextRequest) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  ASSERT_NE(Find(shop_), nullptr);
  EXPECT_THAT(Matches(Find(shop_), "a grue"), ::testing::ElementsAre("no_grues"));
  EXPECT_THAT(Matches(Find(desk_), "a grue"), IsEmpty());
  StaticChange change;
  change.pattern = "lamp";
  ASSERT_TRUE(directory_->UpdateStatic(shop_, "no_grues", change));
  EXPECT_THAT(Matches(Find(shop_), "a grue"), IsEmpty());
  EXPECT_THAT(Matches(Find(shop_), "a lamp"), ::testing::ElementsAre("no_grues"));
  ASSERT_TRUE(directory_->CreateDynamic(shop_, Contains("sword", "No swords")));
  EXPECT_THAT(Matches(Find(shop_), "a sword"), ::testing::SizeIs(1));
  ASSERT_TRUE(directory_->DeleteStatic(shop_, "no_grues"));
  EXPECT_THAT(Matches(Find(shop_), "a lamp"), IsEmpty());
  EXPECT_THAT(Matches(Find(shop_), "frobozz"), ::testing::ElementsAre("sys_dyn"));
}

TEST_F(ViewCacheTest, GivesTheReasonOfABlockStep) {
  const auto made = directory_->CreateDynamic(shop_, Contains("sword", "No swords"));
  ASSERT_TRUE(made);
  const auto* policy = Find(shop_)->Find(made->policy.policy.id);
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(policy->description, "No sword");
  EXPECT_EQ(policy->action, policy::Action::kBlock);
}

TEST_F(ViewCacheTest, ReachesEveryTenantWithWhatTheOrganizationHas) {
  ASSERT_TRUE(directory_->CreateStatic(desk_, Named("no_lamps", "lamp")));
  auto for_all = Named("no_grues", "grue");
  for_all.tier = "organization";
  ASSERT_TRUE(directory_->CreateStatic(chief_, for_all));
  for (const Actor& actor : {shop_, desk_}) {
    const auto view = Load(actor);
    ASSERT_TRUE(view) << view.error().message;
    EXPECT_THAT(Matches(*view, "a grue"), ::testing::ElementsAre("no_grues"));
  }
  Actor elsewhere = shop_;
  elsewhere.org = OrgId("globex");
  EXPECT_EQ(Find(elsewhere), cache_->base());
  // Tenants without anything of their own share one view.
  EXPECT_EQ(Find(shop_), Find(ActorOf("another")));
  EXPECT_NE(Find(shop_), Find(desk_));
  StaticChange off;
  off.enabled = false;
  ASSERT_TRUE(directory_->UpdateStatic(chief_, "no_grues", off));
  EXPECT_THAT(Matches(Find(desk_), "a grue lamp"), ::testing::ElementsAre("no_lamps"));
  EXPECT_THAT(Matches(Find(shop_), "a grue lamp"), IsEmpty());
}

TEST_F(ViewCacheTest, CarriesOverridesSessionOverridesAndPosture) {
  OverrideChange change;
  change.reason = "agreed with the auditors";
  change.action = "block";
  ASSERT_TRUE(directory_->SetOverride(shop_, PolicyKind::kStatic, "sys_soft", policy::Tier::kTenant,
                                      change));
  SessionOverrideRequest request;
  request.policy = "sys_soft";
  request.reason = "urgent";
  const auto grant = directory_->CreateSessionOverride(shop_, request);
  ASSERT_TRUE(grant);
  ASSERT_TRUE(directory_->SetPosture(chief_, "pii", "block", ""));
  const View view = Find(shop_);
  ASSERT_NE(view, nullptr);
  ASSERT_EQ(view->parts().overrides.size(), 1U);
  EXPECT_EQ(view->parts().overrides[0].action, policy::Action::kBlock);
  ASSERT_EQ(view->parts().session_overrides.size(), 1U);
  EXPECT_EQ(view->parts().session_overrides[0].id, grant->record.rule.id);
  const auto choice = [](const View& of) {
    return of->posture().Choice(policy::PostureGroup::kPii, policy::Plane::kMcp).action;
  };
  EXPECT_EQ(choice(view), policy::Action::kBlock);
  EXPECT_NE(choice(cache_->base()), policy::Action::kBlock);
  ASSERT_TRUE(directory_->RevokeSessionOverride(shop_, grant->record.rule.id));
  EXPECT_THAT(Find(shop_)->parts().session_overrides, IsEmpty());
  const auto desk = Load(desk_);
  ASSERT_TRUE(desk);
  EXPECT_THAT((*desk)->parts().overrides, IsEmpty());
  EXPECT_EQ(choice(*desk), policy::Action::kBlock);
}

TEST_F(ViewCacheTest, SeesWhatAnotherProcessWritesWithinASecond) {
  const auto other_database = store_.Open();
  PolicyDirectory other(*other_database, testing::System(), Limits{}, nullptr);
  ASSERT_TRUE(other.CreateStatic(shop_, Named("no_grues", "grue")));
  const auto sees = [&](std::string_view text, std::size_t matches) {
    return [this, text, matches] {
      const auto view = Load(shop_);
      return view.ok() && Matches(*view, text).size() == matches;
    };
  };
  EXPECT_TRUE(Within(milliseconds(1'000), sees("a grue", 1)));
  // A view in memory is swapped; it is never away in between.
  StaticChange change;
  change.pattern = "lamp";
  ASSERT_TRUE(other.UpdateStatic(shop_, "no_grues", change));
  EXPECT_TRUE(Within(milliseconds(1'000), [&] {
    const View view = Find(shop_);
    EXPECT_NE(view, nullptr);
    return view != nullptr && Matches(view, "a lamp").size() == 1;
  }));
  ASSERT_TRUE(other.DeleteStatic(shop_, "no_grues"));
  EXPECT_TRUE(Within(milliseconds(1'000), sees("a lamp", 0)));
}

TEST_F(ViewCacheTest, StartsWithWhatIsStored) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  Start({});
  EXPECT_EQ(Find(shop_), nullptr);  // not the system's view alone
  const auto view = Load(shop_);
  ASSERT_TRUE(view);
  EXPECT_THAT(Matches(*view, "a grue"), ::testing::ElementsAre("no_grues"));
  EXPECT_EQ(Find(shop_), *view);
}

TEST_F(ViewCacheTest, SharesOneLoadBetweenAllThatAsk) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  Start({});
  const auto made_before = cache_->made();
  constexpr int kAsking = 32;
  std::vector<std::promise<Result<View>>> promises(kAsking);
  for (auto& promise : promises) {
    axonflow::Start(cache_->Load(shop_.org, shop_.tenant),
                    [&](std::optional<Result<View>> view, const std::exception_ptr&) {
                      promise.set_value(std::move(*view));
                    });
  }
  std::set<View> views;
  for (auto& promise : promises) {
    auto view = promise.get_future().get();
    ASSERT_TRUE(view) << view.error().message;
    views.insert(*view);
  }
  EXPECT_EQ(views.size(), 1U);
  EXPECT_EQ(cache_->made() - made_before, 1U);
}

TEST_F(ViewCacheTest, ResumesOnTheExecutorOfTheCaller) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  Start({});
  WorkerPool io("io", 1, 0, 8);
  std::promise<bool> done;
  auto on_io = [](WorkerPool& where, ViewCache& cache, Actor actor) -> Task<bool> {
    co_await SwitchTo(where);
    auto load = cache.Load(actor.org, actor.tenant);
    const auto view = co_await load;
    co_return view.ok() && Executor::Current() == &where;
  };
  axonflow::Start(on_io(io, *cache_, shop_),
                  [&](std::optional<bool> there, const std::exception_ptr&) {
                    done.set_value(there.value_or(false));
                  });
  EXPECT_TRUE(done.get_future().get());
  io.Stop();
}

TEST_F(ViewCacheTest, RefusesWhenTheStoreIsAway) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  Start({});
  database_.away = true;
  const auto view = Load(shop_);
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, ErrorCode::kUnavailable);
  database_.away = false;
  EXPECT_TRUE(Load(shop_));
}

TEST_F(ViewCacheTest, RefusesATenantWhosePolicyCannotBeReadAndNobodyElse) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  ASSERT_TRUE(directory_->CreateStatic(desk_, Named("no_lamps", "lamp")));
  // As a fault or a careless hand in the store would leave it.
  ASSERT_TRUE(database_.WriteAsPlatform("test", [](store::Transaction& transaction) -> Status {
    const auto broken = transaction.Execute(
        "UPDATE policies SET pattern = '(' WHERE org_id = 'acme' AND tenant_id = 'shop'", {});
    return broken ? Status() : Status(broken.error());
  }));
  Start({});
  const auto shop = Load(shop_);
  ASSERT_FALSE(shop);
  EXPECT_EQ(shop.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Load(desk_));
  // Once it is mended, so is the tenant.
  ASSERT_TRUE(directory_->DeleteStatic(shop_, "no_grues"));
  EXPECT_TRUE(Load(shop_));
}

TEST_F(ViewCacheTest, DropsAViewThatCannotBeMadeAnew) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  ASSERT_NE(Find(shop_), nullptr);
  const auto other_database = store_.Open();
  ASSERT_TRUE(other_database->WriteAsPlatform("test", [](store::Transaction& t) -> Status {
    for (const char* sql : {"UPDATE policies SET action = 'shrug', version = 2",
                            "UPDATE policy_scopes SET generation = 9"}) {
      const auto done = t.Execute(sql, {});
      if (!done) return done.error();
    }
    return {};
  }));
  EXPECT_TRUE(Within(milliseconds(1'000), [&] { return Find(shop_) == nullptr; }));
  EXPECT_FALSE(Load(shop_));
}

TEST_F(ViewCacheTest, BelievesItsViewsOnlyAWhileWithoutTheStore) {
  ASSERT_TRUE(directory_->CreateStatic(shop_, Named("no_grues", "grue")));
  Start({.views_max = 8, .poll_interval = milliseconds(10), .stale_max = milliseconds(200)});
  ASSERT_TRUE(Load(shop_));
  database_.away = true;
  EXPECT_NE(Find(shop_), nullptr);
  EXPECT_TRUE(Within(milliseconds(2'000), [&] { return Find(shop_) == nullptr; }));
  EXPECT_EQ(Find(desk_), nullptr);
  EXPECT_FALSE(cache_->health());
  EXPECT_FALSE(Load(shop_));
  database_.away = false;
  EXPECT_TRUE(Within(milliseconds(2'000), [&] { return Find(shop_) != nullptr; }));
  EXPECT_TRUE(cache_->health());
}

TEST_F(ViewCacheTest, KeepsTheViewsThatWereUsedLast) {
  Start({.views_max = 3});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(
        directory_->CreateStatic(ActorOf("t" + std::to_string(i)), Named("no_grues", "grue")));
    EXPECT_NE(Find(ActorOf("t0")), nullptr);
  }
  EXPECT_EQ(cache_->size(), 3U);
  EXPECT_EQ(Find(ActorOf("t1")), nullptr);
  EXPECT_NE(Find(ActorOf("t4")), nullptr);
  const auto again = Load(ActorOf("t1"));
  ASSERT_TRUE(again);
  EXPECT_THAT(Matches(*again, "a grue"), ::testing::ElementsAre("no_grues"));
  EXPECT_EQ(cache_->size(), 3U);
}

// Requests that begin after a write has returned see it, whatever loads are under way.
TEST_F(ViewCacheTest, NeverServesAnOlderViewAfterAWrite) {
  const auto made = directory_->CreateStatic(shop_, Named("counter", "w0w"));
  ASSERT_TRUE(made);
  Start({.views_max = 2, .poll_interval = milliseconds(1)});
  std::atomic<int> written{1};
  std::atomic<bool> over{false};
  std::atomic<int> seen{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      while (!over) {
        // Another tenant's views push the counter's out.
        if (i == 2) {
          for (const char* name : {"x", "y", "z"}) (void)Load(ActorOf(name));
        }
        const int before = written.load();
        const auto view = Load(shop_);
        ASSERT_TRUE(view) << view.error().message;
        const auto* policy = (*view)->Find("counter");
        ASSERT_NE(policy, nullptr);
        ASSERT_GE(policy->version, before);
        ++seen;
      }
    });
  }
  for (const char* name : {"x", "y", "z"}) {
    ASSERT_TRUE(directory_->CreateStatic(ActorOf(name), Named("own", "own")));
  }
  for (int i = 2; i <= 60; ++i) {
    StaticChange change;
    change.priority = i;
    const auto updated = directory_->UpdateStatic(shop_, made->uuid, change);
    ASSERT_TRUE(updated) << updated.error().message;
    written = updated->policy.version;
  }
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_GT(seen, 100);
}

// Many tenants cost a start nothing but their names.
TEST_F(ViewCacheTest, StartsQuicklyWithManyTenants) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kTenants = 100;
#else
  constexpr int kTenants = 1'000;
#endif
  constexpr int kPolicies = 20;
  const Actor scope = ActorOf("t");
  ASSERT_TRUE(database_.WriteAsPlatform("test", [&](store::Transaction& transaction) -> Status {
    for (int tenant = 0; tenant < kTenants; ++tenant) {
      PolicyRow row;
      row.org = scope.org;
      row.tenant = TenantId("t" + std::to_string(tenant));
      row.policy.category = "custom";
      for (int i = 0; i < kPolicies; ++i) {
        row.policy.id = row.policy.name = "rule_" + std::to_string(i);
        row.policy.pattern = "word" + std::to_string(i) + "x?\\b";
        row.uuid = NewUuid();
        if (auto done = InsertPolicy(transaction, row); !done) return done;
      }
      const auto bumped = BumpGeneration(transaction, row.org, row.tenant);
      if (!bumped) return bumped.error();
    }
    return {};
  }));
  const auto begin = std::chrono::steady_clock::now();
  Start({});
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took, std::chrono::seconds(1));
  EXPECT_EQ(cache_->size(), 0U);
  const auto view = Load(ActorOf("t7"));
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_THAT(Matches(*view, "word13"), ::testing::ElementsAre("rule_13"));
}

}  // namespace
}  // namespace axonflow::policy_admin
