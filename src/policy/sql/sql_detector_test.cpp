#include "policy/sql/sql_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>

namespace axonflow::policy::sql {
namespace {

bool Has(std::string_view text, Rule rule) {
  Hits hits;
  Detect(text, hits);
  return hits.rules[static_cast<std::size_t>(rule)];
}

// Whether any rule of the injection family holds; the admin rules are about permission, not harm.
bool IsInjection(std::string_view text) {
  Hits hits;
  Detect(text, hits);
  for (std::size_t i = 0; i < static_cast<std::size_t>(Rule::kAdminUsersTable); ++i) {
    if (hits.rules[i]) return true;
  }
  return false;
}

struct RuleCase {
  Rule rule;
  std::string_view positive;
  std::string_view negative;
};

constexpr RuleCase kRuleCases[] = {
    {Rule::kUnionSelect, "44 union select card, pin from wallets",
     "SELECT a FROM t UNION ALL SELECT a FROM u"},
    {Rule::kUnionInjection, "z\") UNION SELECT 4", "44 UNION SELECT 4"},
    {Rule::kOrTrue, "x') OR (8=8", "we have 3 or 8 = some"},
    {Rule::kOrString, "\" or \"b\"=\"b", "WHERE a = 'x' OR b = 'y'"},
    {Rule::kAndFalse, "6 and '1'='2'", "both 3 and 4 = nothing"},
    {Rule::kSleep, "6-SLEEP(2)", "thread.sleep(2)"},
    {Rule::kWaitfor, "'; waitfor delay '0:1'--", "waitfor delay of trains"},
    {Rule::kPgSleep, "select pg_sleep(1)", "pg_sleep()"},
    {Rule::kBenchmark, "benchmark(9,sha1(1))", "benchmark(model, 9)"},
    {Rule::kExtractvalue, "extractvalue(a,'b')", "doc.extractvalue(a)"},
    {Rule::kUpdatexml, "updatexml(1,2,3)", "updatexml"},
    {Rule::kConvertInt, "convert(int,db_name())", "convert(float,a)"},
    {Rule::kStackedDrop, "0;drop table a", "0;drop by"},
    {Rule::kStackedDelete, "0;delete from a", "0;delete from the old ones first"},
    {Rule::kStackedUpdate, "0;update a set b=1", "0;update a few set pieces"},
    {Rule::kStackedInsert, "0;insert into a values(1)", "0;insert into the slot"},
    {Rule::kStackedExec, "0;exec(@a)", "a();exec(\"make\")"},
    {Rule::kInlineComment, "0/**/select 1", "/* all */ select 1"},
    {Rule::kLineCommentMysql, "0#drop table a", "0 #drop the rest"},
    {Rule::kLineCommentDash, "0--insert into a values (1)", "well -- insert a coin"},
    {Rule::kSelectFrom, "');select a from b", "0;select a from b"},
    {Rule::kAdminBypass, "a\" or b=b--", "'a' or b=b"},
    {Rule::kHexEncoding, "select 0x6162636465", "rgba = 0xFF00FF00"},
    {Rule::kCharFunction, "char(1, 2, 3)", "char(1)"},
    {Rule::kConcatSelect, "concat('a',(select b))", "concat(a), select b"},
    {Rule::kInformationSchema, "from Information_Schema.views", "the information_schema part"},
    {Rule::kSysTables, "select * from sys.columns", "sys.tables()"},
    {Rule::kLoadFile, "load_file(0x61)", "load_file()"},
    {Rule::kIntoOutfile, "into dumpfile 'a'", "into outfile storage"},
    {Rule::kDropTable, "drop table a, b", "drop table tennis today"},
    {Rule::kDropDatabase, "drop database a", "drop database migrations today"},
    {Rule::kTruncate, "truncate table a cascade", "truncate table names today"},
    {Rule::kAlterTable, "alter table a owner to b", "alter table manners now"},
    {Rule::kDeleteNoWhere, "delete from a;", "delete from a where b = 1"},
    {Rule::kCreateUser, "create user a password 'b'", "create user journeys"},
    {Rule::kGrant, "grant select on all tables in schema a to b", "grant select few a wish"},
    {Rule::kRevoke, "revoke insert on a from b", "revoke insert keys from staff"},
    {Rule::kBreakout, "a' and mid(user(),1,1)='r", "that's me, and I'm fine"},
    {Rule::kErrorBased, "6 or gtid_subset(user(),1)", "select gtid_subset(a, b) from t"},
    {Rule::kBooleanBlind, "6 and ord(mid((select pin from t),1,1))>9",
     "select a from t where b = 1 and length(c) > 9"},
    {Rule::kTimeDelay, "6 or 2=dbms_pipe.receive_message('b',9)", "the dbms_pipe package (old)"},
    {Rule::kOrderByProbe, "x' order by 8 -- ", "select a from t order by 1"},
    {Rule::kMssqlProcedures, "6;exec master..xp_dirtree 'c:'", "xp_dirtree is a procedure"},
    {Rule::kAdminUsersTable, "select a from users", "users select a from b"},
    {Rule::kAdminAuditLog, "select a from audit_log", "audit_log"},
    {Rule::kAdminConfigTable, "select a from system_keys", "select a from systems"},
    {Rule::kAdminInfoSchema, "select a from pg_catalog.b", "the pg_catalog is large"},
};

TEST(SqlDetector, EachRuleHoldsForItsShapeAndNotForALookAlike) {
  ASSERT_EQ(std::size(kRuleCases), kRuleCount);
  for (const RuleCase& c : kRuleCases) {
    EXPECT_TRUE(Has(c.positive, c.rule)) << ToString(c.rule) << ": " << c.positive;
    EXPECT_FALSE(Has(c.negative, c.rule)) << ToString(c.rule) << ": " << c.negative;
  }
}

TEST(SqlDetector, NamesAndRulesConvertBothWays) {
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    const Rule rule = static_cast<Rule>(i);
    EXPECT_FALSE(ToString(rule).empty());
    EXPECT_EQ(ParseRule(ToString(rule)), rule);
  }
  EXPECT_EQ(ParseRule("no_such_rule"), Rule::kCount);
  EXPECT_EQ(ToString(Rule::kCount), "");
}

TEST(SqlDetector, SeesThroughEvasions) {
  const std::string_view texts[] = {
      "7 uNiOn aLL sElEcT 2",
      "7/**/union/*x*/select/**/2",
      "7 UN/**/ION SEL/**/ECT 2",
      "7\tunion\nselect\r\n2",
      "7 union-- x\nselect 2",
      "7 union#x\nselect 2",
      "7 /*!50000union*/ /*!select*/ 2",
      "7 union(select(2))",
      "7e0union select 2",
      "0x7 union select 2",
      "7%20union%20select%202",
      "7+union+select+2",
      "7%27%20or%20%271%27%3D%271",
      "a=1&b=x%27--&c=2",
      "'/*'*/or/**/1=1#",
      "x'||'1'='1",
      "x' && 1=1#",
      "x'or'1'='1",
      "x' or not 0=1#",
      "x\\' or 1=1 --",
      "x') or (('a')=('a",
      "1 or 0x31=0x31",
      "1 or (1)=(1)",
      "-1' or 1.0=1e0 -- ",
      "x' or\x0b"
      "1=1#",
      "\xEF\xBC\x87x' or 2>1 -- ",
      "9 and(select(1)from(select(sleep(3)))x)",
      "1;declare @q varchar(99);set @q=0x73656c656374;exec(@q)",
      "x';exec master..xp_cmdshell 'dir'--",
  };
  for (std::string_view text : texts) EXPECT_TRUE(IsInjection(text)) << text;
}

TEST(SqlDetector, ReadsTheTextAsAPieceOfAStatement) {
  const std::string_view texts[] = {
      "root'--",
      "root' #",
      "root\")--",
      "3 order by 4--",
      "3' order by 4#",
      "3 group by 2/*",
      "3 having 1=1",
      "' or '",
      "' = '",
      "'+(select 1)+'",
      "1 and user()<>'a'",
      "1 or @@version>5",
      "1 rlike sleep(1)",
      "(select pin from cards)",
      "length((select user()))",
      "1 and exists(select 1 from t)",
      "id in (select id from t) -- ",
      "select sin((2)),3 from t where",
      "1 procedure analyse(1,2)",
      "and ascii(mid(user(),1,1))>64",
  };
  for (std::string_view text : texts) EXPECT_TRUE(Has(text, Rule::kBreakout)) << text;
}

TEST(SqlDetector, FindsTautologiesInsideAWholeStatement) {
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = '' OR 'k'='k'"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR TRUE"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR 5 > 4"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR a = a"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR 'x'||'y' = 'xy'"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR 2 BETWEEN 1 AND 3"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE (a = 3 OR 3 IN (3)) AND b = 1"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR EXISTS(SELECT 1) ORDER BY b"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR 2+2 = 4"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 OR char(97) = 'a';"));
  EXPECT_FALSE(IsInjection("SELECT * FROM t WHERE a = 3 OR lower(b) = 'x'"));
  EXPECT_FALSE(IsInjection("SELECT * FROM t WHERE a = 3 OR 2 BETWEEN b AND c"));
  EXPECT_FALSE(IsInjection("SELECT * FROM t WHERE a = 3 OR b IN (1, 2) OR c IS NULL"));
  EXPECT_FALSE(IsInjection("SELECT * FROM t WHERE a = 3 OR NOT EXISTS (SELECT 1 FROM u)"));
  EXPECT_FALSE(IsInjection("SELECT a || ', ' || b FROM t WHERE c = 3"));
  EXPECT_FALSE(IsInjection("SELECT * FROM t WHERE a = 3 OR \"b\" = 'x'"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 UNION SELECT NULL, NULL"));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = 3 UNION SELECT b FROM c -- "));
  EXPECT_TRUE(IsInjection("SELECT * FROM t WHERE a = '3 UNION SELECT b FROM c"));
}

