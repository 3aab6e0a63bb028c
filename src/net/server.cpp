#include "net/server.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "net/io_thread.h"

namespace axonflow::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// How long ~Server waits for handlers that still run elsewhere before it gives up on them.
constexpr std::chrono::milliseconds kHandlerWait{1'000};
// How long sockets that were just closed take to end their coroutines.
constexpr std::chrono::milliseconds kCutWait{200};

// SO_REUSEPORT lets a second server of the same user share a port without a word, and take half of
// its clients. A socket without the option shows whether the port is free.
Status ProbePort(const tcp::endpoint& endpoint) {
  boost::asio::io_context context;
  tcp::acceptor probe(context);
  error_code error;
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  if (!error) return {};
  return Error{ErrorCode::kUnavailable, "cannot listen on " + endpoint.address().to_string() +
                                            " port " + std::to_string(endpoint.port()) + ": " +
                                            error.message()};
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& server_options, Handler& server_handler)
      : options(server_options),
        handler(server_handler),
        budget(server_options.limits.buffered_body_bytes_max) {}

  const ServerOptions options;
  Handler& handler;
  ConnectionCount count;
  BodyBudget budget;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::uint16_t port = 0;
  bool running = false;
};

Result<std::unique_ptr<Server>> Server::Listen(const ServerOptions& options, Handler& handler) {
  error_code error;
  const auto address = boost::asio::ip::make_address(options.address, error);
  if (error) {
    return Error{ErrorCode::kInvalidArgument,
                 "the listen address \"" + options.address + "\" is not a numeric IP address"};
  }
  if (options.threads < 1) {
    return Error{ErrorCode::kInvalidArgument, "the server needs at least one I/O thread"};
  }
  tcp::endpoint endpoint(address, options.port);
  if (options.port != 0) {
    if (const auto free = ProbePort(endpoint); !free) return free.error();
  }
  auto impl = std::make_unique<Impl>(options, handler);
  try {
    for (int i = 0; i < options.threads; ++i) {
      auto thread = std::make_unique<IoThread>(impl->options, handler, impl->count, impl->budget);
      if (const auto listening = thread->Listen(endpoint); !listening) return listening.error();
      if (i == 0) impl->port = thread->port();
      endpoint.port(impl->port);
      impl->threads.push_back(std::move(thread));
    }
  } catch (const std::exception& exception) {  // Asio could not get its descriptors
    return Error{ErrorCode::kUnavailable,
                 std::string("cannot start the I/O threads: ") + exception.what()};
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  if (impl_->running) {
    Drain(std::chrono::milliseconds{0});
    impl_->count.WaitForNone(kHandlerWait);
  }
  for (auto& thread : impl_->threads) thread->Stop();
  // A handler that never came back still refers to its thread and its request. They stay in memory
  // for the little that is left of this process.
  if (impl_->count.open() > 0) static_cast<void>(impl_.release());
}

std::uint16_t Server::port() const { return impl_->port; }

void Server::Run() {
  impl_->running = true;
  for (auto& thread : impl_->threads) thread->Run();
}

std::size_t Server::Drain(std::chrono::milliseconds grace) {
  for (auto& thread : impl_->threads) thread->RequestDrain();
  if (impl_->count.WaitForNone(grace) == 0) return 0;
  for (auto& thread : impl_->threads) thread->RequestCut();
  impl_->count.WaitForNone(kCutWait);
  std::size_t cut_off = 0;
  for (auto& thread : impl_->threads) cut_off += thread->cut_off();
  return cut_off;
}

std::size_t Server::open_connections() const { return impl_->count.open(); }

}  // namespace axonflow::net
