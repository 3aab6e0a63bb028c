#include "policy/sql/keywords.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace axonflow::policy::sql {
namespace {

constexpr std::uint16_t kFunctionProbe = kFunction | kProbe;

constexpr Keyword kKeywords[] = {
    {},  // what every other word is
    {"and", Word::kAnd, kLogic},
    {"or", Word::kOr, kLogic},
    {"xor", Word::kXor, kLogic},
    {"not", Word::kNot, kUnary},
    {"binary", Word::kKnown, kUnary | kFunction},
    {"any", Word::kKnown, kUnary},
    {"some", Word::kKnown, kUnary},
    {"exists", Word::kExists, kUnary | kFunction},
    {"like", Word::kLike, kBinary | kFunction},
    {"ilike", Word::kKnown, kBinary},
    {"rlike", Word::kKnown, kBinary},
    {"regexp", Word::kKnown, kBinary},
    {"glob", Word::kKnown, kBinary | kFunction},
    {"sounds", Word::kSounds, kBinary},
    {"similar", Word::kKnown, kBinary},
    {"div", Word::kKnown, kBinary},
    {"mod", Word::kKnown, kBinary | kFunction},
    {"in", Word::kIn, kBinary},
    {"is", Word::kIs, kBinary},
    {"between", Word::kKnown, kBinary},
    {"collate", Word::kKnown, kBinary},
    {"escape", Word::kKnown, kBinary},
    {"union", Word::kUnion, kClause | kAnchor},
    {"intersect", Word::kKnown, kClause},
    {"except", Word::kKnown, kClause},
    {"minus", Word::kKnown, kClause},
    {"having", Word::kHaving, kClause},
    {"group", Word::kGroup, kClause},
    {"order", Word::kOrder, kClause},
    {"by", Word::kBy, kClause},
    {"limit", Word::kLimit, kClause},
    {"offset", Word::kOffset, kClause},
    {"procedure", Word::kProcedure, kClause | kObjectKind | kAnchor},
    {"into", Word::kInto, kClause | kAnchor},
    {"where", Word::kWhere, kClause},
    {"from", Word::kFrom, kClause | kAnchor},
    {"join", Word::kJoin, kClause},
    {"left", Word::kKnown, kClause | kFunction},
    {"right", Word::kKnown, kClause | kFunction},
    {"inner", Word::kKnown, kClause},
    {"outer", Word::kKnown, kClause},
    {"cross", Word::kKnown, kClause},
    {"natural", Word::kKnown, kClause},
    {"on", Word::kOn, kClause},
    {"using", Word::kUsing, kClause},
    {"as", Word::kAs, kClause},
    {"for", Word::kFor, kClause},
    {"asc", Word::kKnown, kClause},
    {"desc", Word::kKnown, kClause},
    {"with", Word::kWith, kClause},
    {"case", Word::kCase, 0},
    {"when", Word::kThen, 0},
    {"then", Word::kThen, 0},
    {"else", Word::kThen, 0},
    {"end", Word::kEnd, 0},
    {"separator", Word::kKnown, kClause},
    {"all", Word::kAll, kUnary | kPrivilege},
    {"distinct", Word::kDistinct, kUnary},
    {"top", Word::kTop, 0},
    {"null", Word::kNull, kConstant},
    {"true", Word::kKnown, kConstant},
    {"false", Word::kKnown, kConstant},
    {"current_user", Word::kKnown, kConstant | kFunctionProbe},
    {"session_user", Word::kKnown, kConstant | kFunctionProbe},
    {"system_user", Word::kKnown, kConstant | kFunctionProbe},
    {"current_database", Word::kKnown, kFunctionProbe},
    {"current_setting", Word::kKnown, kFunctionProbe},
    {"current_date", Word::kKnown, kConstant | kFunction},
    {"current_time", Word::kKnown, kConstant | kFunction},
    {"current_timestamp", Word::kKnown, kConstant | kFunction},
    {"localtime", Word::kKnown, kConstant | kFunction},
    {"localtimestamp", Word::kKnown, kConstant | kFunction},
    {"utc_date", Word::kKnown, kConstant | kFunction},
    {"utc_time", Word::kKnown, kConstant | kFunction},
    {"utc_timestamp", Word::kKnown, kConstant | kFunction},
    {"sysdate", Word::kKnown, kConstant | kFunction},
    {"rownum", Word::kKnown, kConstant},
    {"select", Word::kSelect, kVerb | kPrivilege},
    {"insert", Word::kInsert, kVerb | kPrivilege | kFunction},
    {"update", Word::kUpdate, kVerb | kPrivilege},
    {"delete", Word::kDelete, kVerb | kPrivilege},
    {"drop", Word::kDrop, kVerb | kPrivilege},
    {"alter", Word::kAlter, kVerb | kPrivilege},
    {"create", Word::kCreate, kVerb | kPrivilege},
    {"truncate", Word::kTruncate, kVerb | kPrivilege | kFunction},
    {"exec", Word::kExec, kVerb},
    {"execute", Word::kExecute, kVerb | kPrivilege},
    {"declare", Word::kDeclare, kVerb},
    {"begin", Word::kBegin, kVerb},
    {"shutdown", Word::kShutdown, kVerb},
    {"waitfor", Word::kWaitfor, kVerb},
    {"if", Word::kIf, kVerb | kFunction},
    {"while", Word::kWhile, kVerb},
    {"goto", Word::kGoto, kVerb},
    {"set", Word::kSet, kVerb},
    {"use", Word::kUse, kVerb},
    {"grant", Word::kGrant, kVerb},
    {"revoke", Word::kRevoke, kVerb},
    {"load", Word::kLoad, kVerb},
    {"do", Word::kDo, kVerb},
    {"merge", Word::kKnown, 0},
    {"replace", Word::kKnown, kFunction},
    {"table", Word::kTable, kObjectKind},
    {"database", Word::kDatabase, kObjectKind | kFunctionProbe},
    {"schema", Word::kDatabase, kObjectKind | kFunctionProbe},
    {"view", Word::kKnown, kObjectKind},
    {"index", Word::kKnown, kObjectKind},
    {"trigger", Word::kKnown, kObjectKind | kPrivilege},
    {"sequence", Word::kKnown, kObjectKind},
    {"role", Word::kKnown, kObjectKind},
    {"login", Word::kUserAttribute, kObjectKind},
    {"function", Word::kFunctionWord, kObjectKind},
    {"tablespace", Word::kKnown, kObjectKind},
    {"column", Word::kColumn, 0},
    {"user", Word::kUser, kObjectKind | kFunctionProbe},
    {"values", Word::kValues, 0},
    {"cascade", Word::kCascade, 0},
    {"restrict", Word::kRestrict, 0},
    {"restart", Word::kRestart, 0},
    {"continue", Word::kContinue, 0},
    {"add", Word::kAdd, 0},
    {"rename", Word::kRename, 0},
    {"modify", Word::kModify, 0},
    {"change", Word::kChange, 0},
    {"enable", Word::kEnable, 0},
    {"disable", Word::kDisable, 0},
    {"owner", Word::kOwner, 0},
    {"identified", Word::kIdentified, 0},
    {"superuser", Word::kUserAttribute, 0},
    {"createdb", Word::kUserAttribute, 0},
    {"createrole", Word::kUserAttribute, 0},
    {"valid", Word::kValid, 0},
    {"password", Word::kPassword, kFunction},
    {"option", Word::kOption, 0},
    {"to", Word::kTo, 0},
    {"delay", Word::kDelay, 0},
    {"time", Word::kTime, kFunction},
    {"outfile", Word::kOutfile, 0},
    {"dumpfile", Word::kDumpfile, 0},
    {"analyse", Word::kAnalyse, kFunction},
    {"data", Word::kData, 0},
    {"xml", Word::kXml, 0},
    // What scripts hold between statements.
    {"commit", Word::kScript, 0},
    {"rollback", Word::kScript, 0},
    {"start", Word::kScript, 0},
    {"explain", Word::kScript, 0},
    {"analyze", Word::kScript, 0},
    {"vacuum", Word::kScript, 0},
    {"pragma", Word::kScript, 0},
    {"show", Word::kScript, 0},
    {"go", Word::kScript, 0},
    {"comment", Word::kScript, 0},
    // What people write after the name of a command when they talk about it.
    {"the", Word::kProse, 0},
    {"an", Word::kProse, 0},
    {"this", Word::kProse, 0},
    {"statement", Word::kProse, 0},
    {"statements", Word::kProse, 0},
    {"command", Word::kProse, 0},
    {"commands", Word::kProse, 0},
    {"query", Word::kProse, 0},
    {"queries", Word::kProse, 0},
    {"clause", Word::kProse, 0},
    {"clauses", Word::kProse, 0},
    {"syntax", Word::kProse, 0},
    {"operation", Word::kProse, 0},
    {"operations", Word::kProse, 0},
    {"privilege", Word::kProse, 0},
    {"privileges", Word::kProse, 0},
    {"injection", Word::kProse, 0},
    {"attack", Word::kProse, 0},
    {"attacks", Word::kProse, 0},
    {"references", Word::kKnown, kPrivilege},
    {"usage", Word::kKnown, kPrivilege},
    {"connect", Word::kKnown, kPrivilege},
    {"temporary", Word::kKnown, kPrivilege},
    {"super", Word::kKnown, kPrivilege},
    {"file", Word::kKnown, kPrivilege},
    {"users", Word::kAdminName, kAnchor},
    {"pg_catalog", Word::kAdminName, kAnchor},
    {"mysql", Word::kAdminName, kAnchor},
    {"int", Word::kInt, 0},
    {"integer", Word::kInt, 0},
    {"information_schema", Word::kInformationSchema, kAnchor},
    {"sys", Word::kSys, kAnchor},
    {"sysobjects", Word::kSysTable, kAnchor},
    {"syscolumns", Word::kSysTable, kAnchor},
    {"sleep", Word::kSleep, kFunctionProbe | kAnchor},
    {"pg_sleep", Word::kPgSleep, kFunctionProbe | kAnchor},
    {"benchmark", Word::kBenchmark, kFunctionProbe | kAnchor},
    {"extractvalue", Word::kExtractvalue, kFunctionProbe | kAnchor},
    {"updatexml", Word::kUpdatexml, kFunctionProbe | kAnchor},
    {"load_file", Word::kLoadFile, kFunctionProbe | kAnchor},
    {"concat", Word::kConcat, kFunction | kAnchor},
    {"concat_ws", Word::kConcat, kFunction | kAnchor},
    {"group_concat", Word::kConcat, kFunction | kAnchor},
    {"convert", Word::kConvert, kFunction | kAnchor},
    {"char", Word::kChar, kFunction | kAnchor},
    {"chr", Word::kChar, kFunction | kAnchor},
    {"nchar", Word::kChar, kFunction | kAnchor},
    {"version", Word::kServerFact, kFunctionProbe},
    {"db_name", Word::kKnown, kFunctionProbe},
    {"user_name", Word::kKnown, kFunctionProbe},
    {"host_name", Word::kKnown, kFunctionProbe},
    {"suser_name", Word::kKnown, kFunctionProbe},
    {"suser_sname", Word::kKnown, kFunctionProbe},
    {"is_srvrolemember", Word::kKnown, kFunctionProbe},
    {"connection_id", Word::kKnown, kFunctionProbe},
    {"last_insert_id", Word::kKnown, kFunctionProbe},
    {"row_count", Word::kKnown, kFunctionProbe},
    {"found_rows", Word::kKnown, kFunctionProbe},
    {"get_lock", Word::kKnown, kFunctionProbe},
    {"name_const", Word::kKnown, kFunctionProbe},
    {"json_keys", Word::kKnown, kFunctionProbe},
    {"gtid_subset", Word::kKnown, kFunctionProbe},
    {"xmltype", Word::kKnown, kFunctionProbe},
    {"dblink", Word::kKnown, kFunctionProbe},
    {"dbms_pipe", Word::kKnown, kFunctionProbe},
    {"utl_inaddr", Word::kKnown, kFunctionProbe},
    {"utl_http", Word::kKnown, kFunctionProbe},
    {"ctxsys", Word::kKnown, kFunctionProbe},
    {"randomblob", Word::kKnown, kFunctionProbe},
    {"sqlite_version", Word::kKnown, kFunctionProbe},
    {"load_extension", Word::kKnown, kFunctionProbe},
    {"pg_read_file", Word::kKnown, kFunctionProbe},
    {"pg_ls_dir", Word::kKnown, kFunctionProbe},
    {"query_to_xml", Word::kKnown, kFunctionProbe},
    {"database_to_xml", Word::kKnown, kFunctionProbe},
    {"openrowset", Word::kKnown, kFunctionProbe},
    {"procedure_analyse", Word::kKnown, kFunctionProbe},
    {"aes_encrypt", Word::kKnown, kFunction},
    {"aes_decrypt", Word::kKnown, kFunction},
    {"des_encrypt", Word::kKnown, kFunction},
    {"des_decrypt", Word::kKnown, kFunction},
    {"encode", Word::kKnown, kFunction},
    {"decode", Word::kKnown, kFunction},
    {"compress", Word::kKnown, kFunction},
    {"uncompress", Word::kKnown, kFunction},
    {"ascii", Word::kKnown, kFunction},
    {"ord", Word::kKnown, kFunction},
    {"unicode", Word::kKnown, kFunction},
    {"substr", Word::kKnown, kFunction},
    {"substring", Word::kKnown, kFunction},
    {"substring_index", Word::kKnown, kFunction},
    {"mid", Word::kKnown, kFunction},
    {"lower", Word::kKnown, kFunction},
    {"upper", Word::kKnown, kFunction},
    {"lcase", Word::kKnown, kFunction},
    {"ucase", Word::kKnown, kFunction},
    {"hex", Word::kKnown, kFunction},
    {"unhex", Word::kKnown, kFunction},
    {"rawtohex", Word::kKnown, kFunction},
    {"bin", Word::kKnown, kFunction},
    {"conv", Word::kKnown, kFunction},
    {"length", Word::kKnown, kFunction},
    {"len", Word::kKnown, kFunction},
    {"char_length", Word::kKnown, kFunction},
    {"bit_length", Word::kKnown, kFunction},
    {"cast", Word::kKnown, kFunction},
    {"coalesce", Word::kKnown, kFunction},
    {"ifnull", Word::kKnown, kFunction},
    {"isnull", Word::kKnown, kFunction},
    {"nullif", Word::kKnown, kFunction},
    {"nvl", Word::kKnown, kFunction},
    {"iif", Word::kKnown, kFunction},
    {"elt", Word::kKnown, kFunction},
    {"field", Word::kKnown, kFunction},
    {"find_in_set", Word::kKnown, kFunction},
    {"make_set", Word::kKnown, kFunction},
    {"export_set", Word::kKnown, kFunction},
    {"instr", Word::kKnown, kFunction},
    {"locate", Word::kKnown, kFunction},
    {"position", Word::kKnown, kFunction},
    {"strcmp", Word::kKnown, kFunction},
    {"soundex", Word::kKnown, kFunction},
    {"reverse", Word::kKnown, kFunction},
    {"repeat", Word::kKnown, kFunction},
    {"space", Word::kKnown, kFunction},
    {"trim", Word::kKnown, kFunction},
    {"quote", Word::kKnown, kFunction},
    {"quotename", Word::kKnown, kFunction},
    {"md5", Word::kKnown, kFunction},
    {"sha1", Word::kKnown, kFunction},
    {"sha2", Word::kKnown, kFunction},
    {"crc32", Word::kKnown, kFunction},
    {"rand", Word::kKnown, kFunction},
    {"random", Word::kKnown, kFunction},
    {"newid", Word::kKnown, kFunction},
    {"uuid", Word::kKnown, kFunction},
    {"floor", Word::kKnown, kFunction},
    {"round", Word::kKnown, kFunction},
    {"ceil", Word::kKnown, kFunction},
    {"abs", Word::kKnown, kFunction},
    {"exp", Word::kKnown, kFunction},
    {"pow", Word::kKnown, kFunction},
    {"power", Word::kKnown, kFunction},
    {"sin", Word::kKnown, kFunction},
    {"cos", Word::kKnown, kFunction},
    {"tan", Word::kKnown, kFunction},
    {"pi", Word::kKnown, kFunction},
    {"sqrt", Word::kKnown, kFunction},
    {"count", Word::kKnown, kFunction},
    {"sum", Word::kKnown, kFunction},
    {"min", Word::kKnown, kFunction},
    {"max", Word::kKnown, kFunction},
    {"avg", Word::kKnown, kFunction},
    {"now", Word::kKnown, kFunction},
    {"curdate", Word::kKnown, kFunction},
    {"curtime", Word::kKnown, kFunction},
    {"getdate", Word::kKnown, kFunction},
    {"unix_timestamp", Word::kKnown, kFunction},
    {"from_unixtime", Word::kKnown, kFunction},
    {"date_format", Word::kKnown, kFunction},
    {"generate_series", Word::kKnown, kFunction},
    {"row", Word::kKnown, kFunction},
    {"multipoint", Word::kKnown, kFunction},
    {"polygon", Word::kKnown, kFunction},
    {"multipolygon", Word::kKnown, kFunction},
    {"linestring", Word::kKnown, kFunction},
    {"geometrycollection", Word::kKnown, kFunction},
    {"to_char", Word::kKnown, kFunction},
    {"to_number", Word::kKnown, kFunction},
    {"json_extract", Word::kKnown, kFunction},
    {"object_id", Word::kKnown, kFunction},
    {"col_name", Word::kKnown, kFunction},
};

constexpr std::size_t kSlots = 4096;     // a power of two, over ten times the number of keywords
constexpr std::uint16_t kMore = 0x8000;  // another keyword with this hash stands in the next slot
constexpr std::uint64_t kLowerBits = 0x2020202020202020U;

// The first sixteen bytes of a word as two numbers, with 0x20 set in each byte: that maps letters
// to lower case and leaves digits alone. Unused bytes are zero. Words are compared as a whole this
// way, without a loop over their length.
struct Key {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  constexpr bool operator==(const Key&) const = default;
};

constexpr std::uint64_t MaskOf(std::size_t bytes) {
  return bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * bytes)) - 1;
}