TEST(SqlDetector, TreatsAConditionThatAlwaysHoldsAsNone) {
  EXPECT_TRUE(Has("DELETE FROM t WHERE 1=1", Rule::kDeleteNoWhere));
  EXPECT_TRUE(Has("DELETE FROM t WHERE TRUE;", Rule::kDeleteNoWhere));
  EXPECT_TRUE(Has("DELETE FROM a.t WHERE 'k' = 'k' -- all", Rule::kDeleteNoWhere));
  EXPECT_FALSE(Has("DELETE FROM t WHERE 1=1 AND a = 2", Rule::kDeleteNoWhere));
  EXPECT_FALSE(Has("DELETE FROM t WHERE a = 1", Rule::kDeleteNoWhere));
  EXPECT_FALSE(Has("DELETE FROM t WHERE 1 = a", Rule::kDeleteNoWhere));
}

TEST(SqlDetector, LeavesSentencesThatNameStatementsAlone) {
  const std::string_view texts[] = {
      "Please attach database dumps to the ticket; copy me from now on.",
      "Call a friend (now); rename table columns; merge into one lane.",
      "Backup database servers weekly; prepare meals from scratch.",
      "The length (of it) and the depth are 5; and mid(day) is noon.",
      "An exp(x) curve; a polygon (select one) and a floor (rand).",
  };
  for (std::string_view text : texts) EXPECT_FALSE(IsInjection(text)) << text;
}

