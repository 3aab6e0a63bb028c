#include "audit/checkpoint.h"

#include <charconv>
#include <vector>

#include "audit/evidence.h"

namespace axonflow::audit {

namespace {

constexpr std::string_view kSignatureLine = "\u2014 ";
constexpr std::string_view kTime = "time ";
constexpr std::size_t kKeyHashBytes = 4;
constexpr std::size_t kNoteBytesMax = 64 << 10;

void AppendEscaped(std::string_view text, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

Error Malformed(std::string_view what) {
  return Error{ErrorCode::kInvalidArgument, "not a checkpoint: " + std::string(what)};
}

// Cuts the first line off `text`; false when there is no line end.
bool TakeLine(std::string_view& text, std::string_view& line) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

std::string LogOrigin(std::string_view org, std::string_view tenant) {
  std::string origin = "axonflow/";
  AppendEscaped(org, origin);
  origin.push_back('/');
  AppendEscaped(tenant, origin);
  return origin;
}

std::string CheckpointText(const TreeHead& head) {
  return head.origin + "\n" + std::to_string(head.size) + "\n" + Base64Encode(AsBytes(head.root)) +
         "\n" + std::string(kTime) + FormatRfc3339(head.signed_at) + "\n";
}

std::string NoteKeyHash(std::string_view name, const PublicKey& key) {
  std::string text(name);
  text.push_back('\n');
  text.push_back('\x01');
  text.append(reinterpret_cast<const char*>(key.data()), key.size());
  return std::string(AsBytes(Sha256(text)).substr(0, kKeyHashBytes));
}

std::string SignedCheckpoint(const TreeHead& head, const PublicKey* key) {
  std::string note = CheckpointText(head);
  if (key == nullptr || head.signature.empty()) return note;
  note.append("\n").append(kSignatureLine).append(head.origin).append(" ");
  note.append(Base64Encode(NoteKeyHash(head.origin, *key) + head.signature)).append("\n");
  return note;
}

Result<TreeHead> ParseCheckpoint(std::string_view note) {
  if (note.size() > kNoteBytesMax) return Malformed("it is too long");
  TreeHead head;
  std::string_view line;
  if (!TakeLine(note, line) || line.empty()) return Malformed("no origin");
  head.origin = line;
  if (!TakeLine(note, line)) return Malformed("no size");
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), head.size);
  if (parsed.ec != std::errc() || std::to_string(head.size) != line) return Malformed("no size");
  if (!TakeLine(note, line)) return Malformed("no root");
  const auto root = Base64Decode(line);
  const auto digest = root ? DigestFromBytes(*root) : std::nullopt;
  if (!digest) return Malformed("no root");
  head.root = *digest;
  if (!TakeLine(note, line) || !line.starts_with(kTime)) return Malformed("no time");
  const auto time = ParseRfc3339(line.substr(kTime.size()));
  if (!time || FormatRfc3339(*time) != line.substr(kTime.size())) return Malformed("no time");
  head.signed_at = *time;
  if (note.empty()) return head;
  if (!TakeLine(note, line) || !line.empty()) return Malformed("no empty line before signatures");
  while (TakeLine(note, line)) {
    const auto name = std::string(kSignatureLine) + head.origin + " ";
    if (!line.starts_with(kSignatureLine)) return Malformed("a signature line");
    if (!line.starts_with(name) || !head.signature.empty()) continue;
    const auto bytes = Base64Decode(line.substr(name.size()));
    if (!bytes || bytes->size() != kKeyHashBytes + sizeof(Signature)) {
      return Malformed("a signature");
    }
    head.signature = bytes->substr(kKeyHashBytes);
  }
  return note.empty() ? Result<TreeHead>(std::move(head)) : Malformed("no line end");
}

void SignHead(const SigningKey& key, std::string_view key_id, TreeHead& head) {
  const auto signature = key.Sign(CheckpointText(head));
  head.key_id = key_id;
  head.signature.assign(reinterpret_cast<const char*>(signature.data()), signature.size());
}

bool VerifyHead(const TreeHead& head, const KeyRing& keys) {
  const auto text = CheckpointText(head);
  for (const auto& [id, key] : keys.keys()) {
    if (!head.key_id.empty() && head.key_id != id) continue;
    if (VerifySignature(key, text, head.signature)) return true;
  }
  return false;
}

}  // namespace axonflow::audit
