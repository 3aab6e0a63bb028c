#include <string>

#include "api/router.h"
#include "base/json_writer.h"
#include "cli/commands.h"

namespace axonflow::cli {
namespace {

std::string_view ToString(api::Auth auth) {
  switch (auth) {
    case api::Auth::kNone:
      return "none";
    case api::Auth::kClient:
      return "client";
    case api::Auth::kModelClient:
      return "model client";
  }
  return "";
}

}  // namespace

ExitCode RunRoutes(const ResultOptions& options) {
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Key("routes").BeginArray();
    for (const api::Route& route : api::Routes()) {
      json.BeginObject()
          .Field("method", route.method)
          .Field("path", route.path)
          .Field("credential", ToString(route.auth))
          .Field("plane", route.plane)
          .Field("request_type", route.request_type)
          .EndObject();
    }
    json.EndArray().EndObject();
    Print(json.text());
    return ExitCode::kOk;
  }
  TextTable table({"METHOD", "PATH", "CREDENTIAL", "PLANE"});
  for (const api::Route& route : api::Routes()) {
    table.AddRow({std::string(route.method), std::string(route.path),
                  std::string(ToString(route.auth)),
                  route.plane.empty() ? "-" : std::string(route.plane)});
  }
  Print(table.ToString());
  return ExitCode::kOk;
}

}  // namespace axonflow::cli
