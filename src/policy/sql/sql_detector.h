#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::sql {

// One bit for each SQL policy of the catalogue. Names match the part after "sql." in the YAML.
enum class Rule : std::uint8_t {
  kUnionSelect,
  kUnionInjection,
  kOrTrue,
  kOrString,
  kAndFalse,
  kSleep,
  kWaitfor,
  kPgSleep,
  kBenchmark,
  kExtractvalue,
  kUpdatexml,
  kConvertInt,
  kStackedDrop,
  kStackedDelete,
  kStackedUpdate,
  kStackedInsert,
  kStackedExec,
  kInlineComment,
  kLineCommentMysql,
  kLineCommentDash,
  kSelectFrom,
  kAdminBypass,
  kHexEncoding,
  kCharFunction,
  kConcatSelect,
  kInformationSchema,
  kSysTables,
  kLoadFile,
  kIntoOutfile,
  kDropTable,
  kDropDatabase,
  kTruncate,
  kAlterTable,
  kDeleteNoWhere,
  kCreateUser,
  kGrant,
  kRevoke,
  // Ours, beyond the catalogue of the reference: input that only makes sense as a fragment meant to
  // continue somebody else's statement (quote break-outs, dangling comments, tautologies in any
  // dialect), whatever words it uses.
  kBreakout,
  kErrorBased,       // calls that put what they are asked for into an error message
  kBooleanBlind,     // a condition over one character or the length of something secret
  kTimeDelay,        // waits of dialects that have no rule of their own
  kOrderByProbe,     // counts the columns of the host's statement
  kMssqlProcedures,  // procedures of SQL Server that reach files, the registry or other servers
  // Admin access (category security-admin), judged on SQL text only.
  kAdminUsersTable,
  kAdminAuditLog,
  kAdminConfigTable,
  kAdminInfoSchema,
  kCount,
};

inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::kCount);

// "union_select" -> Rule::kUnionSelect; kCount for an unknown name. And back.
Rule ParseRule(std::string_view name);
std::string_view ToString(Rule rule);

struct Hits {
  std::bitset<kRuleCount> rules;
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::array<Place, kRuleCount> places{};  // of the first hit; meaningful where the bit is set
};

// Looks for SQL injection and dangerous statements in `text` (any bytes, any length that fits 32
// bits). Tokenizes it, in the dialects of MySQL, PostgreSQL, SQL Server, Oracle and SQLite at once,
// and judges structure, so that prose about SQL and ordinary SELECT statements stay clean.
// Time and memory are linear in the text with a small constant, whatever the text holds; no
// allocation beyond a thread-local token buffer of bounded size.
void Detect(std::string_view text, Hits& hits);

}  // namespace axonflow::policy::sql
