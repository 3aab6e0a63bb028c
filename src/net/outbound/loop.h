#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "net/outbound/resolver.h"
#include "net/outbound/transfer.h"

namespace axonflow::outbound {

// The client's thread: epoll, libcurl's multi handle, deadlines. Everything private belongs to it
// but the inbox.
class Loop final : public Executor, public std::enable_shared_from_this<Loop> {
 public:
  explicit Loop(ClientOptions options);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Status Start();
  void Stop();

  // Thread-safe. Submit and Sleep are false after Stop.
  bool Submit(std::shared_ptr<Transfer> transfer);
  // Resumes `waiter` after `time`, or when the loop stops.
  bool Sleep(Waiter waiter, std::chrono::milliseconds time);
  void Resume(std::shared_ptr<Transfer> transfer);
  void Cancel(std::shared_ptr<Transfer> transfer);
  void Post(std::span<const std::coroutine_handle<>> handles) override;

  // Takes one of the places of options().transfers_max; the end of the transfer gives it back.
  bool TryAdmit();
  void Discharge() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

  const ClientOptions& options() const { return options_; }
  std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  std::uint64_t connections_opened() const {
    return connections_opened_.load(std::memory_order_relaxed);
  }

  // For the callbacks of a transfer, on the thread: resumes `waiter` when libcurl has returned.
  void Wake(Waiter waiter);
  // The deadline of `transfer` may come sooner than it was.
  void Reschedule(Transfer& transfer) { SetDeadline(transfer.shared_from_this()); }
  void CountConnection() { connections_opened_.fetch_add(1, std::memory_order_relaxed); }

 private:
  using Clock = Transfer::Clock;
  enum class Wish : std::uint8_t { kStart, kResume, kCancel };
  struct Answer {
    std::string host;
    Names::Answer addresses;
  };
  struct Inbox {
    std::vector<std::pair<Wish, std::shared_ptr<Transfer>>> wishes;
    std::vector<Answer> answers;
    std::vector<std::coroutine_handle<>> handles;
    std::vector<std::pair<Clock::time_point, Waiter>> sleepers;
    bool stopping = false;
  };

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  bool Put(Wish wish, std::shared_ptr<Transfer> transfer);
  void Nudge();
  void Run();
  int WaitMs() const;
  void RunCurlTimer();
  void Unpause(const std::shared_ptr<Transfer>& transfer);
  bool ReadInbox();
  void Begin(const std::shared_ptr<Transfer>& transfer);
  void BeginHop(const std::shared_ptr<Transfer>& transfer);
  void TakeAnswer(Answer answer);
  void Dial(const std::shared_ptr<Transfer>& transfer);
  void CollectDone();
  void EndHop(const std::shared_ptr<Transfer>& transfer, CURLcode code);
  void ReleaseEasy(Transfer& transfer);
  void Finish(const std::shared_ptr<Transfer>& transfer, std::optional<Error> error);
  void SetDeadline(const std::shared_ptr<Transfer>& transfer);
  void EndOverdue();
  void WakeSleepers(Clock::time_point until);
  void ResumeReady();
  void CloseAll();

  const ClientOptions options_;
  CURLM* multi_ = nullptr;
  int epoll_ = -1;
  int event_ = -1;
  std::thread thread_;
  std::atomic<std::size_t> in_flight_ = 0;
  std::atomic<std::uint64_t> connections_opened_ = 0;

  std::mutex mutex_;
  Inbox inbox_;          // guarded by mutex_
  bool nudged_ = false;  // guarded by mutex_
  bool closed_ = false;  // guarded by mutex_

  std::optional<Names> names_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Transfer>>> naming_;
  std::unordered_set<std::shared_ptr<Transfer>> active_;
  Transfer::DeadlineIndex deadlines_;
  std::multimap<Clock::time_point, Waiter> sleepers_;
  std::optional<Clock::time_point> curl_timer_;
  std::vector<CURL*> spare_;
  std::vector<Waiter> ready_;
};

}  // namespace axonflow::outbound
