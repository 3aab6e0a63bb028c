#include "net/outbound/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>

#include "base/worker_pool.h"
#include "net/outbound/testing.h"

namespace axonflow::outbound {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::unique_ptr<Client> StartClient(ClientOptions options = {},
                                    const std::vector<std::string>& allowed = {"127.0.0.1/32"}) {
  options.guard = *EgressGuard::FromList(allowed);
  auto client = Client::Start(std::move(options));
  EXPECT_TRUE(client.ok());
  return std::move(*client);
}

Request Get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

// Runs a coroutine on a pool, as governance would, and waits for it.
template <typename T>
T RunOn(WorkerPool& pool, std::function<Task<T>()> make) {
  std::promise<T> promise;
  auto there = [](WorkerPool& executor, std::function<Task<T>()> body) -> Task<T> {
    SwitchTo to(executor);
    co_await to;
    Task<T> task = body();
    T value = co_await task;
    co_return value;
  };
  Start(there(pool, std::move(make)),
        [&](std::optional<T> value, std::exception_ptr) { promise.set_value(std::move(*value)); });
  return promise.get_future().get();
}

class OutboundClient : public testing::Test {
 protected:
  WorkerPool pool_{"test", 2, 0, 16};
};

TEST_F(OutboundClient, SendsTheRequestAndReadsTheAnswer) {
  std::string got;
  TestServer server([&](TestPeer& peer) {
    got = peer.ReadRequest();
    peer.Answer("{\"ok\":true}", "X-Thing:  value \r\nX-Thing: second\r\n");
  });
  const auto client = StartClient();
  Request request = Get(server.url("/v1/x?y=1"));
  request.method = "POST";
  request.headers = {{"Authorization", "Bearer planted"}, {"X-Empty", ""}};
  request.body = "hello";
  const auto answer = client->FetchAndWait(std::move(request));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{\"ok\":true}");
  EXPECT_EQ(answer->Find("x-thing"), "value");
  EXPECT_THAT(got, testing::StartsWith("POST /v1/x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(got, HasSubstr("\r\nAuthorization: Bearer planted\r\n"));
  EXPECT_THAT(got, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(got, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(got, testing::EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(got, testing::Not(HasSubstr("Expect")));
  EXPECT_THAT(got, testing::Not(HasSubstr("Content-Type")));
  EXPECT_EQ(client->in_flight(), 0u);
}

TEST_F(OutboundClient, UsesAConnectionAgain) {
  TestServer server([](TestPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Answer("x");
  });
  const auto client = StartClient();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client->FetchAndWait(Get(server.url())).ok());
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client->connections_opened(), 1u);
}

TEST_F(OutboundClient, GoesOnAtTheExecutorWhereItWaited) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Answer("x");
  });
  const auto client = StartClient();
  const bool same = RunOn<bool>(pool_, [&]() -> Task<bool> {
    Request request = Get(server.url());
    Task<Result<Response>> sending = client->Send(std::move(request));
    Result<Response> response = co_await sending;
    const bool after_head = Executor::Current() == &pool_;
    Task<Result<std::string>> reading = response->ReadPiece();
    Result<std::string> piece = co_await reading;
    co_return after_head&& Executor::Current() == &pool_ && *piece == "x";
  });
  EXPECT_TRUE(same);
}

// The reader sees each piece before the server has written the next.
TEST_F(OutboundClient, DeliversPiecesAsTheyCome) {
  std::atomic<int> wanted = 1;
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 1; i <= 5; ++i) {
      while (wanted.load() < i) std::this_thread::sleep_for(milliseconds(1));
      peer.Write("3\r\nab" + std::to_string(i) + "\r\n");
    }
    peer.Write("0\r\nX-Trailer: ignored\r\n\r\n");
  });
  const auto client = StartClient();
  const auto pieces =
      RunOn<std::vector<std::string>>(pool_, [&]() -> Task<std::vector<std::string>> {
        std::vector<std::string> all;
        Request request = Get(server.url());
        Task<Result<Response>> sending = client->Send(std::move(request));
        Result<Response> response = co_await sending;
        while (true) {
          Task<Result<std::string>> reading = response->ReadPiece();
          Result<std::string> piece = co_await reading;
          if (!piece || piece->empty()) break;
          all.push_back(*piece);
          wanted.fetch_add(1);
        }
        co_return all;
      });
  EXPECT_THAT(pieces, testing::ElementsAre("ab1", "ab2", "ab3", "ab4", "ab5"));
}

