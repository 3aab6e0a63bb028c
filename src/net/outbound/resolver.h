#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/outbound/client.h"

namespace axonflow::outbound {

// Looks names up on threads of its own, since the system's resolver blocks, and keeps the answers
// for a while. Everything but `on_answer` belongs to one thread.
class Names {
 public:
  using Clock = std::chrono::steady_clock;
  using Answer = Result<std::vector<IpAddress>>;
  // Called on a thread of the resolver.
  using OnAnswer = std::function<void(const std::string& host, Answer answer)>;

  static constexpr int kThreads = 2;
  static constexpr std::size_t kAskedMax = 256;   // names that are being looked up
  static constexpr std::size_t kKeptMax = 1'024;  // answers that are kept

  Names(Resolver resolver, std::chrono::milliseconds kept, OnAnswer on_answer);
  // Does not wait for a look-up that hangs; its answer goes nowhere.
  ~Names();

  // The kept answer, when it is young enough.
  const std::vector<IpAddress>* Find(const std::string& host, Clock::time_point now) const;
  // Begins a look-up. False when too many are under way.
  bool Ask(const std::string& host);
  // To be told when `on_answer` came in on the owner's thread.
  void Keep(const std::string& host, const Answer& answer, Clock::time_point now);

 private:
  struct Entry {
    std::vector<IpAddress> addresses;
    Clock::time_point until;
  };
  struct Queue;
  static void Run(const std::shared_ptr<Queue>& queue);

  const std::chrono::milliseconds kept_for_;
  std::unordered_map<std::string, Entry> kept_;
  std::shared_ptr<Queue> queue_;
};

}  // namespace axonflow::outbound
