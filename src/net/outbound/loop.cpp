#include "net/outbound/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace axonflow::outbound {
namespace {

constexpr int kEventsAtOnce = 64;
constexpr std::size_t kSpareHandlesMax = 64;
constexpr int kWaitMsMax = 60'000;

Error Stopped() { return Error{ErrorCode::kUnavailable, "the outbound client has stopped"}; }

}  // namespace

Loop::Loop(ClientOptions options) : options_(std::move(options)) {}

Loop::~Loop() {
  for (CURL* handle : spare_) curl_easy_cleanup(handle);
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
  if (event_ >= 0) ::close(event_);
  if (epoll_ >= 0) ::close(epoll_);
}

Status Loop::Start() {
  const Error failed{ErrorCode::kUnavailable, "cannot start the outbound client"};
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  multi_ = curl_multi_init();
  if (epoll_ < 0 || event_ < 0 || multi_ == nullptr) return failed;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = event_;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &event) != 0) return failed;
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.idle_connections_max));
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                    static_cast<long>(options_.connections_per_host_max));
  names_.emplace(options_.resolver, options_.names_kept,
                 [weak = weak_from_this()](const std::string& host, Names::Answer answer) {
                   const auto loop = weak.lock();
                   if (!loop) return;
                   const std::lock_guard lock(loop->mutex_);
                   loop->inbox_.answers.push_back({host, std::move(answer)});
                   loop->Nudge();
                 });
  thread_ = std::thread([this] { Run(); });
  return {};
}

void Loop::Stop() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    inbox_.stopping = true;
    Nudge();
  }
  if (thread_.joinable()) thread_.join();
  names_.reset();
}

bool Loop::TryAdmit() {
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) < options_.transfers_max) return true;
  Discharge();
  return false;
}

// With mutex_ held. One write wakes the thread for everything that comes before it looks.
void Loop::Nudge() {
  if (std::exchange(nudged_, true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
}

bool Loop::Put(Wish wish, std::shared_ptr<Transfer> transfer) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  inbox_.wishes.emplace_back(wish, std::move(transfer));
  Nudge();
  return true;
}

bool Loop::Submit(std::shared_ptr<Transfer> transfer) {
  return Put(Wish::kStart, std::move(transfer));
}
bool Loop::Sleep(Waiter waiter, std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  inbox_.sleepers.emplace_back(Clock::now() + time, waiter);
  Nudge();
  return true;
}
void Loop::Resume(std::shared_ptr<Transfer> transfer) { Put(Wish::kResume, std::move(transfer)); }
void Loop::Cancel(std::shared_ptr<Transfer> transfer) { Put(Wish::kCancel, std::move(transfer)); }

void Loop::Post(std::span<const std::coroutine_handle<>> handles) {
  const std::lock_guard lock(mutex_);
  inbox_.handles.insert(inbox_.handles.end(), handles.begin(), handles.end());
  Nudge();
}

void Loop::Wake(Waiter waiter) {
  if (waiter.handle) ready_.push_back(waiter);
}

int Loop::OnSocket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& loop = *static_cast<Loop*>(self);
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    curl_multi_assign(loop.multi_, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.fd = socket;
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  const int usual = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(loop.epoll_, usual, socket, &event) != 0) {
    // The number of a socket that was closed may be in use again.
    ::epoll_ctl(loop.epoll_, known == nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  }
  curl_multi_assign(loop.multi_, socket, self);
  return 0;
}

int Loop::OnTimer(CURLM*, long timeout_ms, void* self) {
  auto& loop = *static_cast<Loop*>(self);
  loop.curl_timer_.reset();
  if (timeout_ms >= 0) loop.curl_timer_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

int Loop::WaitMs() const {
  auto until = Clock::time_point::max();
  if (curl_timer_) until = *curl_timer_;
  if (!deadlines_.empty()) until = std::min(until, deadlines_.begin()->first);
  if (!sleepers_.empty()) until = std::min(until, sleepers_.begin()->first);
  if (until == Clock::time_point::max()) return kWaitMsMax;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kWaitMsMax));
}

