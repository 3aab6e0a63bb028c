#pragma once

#include <coroutine>
#include <span>

namespace axonflow {

// Where a suspended coroutine goes on. Every I/O thread and every WorkerPool is one.
class Executor {
 public:
  virtual ~Executor() = default;

  // Resumes each handle later, on a thread of this executor, in order, with one wake-up for all.
  // Thread-safe; never runs a handle inside the call; never refuses.
  virtual void Post(std::span<const std::coroutine_handle<>> handles) = 0;

  // The executor whose thread this is, or nullptr on a thread that belongs to none.
  static Executor* Current() { return current_; }

 protected:
  static void SetCurrent(Executor* executor) { current_ = executor; }

 private:
  static inline thread_local Executor* current_ = nullptr;
};

// co_await SwitchTo(executor): goes on there.
class SwitchTo {
 public:
  explicit SwitchTo(Executor& executor) : executor_(executor) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) { executor_.Post({&handle, 1}); }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
};

}  // namespace axonflow
