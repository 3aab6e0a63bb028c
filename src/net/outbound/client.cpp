#include "net/outbound/client.h"

#include <curl/curl.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <semaphore>
#include <utility>

#include "net/outbound/loop.h"
#include "net/outbound/transfer.h"

namespace axonflow::outbound {
namespace {

constexpr std::size_t kMethodBytesMax = 16;
constexpr std::size_t kRequestHeadersMax = 128;
constexpr std::size_t kRequestHeaderBytesMax = 32 * 1024;

// libcurl copies headers and bodies with keys in them; what it gives back is overwritten first.
void WipeAndFree(void* memory) {
  if (memory == nullptr) return;
  // As fast as memset, unlike OPENSSL_cleanse: libcurl frees buffers of 16 KiB with each transfer.
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

void* WipingRealloc(void* memory, std::size_t size) {
  if (memory == nullptr) return std::malloc(size);
  void* const fresh = std::malloc(size);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, memory, std::min(size, ::malloc_usable_size(memory)));
  WipeAndFree(memory);
  return fresh;
}

Status InitializeOnce() {
  static const CURLcode code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, &std::malloc, &WipeAndFree,
                                                    &WipingRealloc, &::strdup, &std::calloc);
  if (code == CURLE_OK) return {};
  return Error{ErrorCode::kInternal, "cannot initialize libcurl"};
}

bool IsTokenByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool IsValueByte(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
}

bool IsOurs(std::string_view name) {
  static constexpr std::string_view kOurs[] = {
      "host", "content-length",     "transfer-encoding", "connection", "expect", "upgrade",
      "te",   "proxy-authorization"};
  return std::any_of(std::begin(kOurs), std::end(kOurs), [&](std::string_view ours) {
    return ours.size() == name.size() &&
           std::equal(ours.begin(), ours.end(), name.begin(), [](char want, char got) {
             return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got);
           });
  });
}

Status CheckRequest(const Request& request) {
  const Error bad_method{ErrorCode::kInvalidArgument, "the method of the request is not one"};
  if (request.method.empty() || request.method.size() > kMethodBytesMax) return bad_method;
  for (const char c : request.method) {
    if (c < 'A' || c > 'Z') return bad_method;
  }
  if (request.method == "CONNECT" || request.method == "TRACE") return bad_method;
  if (!request.body.empty() && (request.method == "GET" || request.method == "HEAD")) {
    return Error{ErrorCode::kInvalidArgument, request.method + " takes no body"};
  }
  if (request.headers.size() > kRequestHeadersMax) {
    return Error{ErrorCode::kTooLarge, "the request has more than 128 headers"};
  }
  std::size_t bytes = 0;
  for (const Header& header : request.headers) {
    const bool good = !header.name.empty() &&
                      std::all_of(header.name.begin(), header.name.end(), IsTokenByte) &&
                      std::all_of(header.value.begin(), header.value.end(), IsValueByte);
    // The name is not shown: it may be a value in the wrong place.
    if (!good) return Error{ErrorCode::kInvalidArgument, "a header of the request is malformed"};
    if (IsOurs(header.name)) {
      return Error{ErrorCode::kInvalidArgument, "the client writes " + header.name + " itself"};
    }
    bytes += header.name.size() + header.value.size();
  }
  if (bytes > kRequestHeaderBytesMax) {
    return Error{ErrorCode::kTooLarge, "the headers of the request are too large"};
  }
  return {};
}

std::optional<std::string_view> FindIn(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

Executor* HomeOf(const Transfer& transfer) {
  if (transfer.pinned != nullptr) return transfer.pinned;
  Executor* const current = Executor::Current();
  return current != nullptr ? current : transfer.loop.get();
}

// Suspends until the answer's head is there, and hands the transfer to the loop meanwhile.
struct HeadWait {
  std::shared_ptr<Transfer> transfer;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    // The loop may resume the coroutine, and with it end this object, before Submit returns.
    const std::shared_ptr<Transfer> held = transfer;
    if (!held->mailbox.WaitForHead({handle, HomeOf(*held)})) return false;
    if (held->loop->Submit(held)) return true;
    if (!held->mailbox.Forget()) return true;
    held->mailbox.End(Error{ErrorCode::kUnavailable, "the outbound client has stopped"});
    return false;
  }
  void await_resume() const noexcept {}
};

struct BytesWait {
  Transfer& transfer;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    return transfer.mailbox.WaitForBytes({handle, HomeOf(transfer)});
  }
  void await_resume() const noexcept {}
};

Task<Result<std::string>> NextPiece(std::shared_ptr<Transfer> transfer) {
  BytesWait wait{*transfer};
  co_await wait;
  bool wants_more = false;
  Result<std::string> piece = transfer->mailbox.Take(wants_more);
  if (wants_more) transfer->loop->Resume(transfer);
  co_return piece;
}

Task<Result<std::string>> Rest(std::shared_ptr<Transfer> transfer, std::size_t bytes_max) {
  std::string whole;
  while (true) {
    Task<Result<std::string>> next = NextPiece(transfer);
    Result<std::string> piece = co_await next;
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return whole;
    if (piece->size() > bytes_max - whole.size()) {
      transfer->loop->Cancel(transfer);
      co_return Error{ErrorCode::kTooLarge,
                      "the answer is longer than " + std::to_string(bytes_max) + " bytes"};
    }
    whole += *piece;
  }
}

struct PauseWait {
  const std::shared_ptr<Loop> loop;
  const std::chrono::milliseconds time;

