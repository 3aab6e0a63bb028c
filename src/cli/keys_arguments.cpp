#include <memory>

#include "cli/arguments.h"
#include "cli/keys_command.h"

namespace axonflow::cli {

void AddKeysCommands(CLI::App& app, Picked& picked) {
  CLI::App* keys = AddGroup(
      app, "keys", "Make and change the keys that seal stored credentials.",
      "Examples:\n  axonflow keys generate\n  axonflow keys status\n  axonflow keys rotate");

  auto generate = std::make_shared<KeysGenerateOptions>();
  CLI::App* generate_command = keys->add_subcommand("generate", "Print a fresh key as id:base64.");
  AddOutput(generate_command, *generate);
  generate_command
      ->add_option("--id", generate->id, "Its id, a-z 0-9 - _ (default: key- and the date)")
      ->type_name("ID");
  OnPicked<KeysGenerateOptions>(picked, generate_command, generate, RunKeysGenerate);
  generate_command->footer(
      "Goes to the front of CONNECTOR_ENCRYPTION_KEYS. It is shown once and kept nowhere.\n\n"
      "Example:\n  axonflow keys generate --id 2026-11");

  auto status = std::make_shared<NodeOptions>();
  CLI::App* status_command =
      keys->add_subcommand("status", "Count the credentials under each kind of key.");
  AddNode(status_command, *status);
  OnPicked<NodeOptions>(picked, status_command, status, RunKeysStatus);
  status_command->footer("Changes nothing.\n\nExample:\n  axonflow keys status -o json");

  auto rotate = std::make_shared<NodeOptions>();
  CLI::App* rotate_command =
      keys->add_subcommand("rotate", "Seal every credential under the first key of the ring.");
  AddNode(rotate_command, *rotate);
  OnPicked<NodeOptions>(picked, rotate_command, rotate, RunKeysRotate);
  rotate_command->footer(
      "Works beside running servers, in batches, and may be repeated. Give every server the new\n"
      "ring first: the new key in front, the old one behind it. Exits 1 when a credential does "
      "not\n"
      "open; drop the old key when nothing is left under it.\n\n"
      "Example:\n  axonflow keys rotate");
}

}  // namespace axonflow::cli
