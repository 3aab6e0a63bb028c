#include "cli/backtest_input.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <utility>

#include "api/tool_target.h"
#include "audit/audit_store.h"
#include "base/json.h"

namespace axonflow::cli {
namespace {

constexpr std::int64_t kSpanMax = 100'000;  // of hours, minutes or days

Error Malformed(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

// The texts of a line by name, all of them strings or absent.
struct Texts {
  std::string id, text, was, plane, tenant, connector, tool_signature, user_email, user_role;
};

Status ReadTexts(JsonValue object, Texts& texts) {
  const std::array<std::pair<std::string_view, std::string*>, 9> members{
      {{"id", &texts.id},
       {"text", &texts.text},
       {"was", &texts.was},
       {"plane", &texts.plane},
       {"tenant", &texts.tenant},
       {"connector", &texts.connector},
       {"tool_signature", &texts.tool_signature},
       {"user_email", &texts.user_email},
       {"user_role", &texts.user_role}}};
  for (const auto& [name, text] : members) {
    const auto value = object.Find(name);
    if (!value) continue;
    const auto found = value->AsString();
    if (!found) return Malformed(std::string(name) + " must be a string");
    *text = *found;
  }
  return {};
}

}  // namespace

Result<governance::PastDecision> ParseBacktestLine(std::string_view line, std::size_t number,
                                                   std::string_view tenant_default) {
  JsonDocument document;
  const auto root = document.Parse(line);
  if (!root) return root.error();
  if (root->type() != JsonType::kObject) return Malformed("is no JSON object");
  if (!root->Find("text")) return Malformed("has no text");
  Texts texts;
  if (auto read = ReadTexts(*root, texts); !read) return read.error();
  const auto plane = policy::ParsePlane(texts.plane.empty() ? "gateway" : texts.plane);
  if (!plane) return Malformed("plane must be gateway, decision, mcp or proxy");
  governance::PastDecision past;
  past.id = texts.id.empty() ? "line " + std::to_string(number) : std::move(texts.id);
  if (!texts.was.empty()) past.was = audit::CanonicalVerdict(texts.was);
  if (past.was == policy::ToString(policy::Outcome::kError)) {
    return Malformed("was must be allowed, redacted, needs_approval or blocked");
  }
  governance::Exchange& exchange = past.exchange;
  exchange.plane = *plane;
  exchange.text = std::move(texts.text);
  exchange.connector = std::move(texts.connector);
  exchange.tool_signature = std::move(texts.tool_signature);
  exchange.sql_capable_target = api::IsSqlCapable(exchange.connector);
  exchange.principal.tenant =
      TenantId(texts.tenant.empty() ? std::string(tenant_default) : std::move(texts.tenant));
  exchange.principal.user_email = std::move(texts.user_email);
  exchange.principal.user_role = std::move(texts.user_role);
  return past;
}

Status ForEachLine(const std::string& file,
                   const std::function<Status(std::string_view line, std::size_t number)>& take) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) return Error{ErrorCode::kUnavailable, file + ": cannot be opened"};
  }
  std::istream& stream = file == "-" ? std::cin : opened;
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    if (auto taken = take(line, number); !taken) return taken;
  }
  if (stream.bad()) return Error{ErrorCode::kUnavailable, file + ": cannot be read"};
  return {};
}

std::optional<Time> ParseSince(std::string_view text, Time now) {
  std::int64_t count = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (status == std::errc{} && end + 1 == text.data() + text.size()) {
    if (count < 0 || count > kSpanMax) return std::nullopt;
    if (*end == 'm') return now - std::chrono::minutes(count);
    if (*end == 'h') return now - std::chrono::hours(count);
    if (*end == 'd') return now - std::chrono::days(count);
    return std::nullopt;
  }
  return ParseRfc3339(text);
}

}  // namespace axonflow::cli