TEST(SqlDetector, SuspectsUnionsThatDoNotLookLikeOneReport) {
  const std::string_view texts[] = {
      "SELECT 1 UNION SELECT password FROM users",
      "SELECT name FROM products WHERE id = 3 UNION ALL SELECT login FROM staff",
      "SELECT a FROM t UNION SELECT api_token FROM t",
      "SELECT a FROM t UNION SELECT NULL",
      "SELECT id FROM t WHERE a IN (SELECT b FROM u UNION SELECT passwd FROM v)",
  };
  for (std::string_view text : texts) {
    Hits hits;
    Detect(text, hits);
    EXPECT_TRUE(hits.rules[static_cast<std::size_t>(Rule::kUnionSelect)]) << text;
  }
}

TEST(SqlDetector, LeavesOrdinaryStatementsAlone) {
  const std::string_view texts[] = {
      "SELECT name, COUNT(*) FROM t WHERE a LIKE '%j' OR b = 'O''Hara' GROUP BY name ORDER BY 2 "
      "DESC;",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM "
      "n;",
      "(SELECT a FROM t) UNION ALL (SELECT a FROM u) ORDER BY 1;",
      "SELECT 'a', 1 UNION ALL SELECT 'b', 2;",
      "INSERT INTO notes (body) VALUES ('a -- b; c # d');",
      "UPDATE t SET a = a + 1 WHERE id IN (1, 2, 3);",
      "DELETE FROM t WHERE created_at < NOW() - INTERVAL '30' DAY;",
      "CREATE TABLE t (\n  id INT PRIMARY KEY,\n  name TEXT NOT NULL\n);\nINSERT INTO t VALUES (1, "
      "'a');",
      "-- nightly\nBEGIN;\nUPDATE t SET a = 1 WHERE b = 2;\nCOMMIT;",
      "/* monthly */ SELECT SUM(x) FROM sales;",
      "SELECT CASE WHEN a IS NULL THEN 1 ELSE 0 END FROM t WHERE b BETWEEN 1 AND 5 AND c <> 'x';",
      "Can you speed this up, it isn't fast: SELECT a FROM t UNION SELECT a FROM u?",
  };
  for (std::string_view text : texts) EXPECT_FALSE(IsInjection(text)) << text;
}