  bool await_ready() const noexcept { return time.count() <= 0; }
  bool await_suspend(std::coroutine_handle<> handle) {
    Executor* const current = Executor::Current();
    Executor* const home = current != nullptr ? current : loop.get();
    // The loop may resume the coroutine, and with it end this object, before Sleep returns.
    const std::shared_ptr<Loop> held = loop;
    return held->Sleep({handle, home}, time);
  }
  void await_resume() const noexcept {}
};

Task<void> PauseOn(std::shared_ptr<Loop> loop, std::chrono::milliseconds time) {
  PauseWait wait{std::move(loop), time};
  co_await wait;
}

// An error of Client::Prepare as a task.
template <typename T>
Task<Result<T>> Fail(Error error) {
  co_return error;
}

}  // namespace

void Cancellation::Cancel() {
  std::shared_ptr<Transfer> transfer;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    transfer = transfer_.lock();
  }
  if (transfer) transfer->loop->Cancel(transfer);
}

Response::Response(std::shared_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
Response::Response(Response&& other) noexcept = default;

Response& Response::operator=(Response&& other) noexcept {
  if (this != &other) {
    Cancel();
    transfer_ = std::move(other.transfer_);
  }
  return *this;
}

Response::~Response() { Cancel(); }

int Response::status() const { return transfer_->mailbox.head().status; }
int Response::http_major() const { return transfer_->mailbox.head().http_major; }
const std::vector<Header>& Response::headers() const { return transfer_->mailbox.head().headers; }
std::optional<std::string_view> Response::Find(std::string_view name) const {
  return FindIn(headers(), name);
}

Task<Result<std::string>> Response::ReadPiece() { return NextPiece(transfer_); }
Task<Result<std::string>> Response::ReadRest(std::size_t bytes_max) {
  return Rest(transfer_, bytes_max);
}

void Response::Cancel() {
  if (transfer_ && !transfer_->mailbox.ended()) transfer_->loop->Cancel(transfer_);
}

std::optional<std::string_view> WholeResponse::Find(std::string_view name) const {
  return FindIn(headers, name);
}

Client::Client(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
Client::~Client() { Stop(); }
void Client::Stop() { loop_->Stop(); }
std::size_t Client::in_flight() const { return loop_->in_flight(); }
std::uint64_t Client::connections_opened() const { return loop_->connections_opened(); }

Result<std::unique_ptr<Client>> Client::Start(ClientOptions options) {
  if (auto ready = InitializeOnce(); !ready) return ready.error();
  auto loop = std::make_shared<Loop>(std::move(options));
  if (auto started = loop->Start(); !started) return started.error();
  return std::unique_ptr<Client>(new Client(std::move(loop)));
}

Result<std::shared_ptr<Transfer>> Client::Prepare(Request&& request, Executor* pinned) const {
  if (auto checked = CheckRequest(request); !checked) return checked.error();
  auto url = loop_->options().guard.Admit(request.url, request.purpose, request.plain_http);
  if (!url) return url.error();
  if (!loop_->TryAdmit()) {
    return Error{ErrorCode::kResourceExhausted, "too many outbound transfers are under way"};
  }
  const std::shared_ptr<Cancellation> cancellation = request.cancellation;
  auto transfer = std::make_shared<Transfer>(std::move(request), std::move(*url), loop_, pinned);
  if (cancellation) {
    const std::lock_guard lock(cancellation->mutex_);
    if (cancellation->cancelled_) {
      return Error{ErrorCode::kUnavailable, "the transfer was cancelled"};
    }
    cancellation->transfer_ = transfer;
  }
  return transfer;
}

Task<Result<Response>> Client::SendPrepared(std::shared_ptr<Transfer> transfer) {
  HeadWait wait{transfer};
  co_await wait;
  if (const auto error = transfer->mailbox.HeadError()) co_return *error;
  co_return Response(std::move(transfer));
}

Task<Result<WholeResponse>> Client::FetchPrepared(std::shared_ptr<Transfer> transfer) {
  const std::size_t bytes_max = transfer->request.bounds.body_bytes_max;
  Task<Result<Response>> sending = SendPrepared(std::move(transfer));
  Result<Response> response = co_await sending;
  if (!response) co_return response.error();
  Task<Result<std::string>> reading = response->ReadRest(bytes_max);
  Result<std::string> body = co_await reading;
  if (!body) co_return body.error();
  WholeResponse whole;
  whole.status = response->status();
  whole.headers = response->headers();
  whole.body = std::move(*body);
  co_return whole;
}

Task<Result<Response>> Client::Send(Request&& request) {
  auto transfer = Prepare(std::move(request), nullptr);
  if (!transfer) return Fail<Response>(transfer.error());
  return SendPrepared(std::move(*transfer));
}

Task<void> Client::Pause(std::chrono::milliseconds time) { return PauseOn(loop_, time); }

Task<Result<WholeResponse>> Client::Fetch(Request&& request) {
  auto transfer = Prepare(std::move(request), nullptr);
  if (!transfer) return Fail<WholeResponse>(transfer.error());
  return FetchPrepared(std::move(*transfer));
}

Result<WholeResponse> Client::FetchAndWait(Request&& request) {
  auto transfer = Prepare(std::move(request), loop_.get());
  if (!transfer) return transfer.error();
  std::binary_semaphore done(0);
  std::optional<Result<WholeResponse>> result;
  axonflow::Start(FetchPrepared(std::move(*transfer)),
                  [&](std::optional<Result<WholeResponse>> value, std::exception_ptr) {
                    result = std::move(value);
                    done.release();
                  });
  done.acquire();
  if (result) return std::move(*result);
  return Error{ErrorCode::kInternal, "an outbound transfer ended with an exception"};
}

}  // namespace axonflow::outbound
