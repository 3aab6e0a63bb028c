#include "net/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "net/body_budget.h"

namespace axonflow::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

// What one connection's bytes come to: the requests in short form, then how it ended.
struct Outcome {
  std::vector<std::string> requests;
  int refused = 0;  // status
  bool operator==(const Outcome&) const = default;
};

std::string Short(const Request& request) {
  std::string text = std::string(request.method) + " " + std::string(request.path);
  if (!request.query.empty()) text += "?" + std::string(request.query);
  if (request.body_fault == BodyFault::kTooLarge) return text + " too large";
  if (request.body_fault == BodyFault::kUnsupportedEncoding) return text + " encoding";
  if (!request.body.empty()) text += " " + std::string(request.body);
  return text;
}

Outcome ReadAll(std::string_view bytes, std::size_t step, const ServerLimits& limits = {}) {
  RequestReader reader(limits, "127.0.0.1");
  Outcome outcome;
  for (;;) {
    switch (reader.Advance()) {
      case RequestReader::State::kRefused:
        outcome.refused = reader.refusal().status;
        return outcome;
      case RequestReader::State::kComplete:
        outcome.requests.push_back(Short(reader.request()));
        if (!reader.keep_alive()) {
          outcome.requests.push_back("close");
          return outcome;
        }
        reader.Next();
        break;
      case RequestReader::State::kNeedMore: {
        if (bytes.empty()) return outcome;
        const auto space = reader.Space();
        const auto count = std::min({space.size(), bytes.size(), step});
        EXPECT_GT(count, 0U);
        std::memcpy(space.data(), bytes.data(), count);
        reader.Commit(count);
        bytes.remove_prefix(count);
      }
    }
  }
}

// The same bytes must come to the same, however the network cuts them.
Outcome ReadInAnyCut(std::string_view bytes, const ServerLimits& limits = {}) {
  const auto whole = ReadAll(bytes, bytes.size() + 1, limits);
  for (const std::size_t step : {1, 2, 3, 7, 50}) {
    const auto cut = ReadAll(bytes, step, limits);
    EXPECT_EQ(cut.requests, whole.requests) << "in steps of " << step;
    EXPECT_EQ(cut.refused, whole.refused) << "in steps of " << step;
  }
  return whole;
}

const std::string kHost = "Host: h\r\n";

TEST(RequestReader, ReadsPipelinedRequestsInOrder) {
  const auto outcome =
      ReadInAnyCut("GET /a?x=1&y HTTP/1.1\r\n" + kHost + "\r\nPOST /b HTTP/1.1\r\n" + kHost +
                   "Content-Length: 4\r\n\r\nbodyDELETE /c HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_THAT(outcome.requests, ElementsAre("GET /a?x=1&y", "POST /b body", "DELETE /c"));
  EXPECT_EQ(outcome.refused, 0);
}

TEST(RequestReader, GivesFieldsInOrderAndFindsThemWithoutCase) {
  const ServerLimits limits;
  RequestReader reader(limits, "10.0.0.9");
  const std::string head =
      "GET / HTTP/1.1\r\nHost: h\r\nX-A:  one \t\r\nx-a: two\r\nX-Empty:\r\n\r\n";
  reader.Advance();
  std::memcpy(reader.Space().data(), head.data(), head.size());
  reader.Commit(head.size());
  ASSERT_EQ(reader.Advance(), RequestReader::State::kComplete);
  EXPECT_THAT(reader.request().headers, ElementsAre(Pair("Host", "h"), Pair("X-A", "one"),
                                                    Pair("x-a", "two"), Pair("X-Empty", "")));
  EXPECT_EQ(reader.request().Header("x-A"), "one");
  EXPECT_TRUE(reader.request().HasHeader("x-empty"));
  EXPECT_FALSE(reader.request().HasHeader("x-absent"));
  EXPECT_EQ(reader.request().peer_address, "10.0.0.9");
}

TEST(RequestReader, DecodesChunksAndDropsExtensionsAndTrailers) {
  const auto outcome = ReadInAnyCut(
      "POST /c HTTP/1.1\r\n" + kHost +
      "Transfer-Encoding: Chunked\r\n\r\n5;name=\"v;\"\r\nhello\r\n00A\r\n, chunks!!\r\n0\r\n"
      "X-Trailer: Host\r\n\r\nGET /next HTTP/1.1\r\n" +
      kHost + "\r\n");
  EXPECT_THAT(outcome.requests, ElementsAre("POST /c hello, chunks!!", "GET /next"));
}

TEST(RequestReader, KeepsLargeBodiesWhole) {
  std::string body(300'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const auto length = ReadAll("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 300000\r\n\r\n" +
                                  body + "GET /next HTTP/1.1\r\n" + kHost + "\r\n",
                              4096);
  EXPECT_THAT(length.requests, ElementsAre("POST / " + body, "GET /next"));

  std::string chunked = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t i = 0; i < body.size(); i += 3000) {
    chunked += "bb8\r\n" + body.substr(i, 3000) + "\r\n";
  }
  chunked += "0\r\n\r\nGET /next HTTP/1.1\r\n" + kHost + "\r\n";
  EXPECT_THAT(ReadAll(chunked, 5000).requests, ElementsAre("POST / " + body, "GET /next"));
}

