#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <coroutine>
#include <exception>
#include <span>
#include <utility>

#include "net/io_thread.h"
#include "net/response_writer.h"

namespace axonflow::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// A body up to this size is copied behind its head: cheaper than a second buffer in the call.
constexpr std::size_t kCopiedBodyBytesMax = 16 << 10;
constexpr std::size_t kKeptBytesMax = 64 << 10;

// After an answer that ends the connection, bytes under way are read and dropped for a while.
// Closing at once would make the kernel send a reset, which can destroy the answer before the
// client reads it (RFC 9112 section 9.6).
constexpr std::size_t kLingerBytesMax = 64 << 20;
constexpr std::chrono::milliseconds kLingerTime{3'000};

constexpr const char* kRetryAfterSeconds = "1";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// co_await ReadSome(connection, space): bytes read; 0 at the end of the stream or on any error.
class Connection::ReadSome {
 public:
  ReadSome(Connection& connection, std::span<char> space)
      : socket_(connection.socket_), tls_(connection.tls_), space_(space) {}
  bool await_ready() { return tls_ && Decrypt(); }
  void await_suspend(std::coroutine_handle<> handle) {
    if (tls_) return WaitForCiphertext(handle);
    socket_.async_read_some(boost::asio::buffer(space_.data(), space_.size()),
                            [this, handle](const error_code& error, std::size_t bytes) {
                              bytes_ = error ? 0 : bytes;
                              ended_ = error == boost::asio::error::eof;
                              handle.resume();
                            });
  }
  std::size_t await_resume() const noexcept { return bytes_; }
  // Whether the client has shut its sending side; it may still read.
  bool ended() const { return ended_; }

 private:
  // Whether there is an outcome; otherwise want_ says what to wait for.
  bool Decrypt() {
    const auto moved = tls_->Read(space_);
    bytes_ = moved.bytes;
    want_ = moved.want;
    ended_ = want_ == TlsSession::Want::kEnd;
    return want_ != TlsSession::Want::kReadable && want_ != TlsSession::Want::kWritable;
  }
  void WaitForCiphertext(std::coroutine_handle<> handle) {
    const auto way =
        want_ == TlsSession::Want::kWritable ? tcp::socket::wait_write : tcp::socket::wait_read;
    socket_.async_wait(way, [this, handle](const error_code& error) {
      if (!error && !Decrypt()) return WaitForCiphertext(handle);
      handle.resume();
    });
  }

  tcp::socket& socket_;
  std::optional<TlsSession>& tls_;
  std::span<char> space_;
  TlsSession::Want want_ = TlsSession::Want::kNothing;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

class Connection::WaitWritable {
 public:
  explicit WaitWritable(tcp::socket& socket) : socket_(socket) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    socket_.async_wait(tcp::socket::wait_write, [this, handle](const error_code& error) {
      failed_ = static_cast<bool>(error);
      handle.resume();
    });
  }
  bool await_resume() const noexcept { return !failed_; }

 private:
  tcp::socket& socket_;
  bool failed_ = false;
};

// co_await SendTurn(thread, connection): goes on after the answers of the whole batch were sent.
class Connection::SendTurn {
 public:
  SendTurn(IoThread& thread, Connection& connection) : thread_(thread), connection_(connection) {}
  bool await_ready() const noexcept { return !thread_.resuming_batch(); }
  void await_suspend(std::coroutine_handle<> handle) { thread_.AwaitSendTurn(connection_, handle); }
  void await_resume() const noexcept {}

 private:
  IoThread& thread_;
  Connection& connection_;
};

Connection::Connection(IoThread& thread, tcp::socket socket, std::string peer_address)
    : thread_(thread),
      socket_(std::move(socket)),
      reader_(thread.options().limits, std::move(peer_address), &thread.budget()) {
  const auto& tls = thread.options().tls;
  if (tls != nullptr) tls_.emplace(tls->current(), socket_.native_handle());
}

void Connection::Start(IoThread& thread, tcp::socket socket, std::string peer_address) {
  std::unique_ptr<Connection> self(
      new Connection(thread, std::move(socket), std::move(peer_address)));
  Connection& connection = *self;
  thread.Add(connection);
  // Serve ends with the connection's own work done; an exception (memory) ends this connection
  // only.
  axonflow::Start(connection.Serve(), [self = std::move(self)](auto, const std::exception_ptr&) {
    self->thread_.Remove(*self);
  });
}

Task<std::monostate> Connection::Serve() {
  for (;;) {
    const auto state = reader_.Advance();
    if (state == RequestReader::State::kNeedMore) {
      if (reader_.TakeContinue()) {
        out_.assign(kContinue);
        if (!TrySend() && !co_await SendRest()) break;
      }
      if (!BeginRead()) break;
      ReadSome read(*this, reader_.Space());
      const std::size_t bytes = co_await read;
      if (bytes > 0 && !timed_out_) {
        reader_.Commit(bytes);
        continue;
      }
      if (timed_out_) {
        co_await Refuse({408, "timeout", "The request did not arrive in time."});
      } else if (read.ended() && !reader_.idle()) {
        co_await Refuse({400, "incomplete", "The request ended before it was complete."});
      } else if (tls_ && !tls_->established() && thread_.options().on_refused) {
        thread_.options().on_refused("tls_handshake");
      }
      break;
    }
    if (state == RequestReader::State::kRefused) {
      co_await Refuse(reader_.refusal());
      break;
    }

    Enter(Phase::kHandling, 0);
    Response response;
    bool failed = false;
    try {
      auto task = thread_.handler().Handle(reader_.request());
      response = co_await task;
    } catch (...) {
      failed = true;
    }
    if (Executor::Current() != &thread_) {
      SwitchTo home(thread_);
      co_await home;
    }
    if (failed) response = ServerError(500, "Internal error");

    // Without chunks only the end of the connection says where a streamed body ends.
    const bool endless = response.stream != nullptr && reader_.is_http_1_0();
    const bool keep =
        reader_.keep_alive() && !thread_.draining() && !AsksForClose(response) && !endless;
    const bool head_only = reader_.request().method == "HEAD";
    PrepareAnswer(response, !keep, head_only);
    auto stream = std::move(response.stream);
    if (head_only || !StatusHasBody(response.status)) stream.reset();
    const bool chunked = !reader_.is_http_1_0();
    // What the body took of the budget is free before the client can know that it was answered.
    if (keep) reader_.Next();
    SendTurn turn(thread_, *this);
    co_await turn;
    if (!TrySend() && !co_await SendRest()) break;
    if (stream != nullptr && !co_await SendStream(std::move(stream), chunked)) break;
    if (!keep) {
      // A client that announced its last request sends nothing that would have to be dropped.
      const bool announced = !reader_.keep_alive() && !reader_.body_unread();
      if (!announced) co_await Linger();
      break;
    }
  }
  if (tls_) tls_->Shutdown();
  Close();
  co_return std::monostate{};
}

// Sets phase and deadline for a read. False when the connection should end instead.
bool Connection::BeginRead() {
  const auto& limits = thread_.options().limits;
  if (reader_.idle()) {
    if (thread_.draining()) return false;
    Enter(Phase::kIdle, thread_.DeadlineIn(limits.idle_timeout));
  } else if (phase_ != Phase::kReading) {
    Enter(Phase::kReading, thread_.DeadlineIn(limits.request_timeout));
  }
  return socket_.is_open();
}

void Connection::PrepareAnswer(Response& response, bool close, bool head_only) {
  if (out_.capacity() > kKeptBytesMax) out_ = std::string();
  out_.clear();
  body_.clear();
  const bool streamed = response.stream != nullptr;
  AppendHead(out_, response, {thread_.date(), close, reader_.is_http_1_0(), streamed});
  if (head_only || streamed || !StatusHasBody(response.status)) return;
  if (response.body.size() <= kCopiedBodyBytesMax) {
    out_ += response.body;
  } else {
    body_ = std::move(response.body);
  }
}

// Sends as much as the kernel takes. False when something is left or the connection is gone.
bool Connection::TrySend() {
  if (tls_) return TrySendEncrypted();
  while (sent_ < out_.size() + body_.size()) {
    error_code error;
    const std::size_t of_head = std::min(sent_, out_.size());
    const std::size_t of_body = sent_ - of_head;
    const auto head = boost::asio::buffer(out_) + of_head;
    if (body_.empty()) {
      sent_ += socket_.send(head, 0, error);
    } else {
      const std::array<boost::asio::const_buffer, 2> both{head,
                                                          boost::asio::buffer(body_) + of_body};
      sent_ += socket_.send(both, 0, error);
    }
    if (error == boost::asio::error::would_block) return false;
    if (error) {
      send_failed_ = true;
      return false;
    }
  }
  sent_ = 0;
  out_.clear();
  body_.clear();
  return true;
}

bool Connection::TrySendEncrypted() {
  while (sent_ < out_.size() + body_.size()) {
    const bool in_head = sent_ < out_.size();
    const auto rest = in_head ? std::string_view(out_).substr(sent_)
                              : std::string_view(body_).substr(sent_ - out_.size());
    const auto moved = tls_->Write(rest);
    sent_ += moved.bytes;
    if (moved.want == TlsSession::Want::kWritable) return false;
    if (moved.want != TlsSession::Want::kNothing) {
      send_failed_ = true;
      return false;
    }
  }
  sent_ = 0;
  out_.clear();
  body_.clear();
  return true;
}

// Goes on after TrySend said no. False when the client is gone or reads too slowly.
Task<bool> Connection::SendRest() {
  while (!send_failed_) {
    Enter(Phase::kWriting, thread_.DeadlineIn(thread_.options().limits.idle_timeout));
    WaitWritable wait(socket_);
    if (!co_await wait) break;
    if (TrySend()) co_return true;
  }
  co_return false;
}

// Sends the pieces of a body as they come. False when the client cannot have all of it.
Task<bool> Connection::SendStream(std::unique_ptr<BodyStream> stream, bool chunked) {
  stream_ = stream.get();
  bool complete = false;
  bool begun = false;
  while (!complete && socket_.is_open()) {
    Enter(Phase::kStreaming, 0);
    std::optional<std::string> piece;
    try {
      auto next = stream->Next();
      piece = co_await next;
    } catch (...) {
      piece.reset();
    }
    if (Executor::Current() != &thread_) {
      SwitchTo home(thread_);
      co_await home;
    }
    if (!piece) break;
    complete = piece->empty();
    if (chunked) AppendChunkHead(out_, piece->size(), !begun);
    begun = true;
    body_ = *std::move(piece);
    if (!TrySend() && !co_await SendRest()) {
      complete = false;
      break;
    }
  }
  if (!complete) CancelStream();
  stream_ = nullptr;
  co_return complete;
}

Task<std::monostate> Connection::Refuse(Refusal refusal) {
  const auto& on_refused = thread_.options().on_refused;
  if (on_refused) on_refused(refusal.reason);
  auto answer = ServerError(refusal.status, refusal.sentence);
  if (refusal.status == 503) answer.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  PrepareAnswer(answer, true, false);
  if (TrySend() || co_await SendRest()) co_await Linger();
  co_return std::monostate{};
}

Task<std::monostate> Connection::Linger() {
  error_code ignored;
  if (tls_) tls_->Shutdown();
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  Enter(Phase::kLingering, thread_.DeadlineIn(kLingerTime));
  for (std::size_t dropped = 0; dropped < kLingerBytesMax;) {
    ReadSome read(*this, thread_.waste());
    const std::size_t bytes = co_await read;
    if (bytes == 0) break;
    dropped += bytes;
  }
  co_return std::monostate{};
}

void Connection::Enter(Phase phase, std::uint64_t deadline) {
  phase_ = phase;
  deadline_ = deadline;
}

void Connection::CheckDeadline(std::uint64_t tick) {
  if (phase_ == Phase::kStreaming && ClientHasLeft()) return Close();
  if (deadline_ == 0 || tick < deadline_) return;
  deadline_ = 0;
  if (phase_ == Phase::kReading) {
    timed_out_ = true;
    error_code ignored;
    socket_.cancel(ignored);  // the read ends and Serve answers 408
  } else {
    Close();
  }
}

void Connection::CloseIfIdle() {
  // A request may already lie in the kernel's buffer; it is answered like one in flight.
  error_code error;
  if (tls_ && tls_->pending()) return;
  if (phase_ == Phase::kIdle && (socket_.available(error) == 0 || error)) Close();
}

bool Connection::Cut() {
  const bool in_request =
      socket_.is_open() && phase_ != Phase::kIdle && phase_ != Phase::kLingering;
  Close();
  return in_request;
}

// Nothing is read from the client during a stream, so its end is looked for.
bool Connection::ClientHasLeft() {
  if (tls_) return tls_->ended();
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void Connection::CancelStream() {
  if (auto* stream = std::exchange(stream_, nullptr); stream != nullptr) stream->Cancel();
}

void Connection::Close() {
  CancelStream();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace axonflow::net
