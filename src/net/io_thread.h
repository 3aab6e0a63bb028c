#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "net/body_budget.h"
#include "net/server.h"

namespace axonflow::net {

class Connection;

// How many connections the whole server has open; shared by its threads.
class ConnectionCount {
 public:
  // Takes a place unless `max` are taken.
  bool TryAdd(std::size_t max);
  void Remove();
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }
  // Waits until none is open, at most `wait`. Returns how many are left.
  std::size_t WaitForNone(std::chrono::milliseconds wait);

 private:
  std::atomic<std::size_t> open_ = 0;
  std::mutex mutex_;
  std::condition_variable none_;
};

// One I/O thread: its own io_context, listening socket and connections, so that no lock is taken on
// the way of a request. Everything but Post, RequestDrain, RequestCut, Run and Stop belongs to the
// thread itself.
class IoThread final : public Executor {
 public:
  IoThread(const ServerOptions& options, Handler& handler, ConnectionCount& count,
           BodyBudget& budget);
  ~IoThread() override;

  // Opens the listening socket. Fails when the address cannot be bound.
  Status Listen(const boost::asio::ip::tcp::endpoint& endpoint);
  std::uint16_t port() const;
  void Run();   // starts the thread
  void Stop();  // ends the loop and joins

  void Post(std::span<const std::coroutine_handle<>> handles) override;

  void RequestDrain();  // no new connections, idle ones closed, "Connection: close" on each answer
  void RequestCut();    // closes every socket; handlers that still run end on their own
  std::size_t cut_off() const { return cut_off_.load(); }  // requests that RequestCut interrupted

  // For Connection:
  Handler& handler() { return handler_; }
  const ServerOptions& options() const { return options_; }
  BodyBudget& budget() { return budget_; }
  // Where bytes go that nobody looks at. One place for all connections of the thread.
  std::span<char> waste() { return waste_; }
  bool draining() const { return draining_; }
  // Whether coroutines that were posted together are being resumed. Their answers leave in one go
  // when all are ready, see AwaitSendTurn.
  bool resuming_batch() const { return resuming_batch_; }
  void AwaitSendTurn(Connection& connection, std::coroutine_handle<> handle);
  std::string_view date() const { return date_; }
  std::uint64_t DeadlineIn(std::chrono::milliseconds timeout) const;
  void Add(Connection& connection);
  void Remove(Connection& connection);

 private:
  void Loop();
  void Accept();
  void Admit(boost::asio::ip::tcp::socket socket, const boost::asio::ip::tcp::endpoint& peer);
  void ScheduleTick();
  void Tick();
  void ReturnFreedPages();
  void RefreshTls();
  void ResumePosted();

  const ServerOptions& options_;
  Handler& handler_;
  ConnectionCount& count_;
  BodyBudget& budget_;
  std::uint64_t busy_moves_seen_ = 0;  // of budget_
  int collections_due_ = 0;
  std::vector<char> waste_;
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_{context_};
  boost::asio::ip::tcp::endpoint peer_;
  // Deadlines are coarse: one timer a thread looks at every connection each `tick_length_`. A timer
  // a request would cost more than the request's own parsing.
  boost::asio::steady_timer timer_{context_};
  const std::chrono::milliseconds tick_length_;
  std::uint64_t tick_ = 0;
  std::string date_;
  std::vector<Connection*> connections_;
  bool draining_ = false;
  bool accept_paused_ = false;
  std::atomic<std::size_t> cut_off_ = 0;
  std::thread thread_;

  std::mutex posted_mutex_;
  std::vector<std::coroutine_handle<>> posted_;    // guarded by posted_mutex_
  std::vector<std::coroutine_handle<>> resuming_;  // the thread's own; swapped with posted_

  struct ReadyAnswer {
    Connection* connection;
    std::coroutine_handle<> handle;
  };
  std::vector<ReadyAnswer> ready_;  // answers of the batch that is being resumed
  bool resuming_batch_ = false;
};

}  // namespace axonflow::net
