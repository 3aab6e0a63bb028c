#include "cli/policy_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "cli/output.h"

namespace axonflow::cli {
namespace {

using policy_admin::Diff;
using policy_admin::DiffEntry;
using policy_admin::DiffKind;

constexpr std::size_t kValueBytesMax = 200;

std::size_t CountOf(const Diff& diff, DiffKind kind) {
  return static_cast<std::size_t>(std::ranges::count(diff.entries, kind, &DiffEntry::kind));
}

std::string_view HeadOf(DiffKind kind, DiffWording wording) {
  const bool drift = wording == DiffWording::kDrift;
  switch (kind) {
    case DiffKind::kCreate:
      return drift ? "only in the files  " : "+ create  ";
    case DiffKind::kUpdate:
      return drift ? "differs            " : "~ update  ";
    case DiffKind::kDelete:
      return drift ? "only in the store  " : "- delete  ";
    case DiffKind::kUnchanged:
      break;
  }
  return "  unchanged  ";
}

std::string Shown(const std::string& value) {
  if (value.size() <= kValueBytesMax) return ForTerminal(value);
  return ForTerminal(Utf8Prefix(value, kValueBytesMax)) + "...";
}

std::string Number(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun);
}

std::string CountLine(const Diff& diff, std::string_view owner, DiffWording wording) {
  const std::size_t created = CountOf(diff, DiffKind::kCreate);
  const std::size_t updated = CountOf(diff, DiffKind::kUpdate);
  const std::size_t deleted = CountOf(diff, DiffKind::kDelete);
  const std::size_t unchanged = CountOf(diff, DiffKind::kUnchanged);
  const std::string whose = std::string(owner) + ": ";
  if (!diff.Changes()) {
    const std::string same = Number(unchanged, unchanged == 1 ? "policy" : "policies");
    if (wording == DiffWording::kDrift) return whose + "no drift, " + same;
    return whose + "nothing to change, " + same;
  }
  if (wording == DiffWording::kDrift) {
    return whose + Number(created, "only in the files, ") + Number(updated, "different, ") +
           Number(deleted, "only in the store, ") + Number(unchanged, "the same");
  }
  if (wording == DiffWording::kDone) {
    return whose + Number(created, "created, ") + Number(updated, "updated, ") +
           Number(deleted, "deleted, ") + Number(unchanged, "unchanged");
  }
  return whose + Number(created, "to create, ") + Number(updated, "to update, ") +
         Number(deleted, "to delete, ") + Number(unchanged, "unchanged");
}

}  // namespace

std::string DiffAsText(const Diff& diff, std::string_view owner, DiffWording wording) {
  std::string out;
  for (const DiffEntry& entry : diff.entries) {
    if (entry.kind == DiffKind::kUnchanged) continue;
    out += std::string(HeadOf(entry.kind, wording)) +
           std::string(policy_admin::ToString(entry.policy_kind)) + " " + ForTerminal(entry.slug) +
           " (" + ForTerminal(entry.name) + ")\n";
    for (const auto& field : entry.fields) {
      const std::string before = Shown(field.before);
      const std::string after = Shown(field.after);
      out += "      " + field.field + ": ";
      out += wording == DiffWording::kDrift ? "store " + before + ", files " + after
                                            : before + " -> " + after;
      out += '\n';
    }
  }
  return out + CountLine(diff, owner, wording);
}

std::string DiffAsJson(const Diff& diff, std::string_view tier, std::string_view owner_id,
                       DiffWording wording) {
  JsonWriter json;
  json.BeginObject().Field("tier", tier);
  json.Field(tier == "organization" ? "organization_id" : "tenant_id", owner_id);
  json.Field("changes", diff.Changes()).Field("applied", wording == DiffWording::kDone);
  for (const DiffKind kind :
       {DiffKind::kCreate, DiffKind::kUpdate, DiffKind::kDelete, DiffKind::kUnchanged}) {
    json.Field(policy_admin::ToString(kind), static_cast<std::uint64_t>(CountOf(diff, kind)));
  }
  json.Key("policies").BeginArray();
  for (const DiffEntry& entry : diff.entries) {
    json.BeginObject().Field("change", policy_admin::ToString(entry.kind));
    json.Field("kind", policy_admin::ToString(entry.policy_kind)).Field("id", entry.slug);
    json.Field("name", entry.name).Field("version", entry.version).Key("fields").BeginArray();
    for (const auto& field : entry.fields) {
      json.BeginObject().Field("field", field.field).Key("before").Raw(field.before);
      json.Key("after").Raw(field.after).EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

}  // namespace axonflow::cli
