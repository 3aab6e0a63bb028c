#include "policy/sql/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/sql/sql_detector.h"

namespace axonflow::policy::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string DecodeOne(std::string_view text, const Field& field) {
  std::string decoded(text.size() + 1, '\0');
  std::vector<std::uint32_t> origin(text.size() + 2);
  const std::size_t size = DecodeField(text, field, decoded.data(), origin.data(), text.size());
  for (std::size_t i = 0; i < size; ++i) EXPECT_LT(origin[i], origin[i + 1]);
  return decoded.substr(0, size);
}

// The decoded fields of a request; nothing when the text is none.
std::vector<std::string> Split(std::string_view text) {
  Fields fields;
  std::vector<std::string> values;
  if (!SplitRequest(text, fields)) return values;
  for (const Field& field : fields) values.push_back(DecodeOne(text, field));
  return values;
}

bool IsHit(std::string_view text) {
  Hits hits;
  Detect(text, hits);
  return hits.rules.any();
}

TEST(Request, SplitsAQueryWithAndWithoutItsRequestLine) {
  EXPECT_THAT(Split("a=1&b=x+y&c=%27z"), ElementsAre("1", "x y", "'z"));
  EXPECT_THAT(Split("?a=1&b=2"), ElementsAre("1", "2"));
  EXPECT_THAT(Split("GET /s?a=1&b=it%27s HTTP/1.1"), ElementsAre("1", "it's"));
  EXPECT_THAT(Split("http://h.example/p?a=%2541"), ElementsAre("A"));
  EXPECT_THAT(Split("GET /s?a=1 or 2 HTTP/1.1\r\n\r\n"), ElementsAre("1 or 2"));
}

TEST(Request, KeepsOperatorsInsideAField) {
  EXPECT_THAT(Split("a=1 && 2&b=3"), ElementsAre("1 && 2", "3"));
  EXPECT_THAT(Split("a=b=c&d=e"), ElementsAre("b=c", "e"));
}

TEST(Request, SplitsCookiesAndOtherHeaders) {
  EXPECT_THAT(Split("Cookie: a=1; b=x; y; c=2"), ElementsAre("1", "x; y", "2"));
  EXPECT_THAT(Split("GET / HTTP/1.1\r\nHost: h\r\nX-Id: 7'\r\nAccept: */*\r\n\r\n"),
              ElementsAre("h", "7'"));
}

TEST(Request, SplitsBodiesOfEachKind) {
  EXPECT_THAT(Split("POST /a HTTP/1.1\r\nHost: h\r\n\r\na=1&b=2"), ElementsAre("h", "1", "2"));
  EXPECT_THAT(Split("{\"a\": \"x\\\"y\", \"b\": {\"c\": \"\\u0027\"}}"),
              ElementsAre("a", "x\"y", "b", "c", "'"));
  EXPECT_THAT(Split("<?xml version=\"1.0\"?><r><a>1 &lt; 2</a><b c=\"d\"/></r>"),
              ElementsAre("1 < 2", "d"));
  EXPECT_THAT(Split("POST / HTTP/1.1\r\nHost: h\r\n\r\n--x\r\nContent-Disposition: form-data; "
                    "name=\"a\"\r\n\r\nv w\r\n--x--\r\n"),
              ElementsAre("h", "v w"));
}

TEST(Request, LeavesOtherTextsWhole) {
  const std::string_view texts[] = {
      "",
      "Good morning, how are you?",
      "Is a=1 or b=2?",
      "x == 1",
      "x = 1",
      "Note: the cookie is gone",
      "GET up and dance",
      "a=1\nb=2\nprint(a)",
      "{this is no JSON}",
      "SELECT a FROM t WHERE b = 1",
  };
  for (std::string_view text : texts) EXPECT_THAT(Split(text), IsEmpty()) << text;
}

TEST(Request, DecodesUpToThreeLayersAndTheEscapesOfTheField) {
  const auto decode = [](std::string_view text, Encoding encoding) {
    return DecodeOne(text, {0, static_cast<std::uint32_t>(text.size()), encoding});
  };
  EXPECT_EQ(decode("%252527", Encoding::kForm), "'");
  EXPECT_EQ(decode("%25252527", Encoding::kForm), "%27");
  EXPECT_EQ(decode("%u0027", Encoding::kForm), "'");
  EXPECT_EQ(decode("1+2", Encoding::kPlain), "1+2");
  EXPECT_EQ(decode("a b+c", Encoding::kForm), "a b+c");
  EXPECT_EQ(decode("&#39;&quot;&lt;", Encoding::kPlain), "'\"<");
  EXPECT_EQ(decode("a\\n\\u0022\\", Encoding::kJson), "a\n\"\\");
  EXPECT_EQ(decode("100%", Encoding::kForm), "100%");
}

