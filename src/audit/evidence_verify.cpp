#include <limits>
#include <map>
#include <optional>

#include "audit/evidence_export.h"
#include "base/json.h"

namespace axonflow::audit {

namespace {

// Reads one export line after line. Each line is written anew from what it says and must come out
// byte for byte: so nothing in it can differ from the payload that the hashes cover.
class Verification {
 public:
  Verification(const KeyRing& keys, std::string_view known_head) : keys_(keys) {
    if (!known_head.empty()) known_text_ = known_head;
  }

  // What is wrong with the line; empty when nothing is.
  std::string Header(std::string_view line);
  std::string Record(std::string_view line);
  std::string Trailer(std::string_view line, const Digest256& digest);

  ExportCheck& result() { return result_; }
  std::uint64_t next() const { return next_; }

 private:
  std::string CheckHead();
  std::string CheckKnownHead();
  std::string CheckLink(const ChainEntry& entry, const Digest256& prev, const Digest256& hash);
  std::string CheckSignature(const ExportedRecord& record, const Digest256& hash);

  KeyRing keys_;
  std::optional<std::string> known_text_;
  std::optional<TreeHead> known_;
  ExportHeader header_;
  TreeHead head_;
  std::uint64_t next_ = 0;
  std::uint64_t records_ = 0;
  merkle::Accumulator leaves_;  // when the export begins at leaf 0
  std::map<std::string, std::pair<std::int64_t, Digest256>, std::less<>> chains_;
  JsonDocument document_;
  ExportCheck result_;
};

std::string TextOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  const auto text = member ? member->AsString() : std::nullopt;
  return std::string(text.value_or(std::string_view()));
}

std::uint64_t NumberOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  const auto number = member ? member->AsInt() : std::nullopt;
  return number && *number >= 0 ? static_cast<std::uint64_t>(*number)
                                : std::numeric_limits<std::uint64_t>::max();
}

// Base64 that does not decode gives nothing, and the line written anew differs then.
std::string BytesOf(const JsonValue& object, std::string_view name) {
  return Base64Decode(TextOf(object, name)).value_or(std::string());
}

std::string Verification::Header(std::string_view line) {
  const auto root = document_.Parse(line);
  if (!root || TextOf(*root, "format") != kExportFormat) return "not the header of an export";
  header_.org = TextOf(*root, "org_id");
  header_.tenant = TextOf(*root, "tenant_id");
  header_.exported_at = ParseRfc3339(TextOf(*root, "exported_at")).value_or(Time());
  header_.first_leaf = NumberOf(*root, "first_leaf");
  header_.end_leaf = NumberOf(*root, "end_leaf");
  header_.signing_key_id = TextOf(*root, "signing_key_id");
  header_.checkpoint = TextOf(*root, "checkpoint");
  const auto key = ParsePublicKey(TextOf(*root, "public_key"));
  if (key) header_.public_key = *key;
  if (HeaderLine(header_) != line) return "the line is not written as the server writes it";
  if (!key && !header_.signing_key_id.empty()) return "a key id without a key";
  if (key) {
    bool trusted = keys_.keys().empty();
    for (const auto& [id, known] : keys_.keys()) trusted = trusted || known == *key;
    if (!trusted) return "the key of the export is not trusted";
    // The operator may have given the key a name of its own.
    if (keys_.Find(header_.signing_key_id) == nullptr) keys_.Trust(*key, header_.signing_key_id);
    if (*keys_.Find(header_.signing_key_id) != *key) return "the key of the export is not trusted";
  }
  if (auto problem = CheckHead(); !problem.empty()) return problem;
  if (header_.first_leaf > header_.end_leaf || header_.end_leaf > head_.size) return "bad range";
  next_ = header_.first_leaf;
  result_.tree_size = head_.size;
  result_.root = head_.root;
  return CheckKnownHead();
}

std::string Verification::CheckHead() {
  auto head = ParseCheckpoint(header_.checkpoint);
  if (!head) return head.error().message;
  head_ = std::move(*head);
  if (head_.origin != LogOrigin(header_.org, header_.tenant)) {
    return "the checkpoint is of another log";
  }
  if (head_.signature.empty()) ++result_.unsigned_items;
  const auto* key = header_.public_key ? &*header_.public_key : nullptr;
  if (!head_.signature.empty() && !VerifyHead(head_, keys_)) {
    return "the signature of the checkpoint does not verify";
  }
  if (SignedCheckpoint(head_, key) != header_.checkpoint) return "bad signature line";
  return {};
}

std::string Verification::CheckKnownHead() {
  if (!known_text_) return {};
  auto known = ParseCheckpoint(*known_text_);
  if (!known) return "the known head: " + known.error().message;
  known_ = std::move(*known);
  if (!known_->signature.empty() && !VerifyHead(*known_, keys_)) {
    return "the signature of the known head does not verify";
  }
  if (known_->origin != head_.origin) return "the known head is of another log";
  if (known_->size > head_.size) return "the log is shorter than the known head";
  if (header_.first_leaf > 0 || known_->size > header_.end_leaf) {
    return "the export does not reach over the known head";
  }
  return {};
}

std::string Verification::CheckLink(const ChainEntry& entry, const Digest256& prev,
                                    const Digest256& hash) {
  const auto known = chains_.find(entry.chain_id);
  if (known != chains_.end()) {
    if (entry.chain_seq != known->second.first + 1 || prev != known->second.second) {
      return "it does not follow the record before it in its chain";
    }
    known->second = {entry.chain_seq, hash};
    return {};
  }
  if (entry.chain_seq == 1 && prev != Digest256{}) {
    return "the first record of a chain has a predecessor";
  }
  if (entry.chain_seq > 1 && header_.first_leaf == 0) {
    return "the beginning of its chain is missing";
  }
  chains_.emplace(entry.chain_id, std::pair{entry.chain_seq, hash});
  return {};
}

