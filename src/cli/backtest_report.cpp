#include "cli/backtest_report.h"

#include <cstdint>
#include <map>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "cli/output.h"

namespace axonflow::cli {
namespace {

using governance::Backtest;

std::string Joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ", ") + id;
  return out;
}

std::string Number(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string HeadText(const BacktestReport& report, BacktestSource source) {
  const Backtest& backtest = report.backtest;
  std::string out = Number(backtest.replayed(), "decision", "decisions") + " replayed, " +
                    std::to_string(backtest.changed()) + " would come out otherwise";
  if (backtest.unreplayable() == 0) return out;
  if (source == BacktestSource::kRecords) {
    return out + "\n" + Number(backtest.unreplayable(), "record", "records") +
           " could not be replayed: the record of a text that was redacted, or longer than 1 KiB, "
           "does not\nhold the whole text, and refusals before the policies have none";
  }
  out += "\n" + Number(backtest.unreplayable(), "line", "lines") + " could not be replayed:";
  for (const std::string& reason : report.reasons) out += "\n  " + ForTerminal(reason);
  if (report.reasons.size() < backtest.unreplayable()) out += "\n  ...";
  return out;
}

std::string MatrixText(const Backtest::Matrix& matrix) {
  TextTable table({"WAS", "WOULD BE", "COUNT", "FOR EXAMPLE"});
  for (const auto& [outcomes, cell] : matrix) {
    table.AddRow(
        {outcomes.first, outcomes.second, std::to_string(cell.count), Joined(cell.sample_ids)});
  }
  return table.ToString();
}

std::string GroupsText(const std::string& heading,
                       const std::map<std::string, Backtest::Matrix>& groups) {
  TextTable table({heading, "WAS", "WOULD BE", "COUNT", "FOR EXAMPLE"});
  for (const auto& [name, matrix] : groups) {
    for (const auto& [outcomes, cell] : matrix) {
      table.AddRow({name.empty() ? "-" : name, outcomes.first, outcomes.second,
                    std::to_string(cell.count), Joined(cell.sample_ids)});
    }
  }
  return table.ToString();
}

std::string PoliciesText(const std::map<std::string, Backtest::PolicyCount>& policies) {
  TextTable table({"POLICY", "MATCHED", "WOULD MATCH", "DIFFERS IN"});
  for (const auto& [id, count] : policies) {
    table.AddRow({id, std::to_string(count.matched), std::to_string(count.would_match),
                  Joined(count.sample_ids)});
  }
  return table.ToString();
}

}  // namespace

std::string ReportAsText(const BacktestReport& report, BacktestSource source) {
  const Backtest& backtest = report.backtest;
  std::string out = HeadText(report, source);
  if (backtest.replayed() == 0) return out;
  out += "\n\n" + MatrixText(backtest.matrix());
  if (!backtest.by_policy().empty()) out += "\n\n" + PoliciesText(backtest.by_policy());
  out += "\n\n" + GroupsText("TENANT", backtest.by_tenant());
  return out + "\n\n" + GroupsText("PLANE", backtest.by_plane());
}

std::string ReportAsJson(const BacktestReport& report) {
  JsonDocument document;
  const std::string members = governance::ToJson(report.backtest);
  const auto root = document.Parse(members);
  JsonWriter json;
  json.BeginObject();
  if (root) {
    root->ForEachMember(
        [&](std::string_view key, JsonValue value) { json.Key(key).Raw(value.ToString()); });
  }
  json.Key("reasons").BeginArray();
  for (const std::string& reason : report.reasons) json.String(reason);
  json.EndArray().EndObject();
  return std::move(json).Take();
}

}  // namespace axonflow::cli
