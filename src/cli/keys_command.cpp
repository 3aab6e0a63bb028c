#include "cli/keys_command.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/json_writer.h"
#include "base/time.h"
#include "cli/node.h"
#include "secrets/configuration.h"
#include "secrets/credentials.h"
#include "secrets/key_ring.h"

namespace axonflow::cli {
namespace {

using secrets::Credentials;

struct OpenCredentials {
  std::unique_ptr<store::Database> database;
  secrets::Sealing sealing;
};

Result<OpenCredentials> Open(const NodeOptions& options) {
  const Result<Node> node = LoadNode(options.data_dir);
  if (!node) return node.error();
  auto sealing = secrets::ConfigureSealing(node->settings);
  if (!sealing) return sealing.error();
  auto database = OpenExistingDatabase(*node);
  if (!database) return database.error();
  return OpenCredentials{std::move(*database), std::move(*sealing)};
}

std::string Count(std::int64_t count) { return std::to_string(count); }

}  // namespace

ExitCode RunKeysGenerate(const KeysGenerateOptions& options) {
  std::string id = options.id;
  if (id.empty()) id = "key-" + FormatRfc3339(Now()).substr(0, 10);
  const Result<Secret> key = secrets::GenerateKey(id);
  if (!key) return Fail(key.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("id", id).Field("key", key->Reveal()).EndObject();
    Print(json.text());
  } else {
    Print(std::string(key->Reveal()));
  }
  return ExitCode::kOk;
}

ExitCode RunKeysStatus(const NodeOptions& options) {
  const auto open = Open(options);
  if (!open) return Fail(open.error());
  const auto counts = Credentials(*open->database, open->sealing).Count();
  if (!counts) return Fail(counts.error());
  const std::vector<std::string> ids = open->sealing.ring->ids();
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Key("keys").BeginArray();
    for (const std::string& id : ids) json.String(id);
    json.EndArray()
        .Field("sealed", counts->sealed)
        .Field("under_other_keys", counts->under_other_keys)
        .Field("plaintext", counts->plaintext)
        .EndObject();
    Print(json.text());
    return ExitCode::kOk;
  }
  std::string keys;
  for (const std::string& id : ids) keys += (keys.empty() ? "" : ", ") + id;
  Print("keys              " + (keys.empty() ? std::string("none") : keys));
  Print("sealed            " + Count(counts->sealed));
  Print("under other keys  " + Count(counts->under_other_keys));
  Print("plain text        " + Count(counts->plaintext));
  return ExitCode::kOk;
}

ExitCode RunKeysRotate(const NodeOptions& options) {
  const auto open = Open(options);
  if (!open) return Fail(open.error());
  const bool text = options.output == OutputFormat::kText;
  const auto rotation =
      Credentials(*open->database, open->sealing).Rotate([&](const Credentials::Rotation& done) {
        if (text) std::cerr << "sealed anew so far: " << done.sealed_anew << "\n";
      });
  if (!rotation) return Fail(rotation.error());
  if (text) {
    Print("sealed anew under \"" + open->sealing.ring->primary() +
          "\": " + Count(rotation->sealed_anew));
    if (rotation->failed > 0) Print("do not open, left as they are: " + Count(rotation->failed));
  } else {
    JsonWriter json;
    json.BeginObject()
        .Field("key", open->sealing.ring->primary())
        .Field("sealed_anew", rotation->sealed_anew)
        .Field("failed", rotation->failed)
        .EndObject();
    Print(json.text());
  }
  return rotation->failed == 0 ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli
