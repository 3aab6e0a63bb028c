#include "base/worker_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace axonflow {

WorkerPool::WorkerPool(std::string name, int threads, int niceness, std::size_t admitted_max)
    : name_(std::move(name)), niceness_(niceness), admitted_max_(admitted_max) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Stop() {
  {
    std::unique_lock lock(mutex_);
    closed_ = true;
    left_.wait_for(lock, kStopWait, [this] { return admitted_ == 0; });
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::Post(std::span<const std::coroutine_handle<>> handles) {
  {
    const std::lock_guard lock(mutex_);
    queue_.insert(queue_.end(), handles.begin(), handles.end());
  }
  if (handles.size() == 1) {
    wake_.notify_one();
  } else {
    wake_.notify_all();
  }
}

bool WorkerPool::TryEnter() {
  const std::lock_guard lock(mutex_);
  if (closed_ || admitted_ >= admitted_max_) return false;
  ++admitted_;
  return true;
}

void WorkerPool::Leave() {
  const std::lock_guard lock(mutex_);
  --admitted_;
  if (closed_ && admitted_ == 0) left_.notify_all();
}

void WorkerPool::Run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  if (niceness_ > 0) {
    // Per thread on Linux, whatever POSIX says. Without the right to lower it nothing is lost but
    // fairness, so a failure is not an error.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness_);
  }
  SetCurrent(this);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto handle = queue_.front();
    queue_.pop_front();
    lock.unlock();
    handle.resume();
    lock.lock();
  }
}

}  // namespace axonflow
