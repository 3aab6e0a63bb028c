#include "cli/node.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "app/open_store.h"
#include "secrets/configuration.h"

namespace axonflow::cli {

Result<Node> LoadNode(const std::string& data_dir) {
  std::map<std::string, std::string> environment = settings::ProcessEnvironment();
  if (!data_dir.empty()) environment["AXONFLOW_DATA_DIR"] = data_dir;
  Result<settings::Settings> settings = settings::Settings::Load(environment);
  if (!settings) return settings.error();
  if (const Status resolved = secrets::ResolveSecretSettings(*settings); !resolved) {
    return resolved.error();
  }
  app::DataDirectory directory{settings->String("AXONFLOW_DATA_DIR")};
  OrgId org(settings->String("ORG_ID"));
  return Node{std::move(*settings), std::move(directory), std::move(org)};
}

Result<std::unique_ptr<store::Database>> OpenExistingDatabase(const Node& node) {
  if (app::UsesPostgres(node.settings)) return app::OpenStoreAsItIs(node.settings, node.directory);
  const std::filesystem::path file = node.directory.database();
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) {
    const std::string why = failed ? ": " + failed.message() : " does not exist";
    return Error{
        ErrorCode::kUnavailable,
        file.string() + why + "; give the node's folder with --data-dir or AXONFLOW_DATA_DIR"};
  }
  return app::OpenStoreAsItIs(node.settings, node.directory);
}

Result<OpenDirectory> OpenClientDirectory(const Node& node) {
  if (const Status made = node.directory.Create(); !made) return made.error();
  Result<std::unique_ptr<store::Database>> database = app::OpenStore(node.settings, node.directory);
  if (!database) return database.error();
  Result<Secret> pepper = identity::LoadOrCreatePepper(node.directory.pepper().string());
  if (!pepper) return pepper.error();
  auto clients =
      std::make_unique<identity::ClientDirectory>(**database, node.org, std::move(*pepper));
  return OpenDirectory{std::move(*database), std::move(clients)};
}

Result<OpenDirectory> OpenClientDirectory(const std::string& data_dir) {
  const Result<Node> node = LoadNode(data_dir);
  if (!node) return node.error();
  return OpenClientDirectory(*node);
}

}  // namespace axonflow::cli
