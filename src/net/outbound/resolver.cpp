#include "net/outbound/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

namespace axonflow::outbound {

struct Names::Queue {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> hosts;
  bool stopping = false;
  Resolver resolver;
  OnAnswer on_answer;
};

Names::Names(Resolver resolver, std::chrono::milliseconds kept, OnAnswer on_answer)
    : kept_for_(kept), queue_(std::make_shared<Queue>()) {
  queue_->resolver = std::move(resolver);
  queue_->on_answer = std::move(on_answer);
  for (int i = 0; i < kThreads; ++i) {
    // Detached: getaddrinfo may hang for many seconds, and nobody shall wait for it at the end.
    std::thread([queue = queue_] { Run(queue); }).detach();
  }
}

Names::~Names() {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->stopping = true;
  }
  queue_->wake.notify_all();
}

void Names::Run(const std::shared_ptr<Queue>& queue) {
  pthread_setname_np(pthread_self(), "names");
  while (true) {
    std::string host;
    {
      std::unique_lock lock(queue->mutex);
      queue->wake.wait(lock, [&] { return queue->stopping || !queue->hosts.empty(); });
      if (queue->stopping) return;
      host = std::move(queue->hosts.front());
      queue->hosts.pop_front();
    }
    Answer answer = queue->resolver(host);
    queue->on_answer(host, std::move(answer));
  }
}

const std::vector<IpAddress>* Names::Find(const std::string& host, Clock::time_point now) const {
  const auto entry = kept_.find(host);
  return entry != kept_.end() && entry->second.until > now ? &entry->second.addresses : nullptr;
}

bool Names::Ask(const std::string& host) {
  {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->hosts.size() >= kAskedMax) return false;
    queue_->hosts.push_back(host);
  }
  queue_->wake.notify_one();
  return true;
}

void Names::Keep(const std::string& host, const Answer& answer, Clock::time_point now) {
  if (!answer || kept_for_.count() == 0) return;
  if (kept_.size() >= kKeptMax) {
    std::erase_if(kept_, [&](const auto& entry) { return entry.second.until <= now; });
    if (kept_.size() >= kKeptMax) kept_.clear();
  }
  kept_[host] = Entry{*answer, now + kept_for_};
}

Result<std::vector<IpAddress>> ResolveWithSystem(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failed != 0) {
    return Error{ErrorCode::kUnavailable, "cannot look up " + host + ": " + gai_strerror(failed)};
  }
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    IpAddress address;
    if (entry->ai_family == AF_INET) {
      const auto* socket = reinterpret_cast<const sockaddr_in*>(entry->ai_addr);
      std::memcpy(address.bytes.data(), &socket->sin_addr, 4);
    } else if (entry->ai_family == AF_INET6) {
      const auto* socket = reinterpret_cast<const sockaddr_in6*>(entry->ai_addr);
      address.family = IpAddress::Family::kV6;
      std::memcpy(address.bytes.data(), &socket->sin6_addr, 16);
    } else {
      continue;
    }
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(address);
    }
  }
  ::freeaddrinfo(list);
  return addresses;
}

}  // namespace axonflow::outbound
