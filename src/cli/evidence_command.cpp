#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <system_error>

#include "app/evidence.h"
#include "app/open_store.h"
#include "audit/evidence_export.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/node.h"

namespace axonflow::cli {
namespace {

constexpr std::size_t kExportBytesMax = std::size_t{8} << 30;
constexpr std::size_t kCheckpointBytesMax = 64 << 10;

Result<audit::KeyRing> RingOf(const std::vector<std::string>& keys) {
  audit::KeyRing ring;
  for (const std::string& text : keys) {
    const auto key = audit::ParsePublicKey(text);
    if (!key) return Error{key.error().code, "--key: " + key.error().message};
    ring.AddRetired(*key);
  }
  return ring;
}

Result<audit::ExportSummary> Export(const AuditExportOptions& options, std::ostream& out) {
  const Result<Node> node = LoadNode(options.data_dir);
  if (!node) return node.error();
  const auto evidence = app::ConfigureEvidence(node->settings, node->directory);
  if (!evidence) return evidence.error();
  const auto database = app::OpenStoreAsItIs(node->settings, node->directory);
  if (!database) return database.error();
  const auto scope = store::OrgScope::ForTenant(node->org, TenantId(options.tenant));
  if (!scope) return scope.error();
  audit::LeafRange range;
  range.first = options.first;
  if (options.end > 0) range.end = options.end;
  return audit::ExportEvidence(**database, *scope, {node->org.str(), options.tenant}, range,
                               *evidence, Now(), [&](std::string_view piece) {
                                 out.write(piece.data(),
                                           static_cast<std::streamsize>(piece.size()));
                                 return out.good();
                               });
}

void PrintCheck(const audit::ExportCheck& check, OutputFormat output) {
  if (output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("ok", check.ok()).Field("records", check.records);
    json.Field("tree_size", check.tree_size).Field("root_hash", audit::Hex(check.root));
    json.Field("unsigned", check.unsigned_items).Field("line", check.broken_line);
    json.Field("reason", check.reason).EndObject();
    Print(json.text());
    return;
  }
  if (!check.ok()) {
    Print("BROKEN at line " + std::to_string(check.broken_line) + ": " + ForTerminal(check.reason));
    return;
  }
  Print((check.unsigned_items == 0 ? "PROVEN: " : "WHOLE, BUT NOT SIGNED: ") +
        std::to_string(check.records) + " records of a log of " + std::to_string(check.tree_size) +
        ", root " + audit::Hex(check.root));
}

// What the server says now, checked against what the witness saw last.
class Witness {
 public:
  Witness(HttpClient& client, const audit::KeyRing& keys) : client_(client), keys_(keys) {}

  // The newest checkpoint, when it continues `last`. kConflict when the server shows another
  // history, kCorrupt when the signature does not verify.
  Result<std::string> Advance(const std::string& last) {
    const auto note = Get("/api/v1/audit/log/checkpoint");
    if (!note) return note.error();
    auto head = Read(*note);
    if (!head || last.empty()) return head ? note : Result<std::string>(head.error());
    const auto seen = Read(last);
    if (!seen) return Error{ErrorCode::kCorrupt, "the saved state: " + seen.error().message};
    if (seen->origin != head->origin) {
      return Error{ErrorCode::kConflict, "the saved state is of another log, " + seen->origin};
    }
    if (seen->size > head->size) {
      return Error{ErrorCode::kConflict, "the log became shorter: " + std::to_string(seen->size) +
                                             " records, " + std::to_string(head->size) + " now"};
    }
    const auto proof = Proof(seen->size, head->size);
    if (!proof) return proof.error();
    if (!audit::merkle::VerifyConsistency(seen->size, seen->root, head->size, head->root, *proof)) {
      return Error{ErrorCode::kConflict,
                   "a second history: the log of " + std::to_string(head->size) +
                       " records does not continue the one of " + std::to_string(seen->size)};
    }
    return note;
  }