// An endless answer that nobody reads fills the bound and the sockets' buffers, and no more.
TEST_F(OutboundClient, HoldsTheSenderBackWhenNobodyReads) {
  std::atomic<std::size_t> written = 0;
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(64 * 1024, 'x');
    while (peer.Write(block) == block.size()) written += block.size();
  });
  const auto client = StartClient();
  const auto read = RunOn<std::size_t>(pool_, [&]() -> Task<std::size_t> {
    Request request = Get(server.url());
    request.bounds.waiting_bytes_max = 32 * 1024;
    request.bounds.body_bytes_max = std::size_t{1} << 40;
    request.deadlines.idle = milliseconds(200);  // does not run while the reader wants nothing
    Task<Result<Response>> sending = client->Send(std::move(request));
    Result<Response> response = co_await sending;
    std::size_t before = 0;
    do {  // until the server is stuck
      before = written.load();
      std::this_thread::sleep_for(milliseconds(400));
    } while (written.load() != before);
    std::size_t total = 0;
    std::size_t largest = 0;
    while (total < before + (8U << 20)) {
      Task<Result<std::string>> reading = response->ReadPiece();
      Result<std::string> piece = co_await reading;
      if (!piece || piece->empty()) break;
      total += piece->size();
      largest = std::max(largest, piece->size());
    }
    EXPECT_LE(largest, 48U * 1024);
    co_return total;
  });
  EXPECT_GE(read, 8U << 20);
}

TEST_F(OutboundClient, EndsTheTransferWhenTheAnswerIsDropped) {
  std::promise<bool> closed;
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\n\r\nfirst");
    closed.set_value(peer.ClosedWithin(5'000));
  });
  const auto client = StartClient();
  RunOn<bool>(pool_, [&]() -> Task<bool> {
    Request request = Get(server.url());
    Task<Result<Response>> sending = client->Send(std::move(request));
    Result<Response> response = co_await sending;
    co_return response.ok();
  });
  EXPECT_TRUE(closed.get_future().get());
  while (client->in_flight() != 0) std::this_thread::sleep_for(milliseconds(1));
}

TEST_F(OutboundClient, CancellationEndsAWaitBeforeAndBehindTheHead) {
  for (const bool sends_head : {false, true}) {
    TestServer server([&](TestPeer& peer) {
      peer.ReadRequest();
      if (sends_head) peer.Write("HTTP/1.1 200 OK\r\n\r\n");
      peer.ClosedWithin(5'000);
    });
    const auto client = StartClient();
    const auto cancellation = std::make_shared<Cancellation>();
    std::thread canceller([&] {
      std::this_thread::sleep_for(milliseconds(50));
      cancellation->Cancel();
      cancellation->Cancel();
    });
    Request request = Get(server.url());
    request.cancellation = cancellation;
    const auto answer = client->FetchAndWait(std::move(request));
    canceller.join();
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(answer.error().message, HasSubstr("cancelled"));
    Request late = Get(server.url());
    late.cancellation = cancellation;
    EXPECT_FALSE(client->FetchAndWait(std::move(late)).ok());
    EXPECT_EQ(client->in_flight(), 0u);
  }
}

struct DeadlineRow {
  const char* what;
  const char* sends;  // before it goes silent
  Deadlines deadlines;
  const char* message;
};

TEST_F(OutboundClient, KeepsEveryDeadline) {
  Deadlines first_byte, idle, total;
  first_byte.first_byte = milliseconds(150);
  idle.idle = milliseconds(150);
  total.total = milliseconds(150);
  const DeadlineRow rows[] = {
      {"no head", "HTTP/1.1 200 OK\r\nX-", first_byte, "no answer within 150 ms"},
      {"stall", "HTTP/1.1 200 OK\r\n\r\nsome", idle, "not a byte of the answer for 150 ms"},
      {"whole", "HTTP/1.1 200 OK\r\n\r\nsome", total, "no end of the answer within 150 ms"},
  };
  for (const DeadlineRow& row : rows) {
    TestServer server([&](TestPeer& peer) {
      peer.ReadRequest();
      peer.Write(row.sends);
      peer.ClosedWithin(5'000);
    });
    const auto client = StartClient();
    Request request = Get(server.url());
    request.deadlines = row.deadlines;
    const auto before = std::chrono::steady_clock::now();
    const auto answer = client->FetchAndWait(std::move(request));
    const auto took = std::chrono::steady_clock::now() - before;
    ASSERT_FALSE(answer.ok()) << row.what;
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded) << row.what;
    EXPECT_THAT(answer.error().message, HasSubstr(row.message));
    EXPECT_GE(took, milliseconds(150)) << row.what;
    EXPECT_LT(took, milliseconds(2'000)) << row.what;
  }
}

// One byte now and then keeps the idle deadline away, not the total one.
TEST_F(OutboundClient, EndsADripAtTheTotalDeadline) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.Write("x") == 1) std::this_thread::sleep_for(milliseconds(20));
  });
  const auto client = StartClient();
  Request request = Get(server.url());
  request.deadlines.idle = milliseconds(200);
  request.deadlines.total = milliseconds(500);
  const auto answer = client->FetchAndWait(std::move(request));
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("no end of the answer within 500 ms"));
}

TEST_F(OutboundClient, CountsALookUpThatHangsToTheConnectDeadline) {
  const auto release = std::make_shared<std::promise<void>>();
  ClientOptions options;
  options.resolver = [waits = release->get_future().share()](const std::string&) {
    waits.wait();
    return Result<std::vector<IpAddress>>(std::vector<IpAddress>{});
  };
  const auto client = StartClient(std::move(options));
  Request request = Get("https://slow.example/");
  request.deadlines.connect = milliseconds(100);
  const auto answer = client->FetchAndWait(std::move(request));
  release->set_value();
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("no connection within 100 ms"));
}