TEST(SqlDetector, LeavesProseAndOtherLanguagesAlone) {
  const std::string_view texts[] = {
      "It's 5 or 6, but don't select 7.",
      "She said 'yes' and 'no', or \"maybe\" -- who knows?",
      "Use '=' and '!=' to compare, 'and' or 'or' to join.",
      "| a | b |\n|---|---|\n| drop | table |\n",
      "# Select a plan\n\n## Delete account\n\nDelete from your phone first.",
      "The union select committee met; update the set list and drop the table off.",
      "Explain the DROP TABLE statement, UNION SELECT and how SQL injection works.",
      "if (a == 'x' || b == \"y\") { sleep(5); } // select later",
      "x = 'a' if n > 1 or m == 2 else 'b'  # or 'c'",
      "for f in *.sql; do echo \"$f\"; done # drop it",
      "{\"name\": \"O'Neil\", \"query\": \"orders of 2023\", \"ok\": true}",
      "<a href='#top' class=\"x\">Don't panic</a><!-- select one -->",
      "The boys' and girls' teams won 3 or 4 matches in '98.",
      "L'union des couleurs, c'est l'heure d'en choisir 3 ou 4.",
      "#define MASK 0xFFFFFFFF\nint main() { return 0xDEADBEEF; }",
      "Her desk is 48\" x 24\" and his 5'11\" frame won't fit.",
      "color=red&size=10&q=\"big+table\"&page=2",
  };
  for (std::string_view text : texts) EXPECT_FALSE(IsInjection(text)) << text;
}

TEST(SqlDetector, PointsAtTheFirstHit) {
  const std::string_view text = "please run 3; DROP TABLE bills; now";
  Hits hits;
  Detect(text, hits);
  const auto rule = static_cast<std::size_t>(Rule::kDropTable);
  ASSERT_TRUE(hits.rules[rule]);
  EXPECT_EQ(text.substr(hits.places[rule].begin, hits.places[rule].end - hits.places[rule].begin),
            "DROP TABLE bills");
}