TEST(RequestReader, DecidesAboutTheConnectionByVersionAndField) {
  const auto closes = [](const std::string& head) {
    const auto outcome = ReadAll(head + "\r\n", 1000);
    return outcome.requests.size() == 2 && outcome.requests[1] == "close";
  };
  EXPECT_FALSE(closes("GET / HTTP/1.1\r\n" + kHost));
  EXPECT_TRUE(closes("GET / HTTP/1.1\r\nConnection: close\r\n" + kHost));
  EXPECT_TRUE(closes("GET / HTTP/1.1\r\nConnection: x, Close\r\n" + kHost));
  EXPECT_TRUE(closes("GET / HTTP/1.0\r\n"));
  EXPECT_FALSE(closes("GET / HTTP/1.0\r\nConnection: keep-alive\r\n"));
}

TEST(RequestReader, ReadsTargetsInBothForms) {
  const auto path = [](const std::string& target) {
    const auto outcome = ReadAll("GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n", 1000);
    return outcome.requests.empty() ? std::to_string(outcome.refused) : outcome.requests[0];
  };
  EXPECT_EQ(path("/a%20b%25?q=%zz"), "GET /a b%?q=%zz");
  EXPECT_EQ(path("http://other/x?y"), "GET /x?y");
  EXPECT_EQ(path("http://other"), "GET /");
  EXPECT_EQ(path("http://other?y"), "GET /?y");
  for (const char* bad :
       {"*", "h:443", "x", "/a%", "/a%00", "/a%g1", "/a%0d", "/a#b", "/\xc3\xa4"}) {
    EXPECT_EQ(path(bad), "400") << bad;
  }
}

