#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/worker_pool.h"
#include "net/test_client.h"

namespace axonflow::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr milliseconds kPatience = Client::kPatience;

// A place where handlers wait until the test lets them go on.
class Gate {
 public:
  struct Wait {
    Gate& gate;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      const std::lock_guard lock(gate.mutex_);
      gate.waiting_.push_back({Executor::Current(), handle});
      gate.arrived_.notify_all();
    }
    void await_resume() const noexcept {}
  };
  Wait Pass() { return {*this}; }

  bool WaitForArrivals(std::size_t count) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, kPatience, [&] { return waiting_.size() >= count; });
  }
  // Sends all that wait home, as one batch.
  void Open() {
    const std::lock_guard lock(mutex_);
    std::vector<std::coroutine_handle<>> handles;
    for (const auto& [executor, handle] : waiting_) handles.push_back(handle);
    if (!waiting_.empty()) waiting_.front().first->Post(handles);
    waiting_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<Executor*, std::coroutine_handle<>>> waiting_;
};

// Gives three pieces, then the end; with a gate it waits before the second; it can break off there.
class TestStream : public BodyStream {
 public:
  TestStream(Gate* gate, bool breaks, std::atomic<int>& cancelled, WorkerPool& pool)
      : gate_(gate), breaks_(breaks), cancelled_(cancelled), pool_(pool) {}

  Task<std::optional<std::string>> Next() override {
    const int step = step_++;
    if (step == 1 && gate_ != nullptr) {
      auto pass = gate_->Pass();
      co_await pass;
    }
    if (step == 1 && breaks_) co_return std::nullopt;
    if (step == 2) {
      SwitchTo away(pool_);
      co_await away;
    }
    std::optional<std::string> piece(step == 3 ? "" : "piece " + std::to_string(step));
    co_return piece;
  }
  void Cancel() override {
    ++cancelled_;
    if (gate_ != nullptr) gate_->Open();
  }

 private:
  Gate* gate_;
  bool breaks_;
  std::atomic<int>& cancelled_;
  WorkerPool& pool_;
  int step_ = 0;
};

// Answers by path: echoes, fails, waits, goes to another thread.
class TestHandler : public Handler {
 public:
  Task<Response> Handle(const Request& request) override {
    ++calls;
    if (request.path == "/throw") throw std::runtime_error("secret detail");
    if (request.path == "/gate") {
      auto pass = gate.Pass();
      co_await pass;
    }
    if (request.path == "/elsewhere") {
      SwitchTo away(pool);
      co_await away;
      if (Executor::Current() != &pool) throw std::logic_error("not on the pool");
    }
    if (request.path == "/throw-elsewhere") {
      SwitchTo away(pool);
      co_await away;
      throw std::runtime_error("secret detail");
    }
    Response response;
    if (request.body_fault == BodyFault::kTooLarge) response.status = 413;
    if (request.body_fault == BodyFault::kUnsupportedEncoding) response.status = 415;
    if (request.path == "/close") response.headers.emplace_back("Connection", "close");
    if (request.path == "/large") response.body.assign(8 << 20, 'L');
    if (request.path.starts_with("/stream")) {
      response.stream =
          std::make_unique<TestStream>(request.path == "/stream-gate" ? &gate : nullptr,
                                       request.path == "/stream-break", cancelled, pool);
    }
    if (response.body.empty()) {
      response.body = std::string(request.method) + " " + std::string(request.path) + " " +
                      request.peer_address + " [" + std::string(request.body) + "]";
    }
    co_return response;
  }

  std::atomic<int> calls = 0;
  std::atomic<int> cancelled = 0;  // streams
  Gate gate;
  WorkerPool pool{"test", 2, 0, 100};
};

