#pragma once

#include <memory>
#include <string>

#include "app/app.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/client_directory.h"
#include "settings/settings.h"
#include "store/database.h"

namespace axonflow::cli {

// The settings and the folder that a command works on, as the server would see them.
struct Node {
  settings::Settings settings;
  app::DataDirectory directory;
  OrgId org;
};

// Reads the settings from the environment; `data_dir`, when not empty, goes before
// AXONFLOW_DATA_DIR. Opens nothing.
Result<Node> LoadNode(const std::string& data_dir);

// The database of a node that has one. kUnavailable, with what to do, when there is no file yet:
// reading commands must not leave an empty database in a folder that was mistyped.
Result<std::unique_ptr<store::Database>> OpenExistingDatabase(const Node& node);

// The tenants and clients of a node, with the database they are in.
struct OpenDirectory {
  std::unique_ptr<store::Database> database;
  std::unique_ptr<identity::ClientDirectory> clients;
};

// Makes the folder, the database, its tables and the pepper when they are missing, so that clients
// can be made before the first start.
Result<OpenDirectory> OpenClientDirectory(const Node& node);
Result<OpenDirectory> OpenClientDirectory(const std::string& data_dir);  // after LoadNode

}  // namespace axonflow::cli