TEST(RequestReader, AsksForTheBodyOnlyWhenItIsWantedAndNotThere) {
  const ServerLimits limits;
  const auto wants = [&](const std::string& bytes) {
    RequestReader reader(limits, "");
    std::memcpy(reader.Space().data(), bytes.data(), bytes.size());
    reader.Commit(bytes.size());
    reader.Advance();
    const bool first = reader.TakeContinue();
    EXPECT_FALSE(reader.TakeContinue());
    return first;
  };
  const std::string post = "POST / HTTP/1.1\r\n" + kHost + "Expect: 100-Continue\r\n";
  EXPECT_TRUE(wants(post + "Content-Length: 2\r\n\r\n"));
  EXPECT_TRUE(wants(post + "Transfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(wants(post + "Content-Length: 2\r\n\r\nx"));
  EXPECT_FALSE(wants(post + "\r\n"));
  EXPECT_FALSE(wants(post + "Content-Length: 2000000\r\n\r\n"));
  EXPECT_FALSE(wants(post + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_FALSE(wants("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
}

TEST(RequestReader, GivesBodyFaultsToTheHandlerAndEndsTheConnection) {
  ServerLimits limits;
  limits.body_bytes_max = 10;
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  EXPECT_THAT(ReadInAnyCut(post + "Content-Length: 10\r\n\r\n0123456789", limits).requests,
              ElementsAre("POST / 0123456789"));
  EXPECT_THAT(ReadInAnyCut(post + "Content-Length: 11\r\n\r\n01234567890", limits).requests,
              ElementsAre("POST / too large", "close"));
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n";
  EXPECT_THAT(ReadInAnyCut(chunked + "4\r\n6789\r\n0\r\n\r\n", limits).requests,
              ElementsAre("POST / 0123456789"));
  EXPECT_THAT(ReadInAnyCut(chunked + "5\r\n67890\r\n0\r\n\r\n", limits).requests,
              ElementsAre("POST / too large", "close"));
  EXPECT_THAT(ReadInAnyCut(chunked + "ffffffffffffffff\r\n", limits).requests,
              ElementsAre("POST / too large", "close"));
  EXPECT_THAT(ReadInAnyCut(post + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", limits)
                  .requests,
              ElementsAre("POST / encoding", "close"));
  EXPECT_THAT(
      ReadInAnyCut(post + "Content-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", limits)
          .requests,
      ElementsAre("POST / abc"));
}

TEST(RequestReader, TakesALargerBodyWhereItsPathHasALargerBound) {
  ServerLimits limits;
  limits.body_bytes_max = 4;
  limits.large_body_bytes_max = [](std::string_view method, std::string_view path) -> std::size_t {
    return method == "POST" && path == "/large" ? 10 : 0;
  };
  const auto request = [](std::string_view path, int length) {
    return "POST " + std::string(path) + " HTTP/1.1\r\n" + kHost +
           "Content-Length: " + std::to_string(length) + "\r\n\r\n" +
           std::string(static_cast<std::size_t>(length), 'x');
  };
  EXPECT_THAT(ReadInAnyCut(request("/large", 10), limits).requests,
              ElementsAre("POST /large xxxxxxxxxx"));
  EXPECT_THAT(ReadInAnyCut(request("/large", 11), limits).requests,
              ElementsAre("POST /large too large", "close"));
  EXPECT_THAT(ReadInAnyCut(request("/", 5), limits).requests,
              ElementsAre("POST / too large", "close"));
  const std::string chunks = "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n0\r\n\r\n";
  EXPECT_THAT(ReadInAnyCut("POST /large HTTP/1.1\r\n" + kHost + chunks, limits).requests,
              ElementsAre("POST /large 012345"));
  EXPECT_THAT(ReadInAnyCut("POST / HTTP/1.1\r\n" + kHost + chunks, limits).requests,
              ElementsAre("POST / too large", "close"));
}

TEST(RequestReader, BoundsHeadsTargetsFieldsAndEmptyLines) {
  const std::string get = "GET / HTTP/1.1\r\n" + kHost;
  ServerLimits limits;
  limits.header_bytes_max = 12'000;
  EXPECT_EQ(ReadInAnyCut(get + "X: " + std::string(11'900, 'a') + "\r\n\r\n", limits).refused, 0);
  EXPECT_EQ(ReadInAnyCut(get + "X: " + std::string(12'000, 'a') + "\r\n\r\n", limits).refused, 431);
  EXPECT_EQ(ReadInAnyCut(get + "X: " + std::string(12'000, 'a'), limits).refused, 431);
  EXPECT_EQ(
      ReadInAnyCut("GET /" + std::string(8191, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n").refused, 0);
  EXPECT_EQ(
      ReadInAnyCut("GET /" + std::string(8192, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n").refused,
      414);
  EXPECT_EQ(ReadInAnyCut("GET /" + std::string(9000, 'a')).refused, 414);

  std::string fields = get;
  for (int i = 0; i < 99; ++i) fields += "X: y\r\n";
  EXPECT_EQ(ReadInAnyCut(fields + "\r\n").refused, 0);
  EXPECT_EQ(ReadInAnyCut(fields + "X: y\r\n\r\n").refused, 431);

  EXPECT_THAT(ReadInAnyCut("\r\n\r\n\r\n\r\n" + get + "\r\n").requests, ElementsAre("GET /"));
  EXPECT_EQ(ReadInAnyCut("\r\n\r\n\r\n\r\n\r\n" + get + "\r\n").refused, 400);
}

TEST(RequestReader, BoundsChunkExtensionsAndTrailers) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ReadInAnyCut(post + "1;" + std::string(9000, 'a')).refused, 400);
  EXPECT_EQ(ReadInAnyCut(post + "0\r\nX: " + std::string(9000, 'a')).refused, 400);
  std::string padded = post;
  for (int i = 0; i < 100; ++i) padded += "1;" + std::string(1000, 'a') + "\r\nx\r\n";
  EXPECT_EQ(ReadInAnyCut(padded).refused, 400);
  std::string small = post;
  for (int i = 0; i < 20'000; ++i) small += "1\r\nx\r\n";
  EXPECT_EQ(ReadAll(small + "0\r\n\r\n", 1000).requests.size(), 1U);
}

struct Ambiguous {
  const char* name;
  std::string bytes;
  int status;
};

void PrintTo(const Ambiguous& request, std::ostream* out) { *out << request.name; }
std::string NameOf(const testing::TestParamInfo<Ambiguous>& info) { return info.param.name; }

class RefusedRequests : public testing::TestWithParam<Ambiguous> {};

TEST_P(RefusedRequests, NeverReachTheHandler) {
  // The second request is what a smuggler would want to be taken for a request of its own.
  const auto outcome = ReadInAnyCut(GetParam().bytes);
  EXPECT_TRUE(outcome.requests.empty()) << outcome.requests[0];
  EXPECT_EQ(outcome.refused, GetParam().status);
}

std::string Post(const std::string& fields, const std::string& body = "0\r\n\r\n") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedRequests,
    testing::Values(
        Ambiguous{"LengthAndChunked", Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                  400},
        Ambiguous{"ChunkedAndLength", Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
                  400},
        Ambiguous{"TwoLengths", Post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        Ambiguous{"TwoEqualLengths", Post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Ambiguous{"LengthList", Post("Content-Length: 5, 5\r\n"), 400},
        Ambiguous{"PlusLength", Post("Content-Length: +5\r\n"), 400},
        Ambiguous{"NegativeLength", Post("Content-Length: -5\r\n"), 400},
        Ambiguous{"HexLength", Post("Content-Length: 0x5\r\n"), 400},
        Ambiguous{"EmptyLength", Post("Content-Length:\r\n"), 400},
        Ambiguous{"SpacedLength", Post("Content-Length: 5 0\r\n"), 400},
        Ambiguous{"HugeLength", Post("Content-Length: 99999999999999999999\r\n"), 400},
        Ambiguous{"WrappedLength", Post("Content-Length: 18446744073709551621\r\n"), 400},
        Ambiguous{"GzipChunked", Post("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Ambiguous{"ChunkedTwice",
                  Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Ambiguous{"IdentityThenChunked",
                  Post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 400},
        Ambiguous{"Identity", Post("Transfer-Encoding: identity\r\n"), 501},
        Ambiguous{"AlmostChunked", Post("Transfer-Encoding: xchunked\r\n"), 501},
        Ambiguous{"QuotedChunked", Post("Transfer-Encoding: \"chunked\"\r\n"), 501},
        Ambiguous{"ControlBeforeChunked",
                  Post("Transfer-Encoding: \x0b"
                       "chunked\r\n"),
                  400},
        Ambiguous{"ChunkedOnHttp10",
                  "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Ambiguous{"SpaceBeforeColon", Post("Transfer-Encoding : chunked\r\n"), 400},
        Ambiguous{"TabBeforeColon", Post("Content-Length\t: 5\r\n"), 400},
        Ambiguous{"FoldedLine", Post("X: a\r\n Transfer-Encoding: chunked\r\n"), 400},
        Ambiguous{"FoldedFirstLine", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
        Ambiguous{"BareLineFeed", "GET / HTTP/1.1\nHost: h\n\n", 400},
        Ambiguous{"BareLineFeedInField", Post("X: a\nTransfer-Encoding: chunked\r\n"), 400},
        Ambiguous{"BareCarriageReturn", Post("X: a\rTransfer-Encoding: chunked\r\n"), 400},
        Ambiguous{"NulInValue", Post(std::string("X: a\0b\r\n", 8)), 400},
        Ambiguous{"NulInName", Post(std::string("X\0: b\r\n", 7)), 400},
        Ambiguous{"ControlInValue", Post("X: a\x01\r\n"), 400},
        Ambiguous{"NameOnly", Post("Header\r\n"), 400},
        Ambiguous{"EmptyName", Post(": v\r\n"), 400},
        Ambiguous{"NameWithBracket", Post("a(b: v\r\n"), 400}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedRequests,
    testing::Values(
        Ambiguous{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Ambiguous{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Ambiguous{"TwoHostsOn10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Ambiguous{"HostWithSpace", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        Ambiguous{"HostWithUser", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400},
        Ambiguous{"Http12", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
        Ambiguous{"Http20Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Ambiguous{"Http09", "GET /\r\n\r\n", 400},
        Ambiguous{"LowerCaseVersion", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"VersionWithTail", "GET / HTTP/1.1x\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"TabAsSpace", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"LeadingSpace", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"TlsGreeting", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
        Ambiguous{"LongMethod", std::string(40, 'A') + " / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Ambiguous{"OtherExpectation", Post("Expect: 200-ok\r\nContent-Length: 5\r\n"), 417}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Chunks, RefusedRequests,
    testing::Values(
        Ambiguous{"NoSize", Post("Transfer-Encoding: chunked\r\n", "\r\nabc\r\n0\r\n\r\n"), 400},
        Ambiguous{"HexPrefix", Post("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n"),
                  400},
        Ambiguous{"NegativeSize", Post("Transfer-Encoding: chunked\r\n", "-3\r\nabc\r\n0\r\n\r\n"),
                  400},
        Ambiguous{"SizeOverflow",
                  Post("Transfer-Encoding: chunked\r\n", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
                  400},
        Ambiguous{"ChunkTooLong", Post("Transfer-Encoding: chunked\r\n", "3\r\nabcd\r\n0\r\n\r\n"),
                  400},
        Ambiguous{"ChunkTooShort", Post("Transfer-Encoding: chunked\r\n", "3\r\nab\r\n0\r\n\r\n"),
                  400},
        Ambiguous{"BareLineFeedAfterSize",
                  Post("Transfer-Encoding: chunked\r\n", "3\nabc\r\n0\r\n\r\n"), 400},
        Ambiguous{"BareCarriageReturnInExtension",
                  Post("Transfer-Encoding: chunked\r\n", "3;a\rb\r\nabc\r\n0\r\n\r\n"), 400},
        Ambiguous{"QuotedLineEndInExtension",
                  Post("Transfer-Encoding: chunked\r\n", "3;a=\"\r\nabc\r\n0\r\n\r\n\""), 400},
        Ambiguous{"LineFeedInExtension",
                  Post("Transfer-Encoding: chunked\r\n", "3;a\nb\r\nabc\r\n0\r\n\r\n"), 400},
        Ambiguous{
            "LengthInTrailer",
            Post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n"),
            400}),
    NameOf);

// Gives `bytes` to `reader` as far as it takes them.
RequestReader::State Feed(RequestReader& reader, std::string_view bytes) {
  for (;;) {
    const auto state = reader.Advance();
    if (state != RequestReader::State::kNeedMore || bytes.empty()) return state;
    const auto space = reader.Space();
    const auto count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    reader.Commit(count);
    bytes.remove_prefix(count);
  }
}

std::string Announced(std::size_t bytes) {
  return "POST / HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

TEST(RequestReader, CountsLargeBodiesAsTheyArriveAndGivesBackWithTheRequest) {
  BodyBudget budget(1 << 20);
  const ServerLimits limits;
  {
    RequestReader reader(limits, "127.0.0.1", &budget);
    // Announced is not arrived.
    EXPECT_EQ(Feed(reader, Announced(900 << 10)), RequestReader::State::kNeedMore);
    EXPECT_LE(budget.used(), 128U << 10);
    EXPECT_EQ(Feed(reader, std::string(900 << 10, 'x')), RequestReader::State::kComplete);
    EXPECT_GE(budget.used(), 900U << 10);
    reader.Next();
    EXPECT_EQ(budget.used(), 0U);
    Feed(reader, Announced(900 << 10) + std::string(800 << 10, 'x'));
    EXPECT_GE(budget.used(), 800U << 10);
  }
  EXPECT_EQ(budget.used(), 0U) << "a connection that ends gives back what it had";
}

TEST(RequestReader, NeverCountsSmallRequests) {
  BodyBudget none(0);
  const ServerLimits limits;
  RequestReader reader(limits, "127.0.0.1", &none);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Feed(reader, Announced(16 << 10) + std::string(16 << 10, 'x')),
              RequestReader::State::kComplete);
    EXPECT_EQ(reader.request().body.size(), 16U << 10);
    reader.Next();
  }
  EXPECT_EQ(Feed(reader, Announced(17 << 10) + std::string(17 << 10, 'x')),
            RequestReader::State::kRefused);
  EXPECT_EQ(reader.refusal().status, 503);
}

TEST(RequestReader, RefusesWhatTheBudgetCannotHoldAndKeepsNothingOfIt) {
  BodyBudget budget(300 << 10);
  const ServerLimits limits;
  const std::string piece(4 << 10, 'x');
  std::string chunked = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) chunked += "1000\r\n" + piece + "\r\n";
  for (const auto& bytes : {Announced(900 << 10) + std::string(900 << 10, 'x'), chunked}) {
    RequestReader reader(limits, "127.0.0.1", &budget);
    EXPECT_EQ(Feed(reader, bytes), RequestReader::State::kRefused);
    EXPECT_EQ(reader.refusal().status, 503);
    EXPECT_STREQ(reader.refusal().reason, "body_budget");
    EXPECT_EQ(budget.used(), 0U);
  }
}

TEST(RequestReader, CountsLargeHeadsToo) {
  BodyBudget none(0);
  const ServerLimits limits;
  RequestReader reader(limits, "127.0.0.1", &none);
  EXPECT_EQ(Feed(reader, "GET / HTTP/1.1\r\n" + kHost + "X: " + std::string(20 << 10, 'a')),
            RequestReader::State::kRefused);
  EXPECT_EQ(reader.refusal().status, 503);
}

TEST(BodyBudget, TakesAllOrNothingAndTellsWhenItMovesInALargeWay) {
  BodyBudget budget(64 << 20);
  ASSERT_TRUE(budget.TryTake(10 << 20));
  budget.GiveBack(10 << 20);
  EXPECT_EQ(budget.busy_moves(), 0U) << "not worth a look";
  ASSERT_TRUE(budget.TryTake(40 << 20));
  EXPECT_EQ(budget.busy_moves(), 1U);
  EXPECT_FALSE(budget.TryTake(30 << 20));
  EXPECT_EQ(budget.used(), 40U << 20);
  budget.GiveBack(40 << 20);
  EXPECT_EQ(budget.busy_moves(), 2U);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace axonflow::net