class ServerTest : public testing::Test {
 protected:
  void Start(const ServerLimits& limits = {}, int threads = 2) {
    ServerOptions options;
    options.port = 0;
    options.threads = threads;
    options.limits = limits;
    options.on_refused = [this](const char* reason) {
      const std::lock_guard lock(mutex_);
      refused_.emplace_back(reason);
    };
    auto server = Server::Listen(options, handler);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    server_->Run();
  }
  std::uint16_t port() const { return server_->port(); }
  std::vector<std::string> refused() {
    const std::lock_guard lock(mutex_);
    return refused_;
  }
  bool WaitForConnections(std::size_t count) {
    for (auto waited = milliseconds{0}; waited < kPatience; waited += milliseconds{2}) {
      if (server_->open_connections() == count) return true;
      std::this_thread::sleep_for(milliseconds{2});
    }
    return false;
  }

  TestHandler handler;
  std::unique_ptr<Server> server_;

 private:
  std::mutex mutex_;
  std::vector<std::string> refused_;
};

std::string Get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}
std::string Post(std::string_view path, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

TEST_F(ServerTest, AnswersSeveralRequestsOnOneConnection) {
  Start();
  Client client(port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Post("/p%20q", "body" + std::to_string(i)));
    const auto answer = client.ReadAnswer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
    EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /p q 127.0.0.1 [body" + std::to_string(i) + "]"));
  }
  EXPECT_EQ(server_->open_connections(), 1U);
}

TEST_F(ServerTest, AnswersFiftyPipelinedRequestsInOrder) {
  Start();
  Client client(port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    // Every third goes through another thread: the order must hold all the same.
    requests += Post(i % 3 == 0 ? "/elsewhere" : "/here", std::to_string(i));
  }
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(client.ReadAnswer(), EndsWith("[" + std::to_string(i) + "]"));
  }
  EXPECT_EQ(handler.calls, 50);
}

TEST_F(ServerTest, ReadsAChunkedBody) {
  Start();
  Client client(port());
  client.Send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.Send("2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("[abcde]"));
  client.Send(Get("/next"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /next"));
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  Start();
  Client client(port());
  for (const char byte : Post("/slow", "body")) client.Send({&byte, 1});
  EXPECT_THAT(client.ReadAnswer(), EndsWith("[body]"));
}

TEST_F(ServerTest, SendsContinueBeforeItReadsTheBody) {
  Start();
  Client client(port());
  client.Send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("[body]"));
}

TEST_F(ServerTest, SendsNoContinueForABodyItDoesNotWant) {
  ServerLimits limits;
  limits.body_bytes_max = 100;
  Start(limits);
  Client client(port());
  client.Send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
  const auto answer = client.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(ServerTest, AnswersHeadWithTheLengthAndNoBody) {
  Start();
  Client client(port());
  client.Send("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + Get("/next"));
  const auto answer = client.ReadAnswer(false);
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 20\r\n"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, ClosesWhenClientVersionOrHandlerSaySo) {
  Start();
  for (const auto& request :
       {Get("/", "Connection: close\r\n"), Get("/close"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    Client client(port());
    client.Send(request);
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_TRUE(client.closed());
  }
  Client old(port());
  old.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(old.ReadAnswer(), HasSubstr("\r\nConnection: keep-alive\r\n"));
  old.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, RefusesWhatTwoParsersMayReadDifferentlyAndCloses) {
  Start();
  const std::vector<std::pair<std::string, std::string>> cases{
      {Get("/", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n" + Get("/x"),
       "400"},
      {Get("/", "Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd" + Get("/x"), "400"},
      {Get("/", "Transfer-Encoding: chunked, gzip\r\n") + "0\r\n\r\n" + Get("/x"), "501"},
      {Get("/", "Transfer-Encoding : chunked\r\n") + "0\r\n\r\n" + Get("/x"), "400"},
      {"GET / HTTP/1.1\r\n\r\n" + Get("/x"), "400"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {Get("/", "Expect: much\r\n") + Get("/x"), "417"},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n", "414"},
      {Get("/", "X: " + std::string(40'000, 'a') + "\r\n"), "431"},
  };
  for (const auto& [bytes, status] : cases) {
    Client client(port());
    client.Send(bytes);
    client.ShutdownWrite();
    const auto answer = client.ReadToEnd();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status + " ")) << bytes.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\n{\"success\":false,\"error\":\""));
    EXPECT_EQ(answer.find("\r\nDate:"), answer.rfind("\r\nDate:")) << "a second answer: " << answer;
  }
  EXPECT_EQ(handler.calls, 0);
  EXPECT_EQ(refused().size(), cases.size());
}

TEST_F(ServerTest, LetsTheClientFinishSendingATooLargeBodyAndReadTheAnswer) {
  Start();
  Client client(port());
  const std::string body(10 << 20, 'x');
  EXPECT_TRUE(client.Send(Post("/big", body)));
  client.ShutdownWrite();
  const auto answer = client.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, HasSubstr("[]"));
}

TEST_F(ServerTest, GivesAnUnknownContentEncodingToTheHandlerAndCloses) {
  Start();
  Client client(port());
  client.Send(Post("/z", "abc", "Content-Encoding: gzip\r\n"));
  const auto answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 415 "));
  client.ShutdownWrite();
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, AnswersAClientThatHasShutItsSendingSide) {
  Start();
  Client client(port());
  client.Send(Post("/gate", "last words"));
  client.ShutdownWrite();
  ASSERT_TRUE(handler.gate.WaitForArrivals(1));
  handler.gate.Open();
  EXPECT_THAT(client.ReadToEnd(), EndsWith("[last words]"));
}

TEST_F(ServerTest, AnswersARequestThatEndsBeforeItIsComplete) {
  Start();
  const std::vector<std::string> starts{
      "P", "GET / HTTP/1.1\r\nHost: h\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"};
  for (const auto& start : starts) {
    Client client(port());
    client.Send(start);
    client.ShutdownWrite();
    const auto answer = client.ReadToEnd();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << start;
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  }
  EXPECT_EQ(handler.calls, 0);
  EXPECT_EQ(refused(), std::vector<std::string>(starts.size(), "incomplete"));
  Client silent(port());
  silent.ShutdownWrite();
  EXPECT_EQ(silent.ReadToEnd(), "") << "nothing was asked";
}

TEST_F(ServerTest, AnswersLargeBodies503WhenTheirBudgetIsTakenAndSmallOnesAsEver) {
  ServerLimits limits;
  limits.buffered_body_bytes_max = 1 << 20;
  Start(limits);
  const std::string large = Post("/large-body", std::string(700 << 10, 'x'));
  Client holder(port());
  holder.Send(std::string_view(large).substr(0, large.size() - 1));
  Client small(port());
  // The server has read all of it when this one, which came after, keeps being answered.
  for (int i = 0; i < 100; ++i) {
    small.Send(Post("/small", std::string(10 << 10, 's')));
    ASSERT_THAT(small.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
    std::this_thread::sleep_for(milliseconds{1});
  }
  Client refused_one(port());
  refused_one.Send(large);
  refused_one.ShutdownWrite();
  const auto answer = refused_one.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(refused(), testing::ElementsAre("body_budget"));

  holder.Send("x");
  EXPECT_THAT(holder.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  // The place is free again, also for the connection that took it and stays.
  Client next(port());
  next.Send(large);
  EXPECT_THAT(next.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  holder.Send(large);
  EXPECT_THAT(holder.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ClosesIdleConnectionsInSilence) {
  ServerLimits limits;
  limits.idle_timeout = milliseconds{100};
  Start(limits);
  Client fresh(port());
  Client used(port());
  used.Send(Get("/"));
  EXPECT_THAT(used.ReadAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(fresh.ReadToEnd(), "");
  EXPECT_EQ(used.ReadToEnd(), "");
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(ServerTest, AnswersSlowSendersWith408HoweverOftenTheySendAByte) {
  ServerLimits limits;
  limits.request_timeout = milliseconds{150};
  Start(limits);
  for (const std::string start :
       {"GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n\r\n"}) {
    Client client(port());
    client.Send(start);
    for (int i = 0; i < 100 && client.quiet(milliseconds{20}); ++i) client.Send("a");
    client.ShutdownWrite();
    EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 408 "));
  }
  EXPECT_THAT(refused(), testing::ElementsAre("timeout", "timeout"));
}

TEST_F(ServerTest, ClosesOnAClientThatDoesNotReadItsAnswer) {
  ServerLimits limits;
  limits.idle_timeout = milliseconds{200};
  Start(limits);
  Client client(port());
  client.Send(Get("/large"));
  ASSERT_TRUE(WaitForConnections(1));
  for (int i = 0; i < 500 && handler.calls == 0; ++i) std::this_thread::sleep_for(milliseconds{2});
  ASSERT_EQ(handler.calls, 1);
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(ServerTest, SendsALargeAnswerWhole) {
  Start();
  Client client(port());
  client.Send(Get("/large") + Get("/next"));
  const auto answer = client.ReadAnswer();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8U << 20);
  EXPECT_EQ(answer.find_first_not_of('L', answer.find("\r\n\r\n") + 4), std::string::npos);
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /next"));
}

TEST_F(ServerTest, BringsAnAnswerBackFromAnotherThread) {
  Start();
  Client client(port());
  for (int i = 0; i < 20; ++i) {
    client.Send(Post("/elsewhere", std::to_string(i)));
    EXPECT_THAT(client.ReadAnswer(), EndsWith("[" + std::to_string(i) + "]"));
  }
}

TEST_F(ServerTest, TurnsAnExceptionIntoA500WithoutDetail) {
  Start();
  Client client(port());
  for (const char* path : {"/throw", "/throw-elsewhere"}) {
    client.Send(Get(path));
    const auto answer = client.ReadAnswer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(answer, EndsWith(R"({"success":false,"error":"Internal error"})"));
  }
  client.Send(Get("/after"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /after"));
}

TEST_F(ServerTest, LetsTheHandlerFinishWhenTheClientHasGone) {
  Start();
  Client client(port());
  client.Send(Get("/gate"));
  ASSERT_TRUE(handler.gate.WaitForArrivals(1));
  client.Abort();
  handler.gate.Open();
  EXPECT_TRUE(WaitForConnections(0));
  Client next(port());
  next.Send(Get("/"));
  EXPECT_THAT(next.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, ResumesABatchOfWaitingRequestsThatWasPostedAtOnce) {
  Start({}, 1);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    clients.back()->Send(Post("/gate", std::to_string(i)));
  }
  ASSERT_TRUE(handler.gate.WaitForArrivals(30));
  handler.gate.Open();
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(clients[static_cast<std::size_t>(i)]->ReadAnswer(),
                EndsWith("[" + std::to_string(i) + "]"));
  }
}

TEST_F(ServerTest, ServesTwoHundredConnectionsAtOnce) {
  Start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(port()));
  EXPECT_TRUE(WaitForConnections(200));
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) client->Send(Post("/elsewhere", "r" + std::to_string(round)));
    for (auto& client : clients) {
      EXPECT_THAT(client->ReadAnswer(), EndsWith("[r" + std::to_string(round) + "]"));
    }
  }
  clients.clear();
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(ServerTest, ClosesConnectionsBeyondTheMaximum) {
  ServerLimits limits;
  limits.connections_max = 2;
  Start(limits);
  auto first = std::make_unique<Client>(port());
  Client second(port());
  ASSERT_TRUE(WaitForConnections(2));
  Client third(port());
  EXPECT_EQ(third.ReadToEnd(), "");
  EXPECT_THAT(refused(), testing::ElementsAre("too_many_connections"));
  first.reset();
  ASSERT_TRUE(WaitForConnections(1));
  Client fourth(port());
  fourth.Send(Get("/"));
  EXPECT_THAT(fourth.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, DrainClosesIdleConnectionsAndFinishesRequestsInFlight) {
  Start();
  Client idle(port());
  Client busy(port());
  busy.Send(Get("/gate"));
  ASSERT_TRUE(handler.gate.WaitForArrivals(1));
  ASSERT_TRUE(WaitForConnections(2));
  auto drained = std::async(std::launch::async, [&] { return server_->Drain(kPatience); });
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(drained.wait_for(milliseconds{50}), std::future_status::timeout);
  EXPECT_THROW(Client{port()}, std::runtime_error);
  handler.gate.Open();
  const auto answer = busy.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  busy.ShutdownWrite();
  EXPECT_EQ(drained.get(), 0U);
}

TEST_F(ServerTest, DrainCutsOffWhatOutlastsTheGrace) {
  Start();
  Client busy(port());
  busy.Send(Get("/gate"));
  Client sending(port());
  // The interim answer says that the request has begun, for the server.
  sending.Send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  ASSERT_EQ(sending.ReadAnswer(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(handler.gate.WaitForArrivals(1));
  ASSERT_TRUE(WaitForConnections(2));
  EXPECT_EQ(server_->Drain(milliseconds{50}), 2U);
  EXPECT_EQ(busy.ReadToEnd(), "");
  EXPECT_EQ(sending.ReadToEnd(), "");
  // The handler's own work is never torn down under it.
  handler.gate.Open();
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(ServerTest, SendsAStreamInChunksAndGoesOn) {
  Start();
  Client client(port());
  client.Send(Get("/stream") + Get("/after"));
  const auto both =
      client.ReadUntil([](const std::string& text) { return text.find("[]") != text.npos; });
  EXPECT_THAT(both, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(both, HasSubstr("\r\n\r\n7\r\npiece 0\r\n7\r\npiece 1\r\n7\r\npiece 2\r\n0\r\n\r\n"
                              "HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(handler.cancelled, 0);
}

TEST_F(ServerTest, EndsAStreamToAnOldClientWithTheConnection) {
  Start();
  Client client(port());
  client.Send("GET /stream HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
  const auto answer = client.ReadToEnd();
  EXPECT_THAT(answer, EndsWith("\r\n\r\npiece 0piece 1piece 2"));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
}

TEST_F(ServerTest, SendsOnlyTheHeadOfAStreamThatNobodyWants) {
  Start();
  Client client(port());
  client.Send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(false), EndsWith("\r\n\r\n"));
  client.Send(Get("/after"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, LeavesABrokenStreamWithoutItsLastChunk) {
  Start();
  Client client(port());
  client.Send(Get("/stream-break"));
  EXPECT_THAT(client.ReadToEnd(), EndsWith("7\r\npiece 0"));
  EXPECT_EQ(handler.cancelled, 1);
}

TEST_F(ServerTest, CancelsTheStreamOfAClientThatLeft) {
  ServerLimits limits;
  limits.idle_timeout = milliseconds{200};  // which makes the ticks short; a stream may outlast it
  Start(limits);
  {
    Client client(port());
    client.Send(Get("/stream-gate"));
    client.ReadUntil([](const std::string& text) { return text.ends_with("piece 0"); });
    ASSERT_TRUE(handler.gate.WaitForArrivals(1));
    EXPECT_TRUE(client.quiet(milliseconds{400}));
    EXPECT_EQ(handler.cancelled, 0);
  }
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(handler.cancelled, 1);
}

TEST_F(ServerTest, CancelsStreamsThatOutlastTheGraceOfADrain) {
  Start();
  Client client(port());
  client.Send(Get("/stream-gate"));
  ASSERT_TRUE(handler.gate.WaitForArrivals(1));
  EXPECT_EQ(server_->Drain(milliseconds{50}), 1U);
  EXPECT_TRUE(WaitForConnections(0));
  EXPECT_EQ(handler.cancelled, 1);
}

TEST(Server, SaysWhyItCannotListen) {
  TestHandler handler;
  ServerOptions options;
  options.address = "localhost";
  EXPECT_THAT(Server::Listen(options, handler).error().message, HasSubstr("\"localhost\""));

  options.address = "127.0.0.1";
  options.port = 0;
  auto first = Server::Listen(options, handler);
  ASSERT_TRUE(first.ok());
  options.port = (*first)->port();
  // SO_REUSEPORT would let this succeed and split the clients between the two.
  const auto second = Server::Listen(options, handler);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(options.port)));
}

TEST(Server, ListensOnIpv6) {
  TestHandler handler;
  ServerOptions options;
  options.address = "::1";
  options.port = 0;
  const auto server = Server::Listen(options, handler);
  ASSERT_TRUE(server.ok()) << server.error().message;
  EXPECT_NE((*server)->port(), 0);
}

}  // namespace
}  // namespace axonflow::net
