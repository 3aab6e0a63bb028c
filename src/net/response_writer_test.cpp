#include "net/response_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace axonflow::net {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string Head(const Response& response, bool close = false, bool http_1_0 = false) {
  std::string out;
  AppendHead(out, response, {"Mon, 23 Nov 2026 15:04:05 GMT", close, http_1_0});
  return out;
}

TEST(AppendHead, WritesStatusDateTypeLengthAndFieldsInOrder) {
  Response response;
  response.status = 201;
  response.body = "{}";
  response.headers = {{"X-One", "1"}, {"X-Two", "2"}};
  EXPECT_EQ(Head(response),
            "HTTP/1.1 201 Created\r\nDate: Mon, 23 Nov 2026 15:04:05 GMT\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\nX-One: 1\r\nX-Two: 2\r\n\r\n");
}

TEST(AppendHead, SaysWhetherTheConnectionStaysWhereTheVersionDoesNotSayIt) {
  EXPECT_THAT(Head({}), Not(HasSubstr("Connection:")));
  EXPECT_THAT(Head({}, true), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(Head({}, false, true), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(Head({}, true, true), Not(HasSubstr("keep-alive")));
}

TEST(AppendHead, DropsLineEndsAndNulFromValuesSoThatNoFieldCanBeInjected) {
  Response response;
  response.headers = {{"X-Name", std::string("a\r\nSet-Cookie: b\0c\n", 18)}};
  EXPECT_THAT(Head(response), HasSubstr("\r\nX-Name: aSet-Cookie: bc\r\n"));
}

TEST(AppendHead, DropsFieldsWhoseNameIsNotAToken) {
  Response response;
  response.headers = {{"X Name", "a"}, {"", "b"}, {"X\r\nY", "c"}};
  const auto head = Head(response);
  EXPECT_EQ(std::count(head.begin(), head.end(), '\n'), 5) << head;
}

TEST(AppendHead, KeepsTheFramingToItself) {
  Response response;
  response.body = "12345";
  response.headers = {{"content-length", "9"},
                      {"Transfer-Encoding", "chunked"},
                      {"DATE", "today"},
                      {"connection", "keep-alive"}};
  const auto head = Head(response);
  EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
  for (const char* text : {"content-length", "Transfer", "today", "connection"}) {
    EXPECT_THAT(head, Not(HasSubstr(text)));
  }
}

TEST(AppendHead, AnnouncesNoBodyWhereTheStatusHasNone) {
  Response response;
  response.status = 204;
  EXPECT_THAT(Head(response), Not(HasSubstr("Content-")));
}

TEST(AsksForClose, FindsTheFieldWithoutCase) {
  Response response;
  EXPECT_FALSE(AsksForClose(response));
  response.headers = {{"connection", "Close"}};
  EXPECT_TRUE(AsksForClose(response));
}

TEST(FormatHttpDate, IsAnImfFixdate) {
  EXPECT_THAT(FormatHttpDate(),
              MatchesRegex("[A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] "
                           "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT"));
}

}  // namespace
}  // namespace axonflow::net