 private:
  Result<std::string> Get(const std::string& path) {
    auto answer = client_.Send("GET", path);
    if (!answer) return answer.error();
    if (answer->status != 200) {
      return Error{ErrorCode::kUnavailable, path + " answers " + std::to_string(answer->status)};
    }
    return std::move(answer->body);
  }
  Result<audit::TreeHead> Read(const std::string& note) {
    auto head = audit::ParseCheckpoint(note);
    if (!head) return head.error();
    if (!audit::VerifyHead(*head, keys_)) {
      return Error{ErrorCode::kCorrupt, "the checkpoint is not signed with the given key"};
    }
    return head;
  }
  Result<std::vector<Digest256>> Proof(std::uint64_t first, std::uint64_t second) {
    const auto body = Get("/api/v1/audit/log/consistency?first=" + std::to_string(first) +
                          "&second=" + std::to_string(second));
    if (!body) return body.error();
    JsonDocument document;
    const auto root = document.Parse(*body);
    if (!root) return root.error();
    std::vector<Digest256> proof;
    if (const auto list = root->Find("proof")) {
      list->ForEachElement([&](JsonValue hash) {
        proof.push_back(audit::ParseHexDigest(hash.AsString().value_or("")).value_or(Digest256{}));
      });
    }
    return proof;
  }

  HttpClient& client_;
  const audit::KeyRing& keys_;
};

}  // namespace

ExitCode RunAuditExport(const AuditExportOptions& options) {
  if (options.file.empty() || options.file == "-") {
    const auto done = Export(options, std::cout);
    return done ? ExitCode::kOk : Fail(done.error());
  }
  const std::string unfinished = options.file + ".part";
  std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
  const auto done = Export(options, out);
  out.close();
  std::error_code failed;
  if (done && out.good() && !done->cut_off) {
    std::filesystem::rename(unfinished, options.file, failed);
    if (!failed) return ExitCode::kOk;
  }
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  return done ? Fail(ExitCode::kUnavailable, "cannot write " + options.file) : Fail(done.error());
}

ExitCode VerifyExportFile(const AuditVerifyOptions& options) {
  const auto keys = RingOf(options.keys);
  if (!keys) return Fail(keys.error());
  const auto bytes = ReadFile(options.export_file, kExportBytesMax);
  if (!bytes) return Fail(bytes.error());
  std::string known;
  if (!options.known_head.empty()) {
    auto text = ReadFile(options.known_head, kCheckpointBytesMax);
    if (!text) return Fail(text.error());
    known = std::move(*text);
  }
  const auto check = audit::VerifyExport(*bytes, *keys, known);
  PrintCheck(check, options.output);
  if (!check.ok()) return ExitCode::kNegative;
  return check.unsigned_items == 0 ? ExitCode::kOk : ExitCode::kUsage;
}

ExitCode RunAuditWitness(const AuditWitnessOptions& options) {
  const auto keys = RingOf(options.keys);
  if (!keys) return Fail(keys.error());
  const auto url = ParseHttpUrl(options.url);
  if (!url) return Fail(url.error());
  std::string last;
  if (auto text = ReadFile(options.state, kCheckpointBytesMax)) {
    last = std::move(*text);
  } else if (text.error().code != ErrorCode::kNotFound) {
    return Fail(text.error());
  }
  HttpClient client(*url, options.client_id, options.client_secret);
  const auto note = Witness(client, *keys).Advance(last);
  if (!note) {
    const bool refused =
        note.error().code == ErrorCode::kConflict || note.error().code == ErrorCode::kCorrupt;
    return refused ? Fail(ExitCode::kNegative, note.error().message) : Fail(note.error());
  }
  if (const auto written = WriteFileAtomically(options.state, *note); !written) {
    return Fail(written.error());
  }
  std::cout << *note;
  return ExitCode::kOk;
}

}  // namespace axonflow::cli