void Loop::Run() {
  pthread_setname_np(pthread_self(), "outbound");
  SetCurrent(this);
  bool stopping = false;
  while (!stopping) {
    std::array<epoll_event, kEventsAtOnce> events{};
    const int count = ::epoll_wait(epoll_, events.data(), kEventsAtOnce, WaitMs());
    bool nudged = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == event_) {
        nudged = true;
        continue;
      }
      int what = 0;
      if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
      int running = 0;
      curl_multi_socket_action(multi_, event.data.fd, what, &running);
    }
    if (nudged) stopping = ReadInbox();
    RunCurlTimer();
    CollectDone();
    EndOverdue();
    WakeSleepers(Clock::now());
    ResumeReady();
  }
  CloseAll();
  SetCurrent(nullptr);
}

void Loop::RunCurlTimer() {
  if (!curl_timer_ || *curl_timer_ > Clock::now()) return;
  curl_timer_.reset();
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

// Whether the thread is to end.
bool Loop::ReadInbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(mutex_);
    std::swap(inbox, inbox_);
    nudged_ = false;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
  }
  for (Answer& answer : inbox.answers) TakeAnswer(std::move(answer));
  for (auto& [wish, transfer] : inbox.wishes) {
    switch (wish) {
      case Wish::kStart:
        Begin(transfer);
        break;
      case Wish::kResume:
        Unpause(transfer);
        break;
      case Wish::kCancel:
        Finish(transfer, Error{ErrorCode::kUnavailable, "the transfer was cancelled"});
        break;
    }
  }
  for (const auto handle : inbox.handles) ready_.push_back({handle, this});
  sleepers_.insert(inbox.sleepers.begin(), inbox.sleepers.end());
  return inbox.stopping;
}

void Loop::Unpause(const std::shared_ptr<Transfer>& transfer) {
  if (transfer->phase != Phase::kBody || !transfer->paused) return;
  transfer->paused = false;
  transfer->last_byte = Clock::now();
  SetDeadline(transfer);
  curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

void Loop::Begin(const std::shared_ptr<Transfer>& transfer) {
  if (transfer->phase != Phase::kNew) return;  // cancelled before
  transfer->started = Clock::now();
  active_.insert(transfer);
  BeginHop(transfer);
}

void Loop::BeginHop(const std::shared_ptr<Transfer>& transfer) {
  transfer->hop_started = Clock::now();
  transfer->phase = Phase::kNaming;
  SetDeadline(transfer);
  transfer->addresses.clear();
  const Url& url = transfer->url;
  if (url.address) transfer->addresses.push_back(*url.address);
  if (url.address || !options_.proxy.empty()) return Dial(transfer);
  if (const auto* kept = names_->Find(url.host, transfer->hop_started)) {
    transfer->addresses = *kept;
    return Dial(transfer);
  }
  auto& waiting = naming_[url.host];
  waiting.push_back(transfer);
  if (waiting.size() == 1 && !names_->Ask(url.host)) {
    naming_.erase(url.host);
    Finish(transfer, Error{ErrorCode::kResourceExhausted, "too many names are being looked up"});
  }
}

void Loop::TakeAnswer(Answer answer) {
  names_->Keep(answer.host, answer.addresses, Clock::now());
  const auto entry = naming_.find(answer.host);
  if (entry == naming_.end()) return;
  const auto waiting = std::move(entry->second);
  naming_.erase(entry);
  for (const auto& transfer : waiting) {
    if (transfer->phase != Phase::kNaming) continue;
    if (answer.addresses) {
      transfer->addresses = *answer.addresses;
      Dial(transfer);
    } else {
      Finish(transfer, answer.addresses.error());
    }
  }
}

void Loop::Dial(const std::shared_ptr<Transfer>& transfer) {
  if (options_.proxy.empty()) {
    const Request& request = transfer->request;
    auto checked = options_.guard.CheckAnswer(transfer->url, transfer->addresses, request.purpose,
                                              request.plain_http);
    if (!checked) return Finish(transfer, checked.error());
  }
  transfer->phase = Phase::kConnecting;
  CURL* handle = nullptr;
  if (spare_.empty()) {
    handle = curl_easy_init();
  } else {
    handle = spare_.back();
    spare_.pop_back();
  }
  if (handle == nullptr) {
    return Finish(transfer, Error{ErrorCode::kResourceExhausted, "no memory for a request"});
  }
  auto configured = transfer->Configure(handle, options_);
  if (!configured) return Finish(transfer, configured.error());
  if (curl_multi_add_handle(multi_, handle) != CURLM_OK) {
    return Finish(transfer, Error{ErrorCode::kInternal, "libcurl does not take a request"});
  }
}

void Loop::CollectDone() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    EndHop(transfer->shared_from_this(), code);
  }
}