constexpr Key MakeKey(std::string_view word) {
  Key key;
  for (std::size_t i = 0; i < word.size() && i < 16; ++i) {
    const std::uint64_t byte = static_cast<unsigned char>(word[i]) | 0x20U;
    (i < 8 ? key.low : key.high) |= byte << (8 * (i % 8));
  }
  return key;
}

constexpr std::size_t Hash(const Key& key) {
  const std::uint64_t mixed = (key.low * 0x9E3779B97F4A7C15U) ^ (key.high * 0xC2B2AE3D27D4EB4FU);
  return static_cast<std::size_t>(mixed >> 40) & (kSlots - 1);
}

struct Slots {
  std::array<std::uint16_t, kSlots> number{};  // of the keyword; 0 is free
  std::array<Key, std::size(kKeywords)> keys{};
};

constexpr Slots BuildSlots() {
  Slots slots;
  for (std::size_t i = 1; i < std::size(kKeywords); ++i) {
    slots.keys[i] = MakeKey(kKeywords[i].text);
    std::size_t slot = Hash(slots.keys[i]);
    while (slots.number[slot] != 0) {
      slots.number[slot] |= kMore;
      slot = (slot + 1) & (kSlots - 1);
    }
    slots.number[slot] = static_cast<std::uint16_t>(i);
  }
  return slots;
}