TEST(Request, StopsAtTheBoundOfFields) {
  std::string text = "a0=1";
  for (std::size_t i = 1; i < 2 * kFieldsMax; ++i) text += "&a=1";
  EXPECT_EQ(Split(text).size(), kFieldsMax);
  EXPECT_TRUE(IsHit(text + "&z=1 UNION SELECT 2"));  // the rest is still judged as a whole
}

TEST(Request, FindsInjectionInEveryPartOfARequest) {
  const std::string_view texts[] = {
      "GET /a?b=7%27%20or%20%27k%27%3D%27k HTTP/1.1",
      "GET /a/7%27%20or%201%3D1--/c HTTP/1.1\r\nHost: h\r\n\r\n",
      "user=root%27--&pass=z",
      "user=root'--",
      "Cookie: lang=en; sid=7%27%20and%20sleep(4)%23",
      "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4' or '6'='6\r\n\r\n",
      "{\"id\": \"7\\u0027 or 6=6 -- \", \"n\": 3}",
      "{\"id\": 7 or 6=6}",
      "POST / HTTP/1.1\r\nHost: h\r\n\r\n<a><b>7&apos; or not 0;#</b></a>",
      "POST / HTTP/1.1\r\nHost: h\r\n\r\nq=7&r=%2527%2520or%25206%253D6%2523",
      "id=7;attach database 'f' as g",
      "id=7 xor id>0",
      "id=@@version",
      "id=user()",
      "id=select pin from cards where id=6",
      "id=sqlite_master",
      "id=7'^'7",
      "id=7' or '{\"k\":7}'::jsonb <@ '{\"k\":7}'::jsonb --",
      "id=7 having 6=6",
      "id=elt(6=6,7)",
      "id=(case when 6=6 then 7 else 8 end)",
      "id=7' order by 8;%00",
  };
  for (std::string_view text : texts) EXPECT_TRUE(IsHit(text)) << text;
}

TEST(Request, LeavesOrdinaryRequestsAlone) {
  const std::string_view texts[] = {
      "GET /search?q=union+station&page=2 HTTP/1.1\r\nHost: h\r\n\r\n",
      "q=drop+table+lamp&sort=price",
      "q=select",
      "q=order+by+phone&x=1",
      "name=O%27Brien&city=L%27Aquila",
      "name=Toys+%27R%27+Us&note=it%27s+5+or+6",
      "title=students+union+select&year=2024",
      "size=6%272%22&screen=13%22",
      "comment=He+said+%27yes%27+and+left+--+twice&ok=1",
      "Cookie: theme=dark; tz=Europe/Rome; exp=2024-05-01T10:00:00",
      "{\"name\": \"Mary's & Tom's -- best\", \"q\": \"delete from cart\"}",
      "{\"sql\": \"SELECT a FROM t WHERE b = 'x' ORDER BY 1\"}",
      "{\"statement\": \"SELECT a FROM t WHERE b = 1 AND c > 2\"}",
      "query=SELECT a FROM t WHERE b = 1",
      "filter=price gt 5 and price lt 9&top=10",
      "POST /f HTTP/1.1\r\nHost: h\r\n\r\nmsg=Where+is+it%3F+I+can%27t+select+an+address%3B+sorry",
      "GET /a?x=1 HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:9.0) "
      "Gecko/2010\r\n\r\n",
  };
  for (std::string_view text : texts) EXPECT_FALSE(IsHit(text)) << text;
}

TEST(Request, PointsIntoTheFieldBeforeDecoding) {
  const std::string_view text = "{\"a\": \"b\", \"c\": \"7\\u0027 union select 2\"}";
  Hits hits;
  Detect(text, hits);
  const auto rule = static_cast<std::size_t>(Rule::kUnionInjection);
  ASSERT_TRUE(hits.rules[rule]);
  EXPECT_EQ(text.substr(hits.places[rule].begin, hits.places[rule].end - hits.places[rule].begin),
            "\\u0027 union select");
}

}  // namespace
}  // namespace axonflow::policy::sql