TEST(SqlDetector, PointsIntoTheTextBeforeDecoding) {
  const std::string_view text = "a=b&q=7%20union%20select%202";
  Hits hits;
  Detect(text, hits);
  const auto rule = static_cast<std::size_t>(Rule::kUnionSelect);
  ASSERT_TRUE(hits.rules[rule]);
  EXPECT_EQ(text.substr(hits.places[rule].begin, hits.places[rule].end - hits.places[rule].begin),
            "union%20select");
}

TEST(SqlDetector, ForgetsTheTextBefore) {
  Hits hits;
  Detect("1 or 1=1", hits);
  ASSERT_TRUE(hits.rules.any());
  Detect("good morning", hits);
  EXPECT_FALSE(hits.rules.any());
  Detect("", hits);
  EXPECT_FALSE(hits.rules.any());
}

// The tokens of a long text pass through a window; a payload must be found at every place of it,
// also where one window ends and the next begins.
TEST(SqlDetector, FindsAPayloadAnywhereInALongText) {
  const std::string payload = " 3 UNION ALL SELECT a, b FROM c ";
  for (std::size_t words = 3900; words < 4200; ++words) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += "a ";
    text += payload;
    for (std::size_t i = 0; i < 300; ++i) text += "b ";
    ASSERT_TRUE(Has(text, Rule::kUnionSelect)) << words;
  }
}

TEST(SqlDetector, FindsAPayloadAfterAHundredKilobytesOfProse) {
  std::string text;
  while (text.size() < 100'000) text += "The committee didn't agree on 3 or 4 of the points. ";
  EXPECT_FALSE(IsInjection(text));
  EXPECT_TRUE(IsInjection(text + "x' OR '1'='1"));
}

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double Cost(const std::string& text) {
  double best = 1e9;
  for (int run = 0; run < 3; ++run) {
    const double start = CpuSeconds();
    Hits hits;
    Detect(text, hits);
    best = std::min(best, CpuSeconds() - start);
  }
  return best;
}

// Eight times the text may cost eight times the time; anything quadratic costs 64 times. The bound
// lies between, far enough from both for a busy machine.
TEST(SqlDetector, CostGrowsLinearlyOnHostileText) {
  const std::string_view units[] = {
      "(",
      "'",
      "\"",
      "/*",
      "*/",
      "/*!",
      "--",
      "#",
      "#\n",
      "union ",
      "union((",
      "select ",
      "select a,",
      "'or ",
      "a.",
      "concat(",
      "grant select ",
      "drop table if exists ",
      "; ",
      "\\'",
      "0x80808080 ",
      "[",
      "a/**/",
      "/*'",
      "'/*",
      "exec a.",
      "or ( ",
      "and ascii( ",
      "exp(~",
      "concat(",
      "ctxsys.a.",
      "|| 1 ",
      "and 1=",
      "%27",
      "a=&",
      "|| ",
      "'' ",
  };
  for (std::string_view unit : units) {
    std::string small;
    while (small.size() < 64 * 1024) small += unit;
    std::string large;
    while (large.size() < 512 * 1024) large += unit;
    EXPECT_LT(Cost(large), 24 * Cost(small) + 0.005) << unit;
  }
}

TEST(SqlDetector, AcceptsAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>((i * 7919) >> 3);
  Hits hits;
  Detect(bytes, hits);
  for (std::size_t rule = 0; rule < kRuleCount; ++rule) {
    if (!hits.rules[rule]) continue;
    EXPECT_LT(hits.places[rule].begin, hits.places[rule].end);
    EXPECT_LE(hits.places[rule].end, bytes.size());
  }
}

}  // namespace
}  // namespace axonflow::policy::sql