constexpr Slots kSlotTable = BuildSlots();
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool EqualsLower(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Lower(word[i]) != lower[i]) return false;
  }
  return true;
}

Key LoadKey(std::string_view text, std::size_t begin, std::size_t size) {
  if constexpr (std::endian::native != std::endian::little)
    return MakeKey(text.substr(begin, size));
  if (begin + 16 > text.size()) return MakeKey(text.substr(begin, size));
  Key key;
  std::memcpy(&key.low, text.data() + begin, 8);
  std::memcpy(&key.high, text.data() + begin + 8, 8);
  const std::uint64_t low_mask = MaskOf(size);
  const std::uint64_t high_mask = size > 8 ? MaskOf(size - 8) : 0;
  key.low = (key.low | kLowerBits) & low_mask;
  key.high = (key.high | kLowerBits) & high_mask;
  return key;
}

}  // namespace

// Straight-line on purpose: which words a text holds is unpredictable, so a branch for each would
// cost more than the work it saves.
const Keyword& FindKeyword(std::string_view text, std::size_t begin, std::size_t size) {
  if (size > kKeywordLengthMax) return kKeywords[0];
  const Key key = LoadKey(text, begin, size);
  std::size_t slot = Hash(key);
  std::size_t number = kSlotTable.number[slot];
  while ((number & kMore) != 0 && kSlotTable.keys[number & ~kMore] != key) {
    slot = (slot + 1) & (kSlots - 1);
    number = kSlotTable.number[slot];
  }
  number &= static_cast<std::size_t>(~kMore);
  const Key& found = kSlotTable.keys[number];
  const std::uint64_t difference = (found.low ^ key.low) | (found.high ^ key.high);
  const Keyword& keyword = kKeywords[difference == 0 ? number : 0];
  if (size > 16 && !EqualsLower(text.substr(begin, size), keyword.text)) return kKeywords[0];
  return keyword;
}

}  // namespace axonflow::policy::sql
