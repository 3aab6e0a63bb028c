#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/task.h"
#include "net/http.h"
#include "net/request_reader.h"
#include "net/tls.h"

namespace axonflow::net {

class IoThread;

// One client connection: a coroutine that reads a request, lets the handler answer it, writes the
// answer, and begins again. Lives on its IoThread; only the handler may run elsewhere.
class Connection {
 public:
  // Runs the connection until it ends; it owns itself.
  static void Start(IoThread& thread, boost::asio::ip::tcp::socket socket,
                    std::string peer_address);

  // Called by the thread's timer.
  void CheckDeadline(std::uint64_t tick);
  // Closes the connection if it waits for a request of which nothing has arrived.
  void CloseIfIdle();
  // Closes the socket. Returns whether a request was cut off by it.
  bool Cut();
  // Sends what the kernel takes of a prepared answer; called by the thread for a whole batch.
  void SendReady() { TrySend(); }

  std::size_t slot = 0;  // place in the thread's list

 private:
  enum class Phase { kIdle, kReading, kHandling, kWriting, kStreaming, kLingering };
  class ReadSome;
  class SendTurn;
  class WaitWritable;

  Connection(IoThread& thread, boost::asio::ip::tcp::socket socket, std::string peer_address);

  Task<std::monostate> Serve();
  bool BeginRead();
  void PrepareAnswer(Response& response, bool close, bool head_only);  // takes its body
  bool TrySend();
  bool TrySendEncrypted();
  Task<bool> SendRest();
  Task<bool> SendStream(std::unique_ptr<BodyStream> stream, bool chunked);
  void CancelStream();
  bool ClientHasLeft();
  Task<std::monostate> Refuse(Refusal refusal);
  Task<std::monostate> Linger();
  void Close();
  void Enter(Phase phase, std::uint64_t deadline);

  IoThread& thread_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<TlsSession> tls_;  // over socket_
  RequestReader reader_;
  Phase phase_ = Phase::kIdle;
  std::uint64_t deadline_ = 0;  // tick; 0 = none
  bool timed_out_ = false;

  std::string out_;       // head, and the body when it is small
  std::string body_;      // a large body, sent without a copy
  std::size_t sent_ = 0;  // bytes of out_ and body_ together
  bool send_failed_ = false;
  BodyStream* stream_ = nullptr;  // the body that is being sent, until it was cancelled
};

}  // namespace axonflow::net
