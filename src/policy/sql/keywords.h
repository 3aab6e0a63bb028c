#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::sql {

// What a word may be in a statement. A word can be several of these.
enum Trait : std::uint16_t {
  kLogic = 1 << 0,       // AND, OR, XOR: joins two conditions
  kBinary = 1 << 1,      // LIKE, IN, DIV: stands between two operands
  kUnary = 1 << 2,       // NOT, BINARY: stands before an operand
  kClause = 1 << 3,      // FROM, HAVING: continues a query
  kVerb = 1 << 4,        // SELECT, DROP: starts a statement
  kFunction = 1 << 5,    // a function of some SQL dialect when a parenthesis follows
  kProbe = 1 << 6,       // tells about the server or makes it wait: what an attacker asks first
  kConstant = 1 << 7,    // NULL, CURRENT_USER: an operand without parentheses
  kObjectKind = 1 << 8,  // TABLE, DATABASE: what DROP and CREATE name
  kPrivilege = 1 << 9,   // a word that may follow GRANT
  kAnchor = 1 << 10,  // a rule of its own may begin here (set for all verbs and logic words, too)
};

// Words that a rule names itself; all other known words are kKnown and matter by traits only.
enum class Word : std::uint8_t {
  kNone,
  kKnown,
  kAdd,
  kAdminName,
  kAll,
  kAlter,
  kAnalyse,
  kAnd,
  kAs,
  kBegin,
  kBenchmark,
  kBy,
  kBlob,
  kCascade,
  kCase,
  kChange,
  kChar,
  kColumn,
  kConcat,
  kContinue,
  kConvert,
  kCreate,
  kData,
  kDatabase,
  kDeclare,
  kDelay,
  kDelayPackage,
  kDelete,
  kDisable,
  kDistinct,
  kDo,
  kDrop,
  kDumpfile,
  kEnable,
  kEnd,
  kErrorProbe,
  kExec,
  kExecute,
  kExists,
  kExp,
  kExtractvalue,
  kFloor,
  kFor,
  kFrom,
  kFunctionWord,
  kGeometry,
  kGoto,
  kGenerateSeries,
  kGrant,
  kGroup,
  kHaving,
  kIdentified,
  kIf,
  kIn,
  kInformationSchema,
  kInsert,
  kInt,
  kInto,
  kIs,
  kJoin,
  kLike,
  kLimit,
  kLoad,
  kLoadFile,
  kModify,
  kNot,
  kNull,
  kOffset,
  kOn,
  kOption,
  kOr,
  kOrder,
  kOutfile,
  kOwner,
  kPart,
  kPassword,
  kPgSleep,
  kProse,
  kProcedure,
  kRareVerb,
  kRename,
  kRestart,
  kRestrict,
  kRevoke,
  kSelect,
  kServerFact,
  kServerProcedure,
  kSet,
  kShutdown,
  kScript,
  kSleep,
  kSounds,
  kSys,
  kSysTable,
  kTable,
  kThen,
  kTime,
  kTo,
  kTop,
  kTruncate,
  kUnion,
  kUpdate,
  kUpdatexml,
  kUse,
  kUser,
  kUserAttribute,
  kUsing,
  kValid,
  kValues,
  kWaitfor,
  kWhere,
  kWhile,
  kWith,
  kXml,
  kXor,
};

// What a word of the text means; all zero for a word that is no keyword.
struct Meaning {
  Word word = Word::kNone;
  std::uint16_t traits = 0;
};

struct Keyword {
  std::string_view text;  // lower case; empty: not a keyword
  Word word = Word::kNone;
  std::uint16_t traits = 0;
};

inline constexpr std::size_t kKeywordLengthMax = 24;

// What the `size` bytes of `text` from `begin` on mean, in any case. One hash and at most a few
// comparisons; a word that is no keyword usually ends at the first look. Takes the whole text
// because reading sixteen bytes at once is faster than reading the word's own.
Meaning FindKeyword(std::string_view text, std::size_t begin, std::size_t size);

}  // namespace axonflow::policy::sql
