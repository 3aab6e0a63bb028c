#pragma once

#include <string>

#include "cli/commands.h"

// The keys that seal stored credentials (docs/secrets.md).
namespace axonflow::cli {

struct KeysGenerateOptions : ResultOptions {
  std::string id;  // empty: "key-" and the date
};
ExitCode RunKeysGenerate(const KeysGenerateOptions& options);

// How many credentials are sealed under which key.
ExitCode RunKeysStatus(const NodeOptions& options);

// Seals every stored credential under the first key of the ring.
ExitCode RunKeysRotate(const NodeOptions& options);

}  // namespace axonflow::cli