TEST_F(OutboundClient, RefusesBrokenAndOversizedAnswers) {
  struct Row {
    const char* what;
    std::string sends;
    ErrorCode code;
  };
  const Row rows[] = {
      {"giant header", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
       ErrorCode::kTooLarge},
      {"long body", "HTTP/1.1 200 OK\r\n\r\n" + std::string(5'000, 'x'), ErrorCode::kTooLarge},
      {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", ErrorCode::kUnavailable},
      {"no answer", "", ErrorCode::kUnavailable},
      {"not HTTP", "SSH-2.0-OpenSSH\r\n", ErrorCode::kUnavailable},
      {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       ErrorCode::kUnavailable},
  };
  for (const Row& row : rows) {
    TestServer server([&](TestPeer& peer) {
      peer.ReadRequest();
      peer.Write(row.sends);
    });
    const auto client = StartClient();
    Request request = Get(server.url());
    request.bounds.body_bytes_max = 4'096;
    const auto answer = client->FetchAndWait(std::move(request));
    ASSERT_FALSE(answer.ok()) << row.what;
    EXPECT_EQ(answer.error().code, row.code) << row.what << ": " << answer.error().message;
  }
}

TEST_F(OutboundClient, GivesWhatCameBeforeAReset) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial");
    std::this_thread::sleep_for(milliseconds(100));
    peer.ResetAtEnd();
  });
  const auto client = StartClient();
  const auto seen = RunOn<std::string>(pool_, [&]() -> Task<std::string> {
    Request request = Get(server.url());
    Task<Result<Response>> sending = client->Send(std::move(request));
    Result<Response> response = co_await sending;
    std::string all;
    while (true) {
      Task<Result<std::string>> reading = response->ReadPiece();
      Result<std::string> piece = co_await reading;
      if (!piece) co_return all + "|error";
      if (piece->empty()) co_return all + "|end";
      all += *piece;
    }
  });
  EXPECT_EQ(seen, "partial|error");
}

TEST_F(OutboundClient, RefusesRequestsThatAreNone) {
  const auto client = StartClient();
  const auto refused = [&](const std::function<void(Request&)>& change) {
    Request request = Get("http://127.0.0.1:9/");
    change(request);
    const auto answer = client->FetchAndWait(std::move(request));
    return !answer.ok() && answer.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](Request& r) { r.method = ""; }));
  EXPECT_TRUE(refused([](Request& r) { r.method = "GET / HTTP/1.1\r\nX:"; }));
  EXPECT_TRUE(refused([](Request& r) { r.method = "CONNECT"; }));
  EXPECT_TRUE(refused([](Request& r) { r.body = "x"; }));
  EXPECT_TRUE(refused([](Request& r) { r.headers = {{"X", "a\r\nY: b"}}; }));
  EXPECT_TRUE(refused([](Request& r) { r.headers = {{"X\r\nY", "b"}}; }));
  EXPECT_TRUE(refused([](Request& r) { r.headers = {{"", "b"}}; }));
  EXPECT_TRUE(refused([](Request& r) { r.headers = {{"HOST", "other.example"}}; }));
  EXPECT_TRUE(refused([](Request& r) { r.headers = {{"Content-Length", "1"}}; }));
  EXPECT_TRUE(refused([](Request& r) { r.headers = {{"transfer-encoding", "chunked"}}; }));
}

TEST_F(OutboundClient, BoundsTheTransfersAtOnce) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.ClosedWithin(5'000);
  });
  ClientOptions options;
  options.transfers_max = 1;
  const auto client = StartClient(std::move(options));
  const auto cancellation = std::make_shared<Cancellation>();
  std::thread first([&] {
    Request request = Get(server.url());
    request.cancellation = cancellation;
    EXPECT_FALSE(client->FetchAndWait(std::move(request)).ok());
  });
  while (client->in_flight() == 0) std::this_thread::sleep_for(milliseconds(1));
  const auto second = client->FetchAndWait(Get(server.url()));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kResourceExhausted);
  while (server.connections() == 0) std::this_thread::sleep_for(milliseconds(1));
  cancellation->Cancel();
  first.join();
}

TEST_F(OutboundClient, StopEndsWhatIsUnderWay) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.ClosedWithin(5'000);
  });
  const auto client = StartClient();
  std::thread waits([&] {
    const auto answer = client->FetchAndWait(Get(server.url()));
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, HasSubstr("stopped"));
  });
  while (server.connections() == 0) std::this_thread::sleep_for(milliseconds(1));
  client->Stop();
  waits.join();
  EXPECT_FALSE(client->FetchAndWait(Get(server.url())).ok());
  EXPECT_EQ(client->in_flight(), 0u);
}

}  // namespace
}  // namespace axonflow::outbound