std::string Verification::CheckSignature(const ExportedRecord& record, const Digest256& hash) {
  if (record.signature.empty()) {
    if (!record.signing_key_id.empty()) return "a key id without a signature";
    ++result_.unsigned_items;
    return {};
  }
  const auto* key = keys_.Find(record.signing_key_id);
  if (key == nullptr) return "the record was signed with an unknown key";
  return VerifySignature(*key, Hex(hash), record.signature) ? "" : "the signature does not verify";
}

std::string Verification::Record(std::string_view line) {
  const auto root = document_.Parse(line);
  if (!root) return "not a line of an export";
  ExportedRecord record;
  record.leaf_index = NumberOf(*root, "leaf_index");
  const auto entry_value = root->Find("entry");
  if (!entry_value || TextOf(*root, "type") != "record") return "not a record";
  const auto seq = NumberOf(*entry_value, "chain_seq");
  if (seq == 0 || seq > std::numeric_limits<std::int64_t>::max()) return "bad chain_seq";
  record.chain_seq = static_cast<std::int64_t>(seq);
  record.payload = BytesOf(*root, "payload");
  record.prev_hash = ParseHexDigest(TextOf(*root, "prev_hash")).value_or(Digest256{});
  record.signature = BytesOf(*root, "record_signature");
  record.signing_key_id = TextOf(*root, "signing_key_id");
  if (const auto proof = root->Find("inclusion_proof")) {
    proof->ForEachElement([&](JsonValue hash) {
      record.proof.push_back(ParseHexDigest(hash.AsString().value_or("")).value_or(Digest256{}));
    });
  }
  const auto again = RecordLine(record);
  if (!again) return "the payload is no record";
  if (*again != line) return "the line is not that of its payload";
  if (record.leaf_index != next_ || next_ >= header_.end_leaf) {
    return "record " + std::to_string(next_) + " of the log is missing";
  }
  RecordView view;
  if (!DecodeRecordView(record.payload, view).ok()) return "the payload is no record";
  if (view.org != header_.org || view.tenant != header_.tenant) return "a record of another tenant";
  ChainEntry entry;
  FillEntry(view, record.payload, record.chain_seq, entry);
  std::string scratch;
  const auto digest = RecordDigest(entry, scratch);
  const auto hash = ChainHash(digest, record.prev_hash);
  if (auto problem = CheckLink(entry, record.prev_hash, hash); !problem.empty()) return problem;
  if (auto problem = CheckSignature(record, hash); !problem.empty()) return problem;
  const auto data = LeafData(digest, hash);
  const auto leaf = merkle::LeafHash({data.data(), data.size()});
  if (!merkle::VerifyInclusion(leaf, next_, head_.size, record.proof, head_.root)) {
    return "the record is not in the signed tree";
  }
  ++next_;
  ++records_;
  if (header_.first_leaf > 0) return {};
  leaves_.Add(leaf);
  if (known_ && known_->size == leaves_.size() && known_->root != leaves_.Root()) {
    return "the log is not the one of the known head";
  }
  return {};
}

std::string Verification::Trailer(std::string_view line, const Digest256& digest) {
  const auto root = document_.Parse(line);
  if (!root || TextOf(*root, "type") != "trailer") return "the export is cut off";
  if (next_ != header_.end_leaf) {
    return "record " + std::to_string(next_) + " of the log is missing";
  }
  ExportTrailer trailer{NumberOf(*root, "records"),
                        ParseHexDigest(TextOf(*root, "sha256")).value_or(Digest256{}),
                        TextOf(*root, "signing_key_id"), BytesOf(*root, "signature")};
  if (TrailerLine(trailer) != line) return "the line is not written as the server writes it";
  if (trailer.records != records_) return "the count of records is wrong";
  if (trailer.digest != digest) return "bytes of the export were changed";
  result_.records = records_;
  if (trailer.signature.empty()) {
    ++result_.unsigned_items;
    return trailer.signing_key_id.empty() ? "" : "a key id without a signature";
  }
  const auto* key = keys_.Find(trailer.signing_key_id);
  return key != nullptr && VerifySignature(*key, TrailerText(digest), trailer.signature)
             ? ""
             : "the signature of the export does not verify";
}

}  // namespace

ExportCheck VerifyExport(std::string_view bytes, const KeyRing& keys, std::string_view known_head) {
  Verification verification(keys, known_head);
  auto& result = verification.result();
  std::size_t start = 0;
  for (std::uint64_t number = 1;; ++number) {
    const auto end = bytes.find('\n', start);
    std::string problem;
    const bool last = end != std::string_view::npos && end + 1 == bytes.size();
    if (end == std::string_view::npos || (last && number < 2)) {
      problem = "the export is cut off";
    } else {
      const auto line = bytes.substr(start, end - start);
      if (number == 1) {
        problem = verification.Header(line);
      } else if (last) {
        problem = verification.Trailer(line, Sha256(bytes.substr(0, start)));
      } else {
        problem = verification.Record(line);
      }
    }
    if (!problem.empty()) {
      result.broken_line = number;
      result.reason = std::move(problem);
      return result;
    }
    if (last) return result;
    start = end + 1;
  }
}

}  // namespace axonflow::audit
