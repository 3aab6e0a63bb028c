#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace axonflow {

// A few threads for work that would hold up an I/O thread: blocking reads of the store, policy
// evaluation of long texts. Admission is bounded by TryEnter; Post itself never refuses, so a
// coroutine that was admitted always comes back.
class WorkerPool : public Executor {
 public:
  // `name` labels the threads. `niceness` (0 to 19) is added to theirs, so that I/O threads win the
  // core. `admitted_max` bounds the coroutines between TryEnter and Leave.
  WorkerPool(std::string name, int threads, int niceness, std::size_t admitted_max);
  ~WorkerPool() override;  // Stop

  // How long Stop waits for coroutines that were admitted and are elsewhere at the moment.
  static constexpr std::chrono::milliseconds kStopWait{1'000};

  // Refuses every further TryEnter, lets what was admitted and posted run to its end, then joins.
  // The executors that those coroutines go on to must still run. Afterwards a Post keeps the handle
  // and never resumes it: only who has no place can do that. Not from a thread of the pool.
  void Stop();

  void Post(std::span<const std::coroutine_handle<>> handles) override;

  // Takes one of the `admitted_max` places; false when none is free (answer 503, do not queue).
  bool TryEnter();
  void Leave();

 private:
  void Run();

  const std::string name_;
  const int niceness_;
  const std::size_t admitted_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::coroutine_handle<>> queue_;
  std::condition_variable left_;
  std::size_t admitted_ = 0;
  bool closed_ = false;    // nobody is admitted any more
  bool stopping_ = false;  // the threads end when the queue is empty
  std::vector<std::thread> threads_;
};

// Holds one place of a pool from Enter to the end of its scope.
class WorkerPlace {
 public:
  explicit WorkerPlace(WorkerPool& pool) : pool_(pool), entered_(pool.TryEnter()) {}
  ~WorkerPlace() {
    if (entered_) pool_.Leave();
  }
  WorkerPlace(const WorkerPlace&) = delete;
  WorkerPlace& operator=(const WorkerPlace&) = delete;
  bool entered() const { return entered_; }

 private:
  WorkerPool& pool_;
  const bool entered_;
};

}  // namespace axonflow
