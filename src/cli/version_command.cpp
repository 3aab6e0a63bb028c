#include <string>

#include "app/version.h"
#include "base/json_writer.h"
#include "cli/commands.h"

namespace axonflow::cli {

ExitCode RunVersion(const ResultOptions& options) {
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("version", app::kVersion).Field("compiler", __VERSION__);
    json.EndObject();
    Print(json.text());
  } else {
    Print(std::string("axonflow ") + app::kVersion);
  }
  return ExitCode::kOk;
}

}  // namespace axonflow::cli
