#include "net/io_thread.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "net/connection.h"
#include "net/response_writer.h"
#include "net/tls.h"

// Of mimalloc, where the program is linked with it; null elsewhere.
extern "C" void mi_collect(bool force) __attribute__((weak));

namespace axonflow::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kAcceptBacklog = 4096;                  // the kernel lowers it to net.core.somaxconn
constexpr std::chrono::milliseconds kTickMax{1'000};  // the Date header is refreshed by it
constexpr std::chrono::milliseconds kTickMin{5};
constexpr int kTicksPerTimeout = 8;
// Ticks, so that what goes after the last large buffer goes too.
constexpr int kCollectionsAfterWave = 3;
constexpr std::size_t kWasteBytes = 64 << 10;

std::chrono::milliseconds TickLength(const ServerLimits& limits) {
  const auto shortest = std::min(limits.idle_timeout, limits.request_timeout);
  return std::clamp(shortest / kTicksPerTimeout, kTickMin, kTickMax);
}

}  // namespace

bool ConnectionCount::TryAdd(std::size_t max) {
  if (open_.fetch_add(1, std::memory_order_relaxed) < max) return true;
  Remove();
  return false;
}

void ConnectionCount::Remove() {
  if (open_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  const std::lock_guard lock(mutex_);
  none_.notify_all();
}

std::size_t ConnectionCount::WaitForNone(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  none_.wait_for(lock, wait, [this] { return open_.load(std::memory_order_acquire) == 0; });
  return open();
}

IoThread::IoThread(const ServerOptions& options, Handler& handler, ConnectionCount& count,
                   BodyBudget& budget)
    : options_(options),
      handler_(handler),
      count_(count),
      budget_(budget),
      waste_(kWasteBytes),
      tick_length_(TickLength(options.limits)),
      date_(FormatHttpDate()) {}

IoThread::~IoThread() = default;

Status IoThread::Listen(const tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.set_option(ReusePort(true), error);
  // Accepted sockets inherit it, which saves a system call each.
  if (!error) acceptor_.set_option(tcp::no_delay(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kAcceptBacklog, error);
  if (error) return Error{ErrorCode::kUnavailable, "cannot listen: " + error.message()};
  return {};
}

std::uint16_t IoThread::port() const {
  error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void IoThread::Run() {
  Accept();
  ScheduleTick();
  thread_ = std::thread([this] { Loop(); });
}

void IoThread::Loop() {
  SetCurrent(this);
  // The accept and the timer are always pending, so run() ends by Stop only.
  const auto work = boost::asio::make_work_guard(context_);
  context_.run();
  SetCurrent(nullptr);
}

void IoThread::Stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void IoThread::Post(std::span<const std::coroutine_handle<>> handles) {
  if (handles.empty()) return;
  bool wake = false;
  {
    const std::lock_guard lock(posted_mutex_);
    wake = posted_.empty();
    posted_.insert(posted_.end(), handles.begin(), handles.end());
  }
  if (wake) boost::asio::post(context_, [this] { ResumePosted(); });
}

void IoThread::ResumePosted() {
  {
    const std::lock_guard lock(posted_mutex_);
    std::swap(posted_, resuming_);
  }
  // What these coroutines post goes into posted_ and wakes the loop again.
  resuming_batch_ = true;
  for (const auto handle : resuming_) handle.resume();
  resuming_batch_ = false;
  resuming_.clear();
  // A group commit frees many answers at once. Sent one after the other without work in between
  // they wake a client once; with each answer's work in between the client falls asleep before the
  // next one and every send pays for a wake-up.
  for (const auto& answer : ready_) answer.connection->SendReady();
  for (const auto& answer : ready_) answer.handle.resume();
  ready_.clear();
}

void IoThread::AwaitSendTurn(Connection& connection, std::coroutine_handle<> handle) {
  ready_.push_back({&connection, handle});
}

void IoThread::RequestDrain() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (Connection* connection : connections_) connection->CloseIfIdle();
  });
}

void IoThread::RequestCut() {
  boost::asio::post(context_, [this] {
    for (Connection* connection : connections_) cut_off_ += connection->Cut() ? 1 : 0;
  });
}

std::uint64_t IoThread::DeadlineIn(std::chrono::milliseconds timeout) const {
  // One more tick, because the present one is partly over.
  return tick_ + static_cast<std::uint64_t>(timeout / tick_length_) + 1;
}

void IoThread::Add(Connection& connection) {
  connection.slot = connections_.size();
  connections_.push_back(&connection);
}

void IoThread::Remove(Connection& connection) {
  connections_[connection.slot] = connections_.back();
  connections_[connection.slot]->slot = connection.slot;
  connections_.pop_back();
  count_.Remove();
}

void IoThread::Accept() {
  acceptor_.async_accept(peer_, [this](const error_code& error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (error) {
      // Out of descriptors, mostly. Trying again at once would spin, so the next tick does.
      accept_paused_ = true;
      return;
    }
    Admit(std::move(socket), peer_);
    Accept();
  });
}

void IoThread::Admit(tcp::socket socket, const tcp::endpoint& peer) {
  if (!count_.TryAdd(options_.limits.connections_max)) {
    if (options_.on_refused) options_.on_refused("too_many_connections");
    return;
  }
  error_code error;
  socket.non_blocking(true, error);
  if (error) return count_.Remove();
  Connection::Start(*this, std::move(socket), peer.address().to_string());
}

void IoThread::ScheduleTick() {
  timer_.expires_after(tick_length_);
  timer_.async_wait([this](const error_code& error) {
    if (error) return;
    Tick();
    ScheduleTick();
  });
}

void IoThread::Tick() {
  ++tick_;
  date_ = FormatHttpDate();
  // None of these calls ends a connection before it returns: the list does not change under the
  // loop.
  for (Connection* connection : connections_) connection->CheckDeadline(tick_);
  if (std::exchange(accept_paused_, false) && acceptor_.is_open()) Accept();
  ReturnFreedPages();
  RefreshTls();
}

void IoThread::RefreshTls() {
  if (options_.tls == nullptr) return;
  const auto refreshed = options_.tls->Refresh();
  if (refreshed.ok() && !*refreshed) return;
  if (options_.on_tls_reload) {
    options_.on_tls_reload(refreshed.ok() ? Status{} : Status{refreshed.error()});
  }
}

// mimalloc keeps the pages that a thread has freed until that thread allocates again. After a wave
// of large bodies that would be never. (Blocks from kMappedBytesMin on do not pass through it.)
void IoThread::ReturnFreedPages() {
  const auto moves = budget_.busy_moves();
  if (std::exchange(busy_moves_seen_, moves) != moves) collections_due_ = kCollectionsAfterWave;
  if (collections_due_ == 0) return;
  --collections_due_;
  if (mi_collect != nullptr) mi_collect(true);
}

}  // namespace axonflow::net