void Loop::EndHop(const std::shared_ptr<Transfer>& transfer, CURLcode code) {
  if (code != CURLE_OK) return Finish(transfer, transfer->FailureOf(code));
  if (!transfer->redirecting()) return Finish(transfer, std::nullopt);
  ReleaseEasy(*transfer);
  auto followed = transfer->FollowRedirect(options_.guard);
  if (!followed) return Finish(transfer, followed.error());
  BeginHop(transfer);
}

void Loop::ReleaseEasy(Transfer& transfer) {
  CURL* const handle = std::exchange(transfer.easy, nullptr);
  if (handle != nullptr) {
    curl_multi_remove_handle(multi_, handle);
    curl_easy_reset(handle);
    if (spare_.size() < kSpareHandlesMax) {
      spare_.push_back(handle);
    } else {
      curl_easy_cleanup(handle);
    }
  }
  transfer.ReleaseLists();
}

void Loop::Finish(const std::shared_ptr<Transfer>& transfer, std::optional<Error> error) {
  if (transfer->phase == Phase::kOver) return;
  ReleaseEasy(*transfer);
  transfer->phase = Phase::kOver;
  if (transfer->deadline) deadlines_.erase(*std::exchange(transfer->deadline, std::nullopt));
  active_.erase(transfer);
  transfer->WipeRequest();
  Discharge();
  Wake(transfer->mailbox.End(std::move(error)));
}

void Loop::SetDeadline(const std::shared_ptr<Transfer>& transfer) {
  if (transfer->deadline) deadlines_.erase(*transfer->deadline);
  transfer->deadline = deadlines_.emplace(transfer->NextDeadline(), transfer);
}

// An entry is early when bytes came since it was made; it is then put where it belongs.
void Loop::EndOverdue() {
  const auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto transfer = deadlines_.begin()->second;
    if (transfer->NextDeadline() <= now) {
      Finish(transfer, transfer->DeadlineError());
    } else {
      SetDeadline(transfer);
    }
  }
}

void Loop::WakeSleepers(Clock::time_point until) {
  while (!sleepers_.empty() && sleepers_.begin()->first <= until) {
    Wake(sleepers_.begin()->second);
    sleepers_.erase(sleepers_.begin());
  }
}

void Loop::ResumeReady() {
  while (!ready_.empty()) {
    std::map<Executor*, std::vector<std::coroutine_handle<>>> elsewhere;
    std::vector<std::coroutine_handle<>> here;
    for (const Waiter& waiter : ready_) {
      auto& handles = waiter.executor == this ? here : elsewhere[waiter.executor];
      handles.push_back(waiter.handle);
    }
    ready_.clear();
    for (const auto& [executor, handles] : elsewhere) executor->Post(handles);
    for (const auto handle : here) handle.resume();
  }
}

void Loop::CloseAll() {
  // What is resumed here may post or ask again; both come to an end since nothing is submitted.
  for (int round = 0; round < 16; ++round) {
    const std::vector<std::shared_ptr<Transfer>> all(active_.begin(), active_.end());
    for (const auto& transfer : all) Finish(transfer, Stopped());
    ReadInbox();
    WakeSleepers(Clock::time_point::max());
    if (active_.empty() && ready_.empty()) break;
    ResumeReady();
  }
  naming_.clear();
}

}  // namespace axonflow::outbound
