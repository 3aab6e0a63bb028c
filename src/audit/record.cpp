#include "audit/record.h"

#include <bit>
#include <cstring>
#include <limits>

namespace axonflow::audit {

namespace {

constexpr char kFormatVersion = 2;
constexpr char kFirstFormatVersion = 1;

// Numbers are LEB128 varints (signed ones zigzag first), texts a length and bytes, doubles eight
// bytes.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void Unsigned(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void Visit(const std::string& value) {
    Unsigned(value.size());
    out_.append(value);
  }
  template <typename Tag>
  void Visit(const StrongId<Tag>& value) {
    Visit(value.str());
  }
  // A text that repeats `known` is left out: most records do so twice.
  template <typename Tag>
  void VisitUnless(const StrongId<Tag>& known, const std::string& value) {
    if (value == known.str()) {
      Unsigned(0);
    } else {
      Visit(value);
    }
  }
  void Visit(bool value) { out_.push_back(value ? 1 : 0); }
  void Visit(std::uint32_t value) { Unsigned(value); }
  void Visit(std::uint64_t value) { Unsigned(value); }
  void Visit(std::int64_t value) {
    Unsigned((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Visit(int value) { Visit(std::int64_t{value}); }
  void Visit(double value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof bytes);
  }
  void Visit(Time value) { Visit(std::int64_t{value.time_since_epoch().count()}); }
  void Visit(const std::pair<std::string, std::string>& value) {
    Visit(value.first);
    Visit(value.second);
  }
  void Visit(const PolicyMatch& value);
  template <typename Item>
  void Visit(const std::vector<Item>& items) {
    Unsigned(items.size());
    for (const auto& item : items) Visit(item);
  }

 private:
  std::string& out_;
};

// Reads what Writer wrote and nothing else: a longer varint than needed or a third truth value
// fails, so that equal records have equal bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }

  std::uint64_t Unsigned() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Byte();
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) break;
        return value;
      }
    }
    return Fail();
  }
  std::uint8_t Byte() {
    if (rest_.empty()) return static_cast<std::uint8_t>(Fail());
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  void Visit(std::string_view& value) {
    const auto size = Unsigned();
    if (size > rest_.size()) {
      Fail();
      return;
    }
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void Visit(std::string& value) {
    std::string_view text;
    Visit(text);
    value = text;
  }
  // What was left out is put back when the whole record is there.
  template <typename Known, typename Text>
  void VisitUnless(const Known& /*known*/, Text& value) {
    Visit(value);
  }
  template <typename Tag>
  void Visit(StrongId<Tag>& value) {
    std::string text;
    Visit(text);
    value = StrongId<Tag>(std::move(text));
  }
  void Visit(bool& value) {
    const auto byte = Byte();
    if (byte > 1) Fail();
    value = byte == 1;
  }
  void Visit(std::uint32_t& value) {
    const auto wide = Unsigned();
    if (wide > std::numeric_limits<std::uint32_t>::max()) Fail();
    value = static_cast<std::uint32_t>(wide);
  }
  void Visit(std::uint64_t& value) { value = Unsigned(); }
  void Visit(std::int64_t& value) {
    const auto raw = Unsigned();
    value = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
  }
  void Visit(int& value) {
    std::int64_t wide = 0;
    Visit(wide);
    if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) Fail();
    value = static_cast<int>(wide);
  }
  void Visit(double& value) {
    if (rest_.size() < sizeof value) {
      Fail();
      return;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  void Visit(Time& value) {
    std::int64_t count = 0;
    Visit(count);
    value = Time(std::chrono::microseconds(count));
  }
  template <typename Text>
  void Visit(std::pair<Text, Text>& value) {
    Visit(value.first);
    Visit(value.second);
  }
  void Visit(PolicyMatch& value);
  void Visit(PolicyMatchView& value);
  template <typename Item>
  void Visit(std::vector<Item>& items) {
    const auto count = Unsigned();
    // Every item takes a byte at least, so a count beyond the rest is a lie, not a reservation.
    if (count > rest_.size()) {
      Fail();
      return;
    }
    items.clear();
    for (std::uint64_t i = 0; i < count && ok_; ++i) Visit(items.emplace_back());
  }

 private:
  std::uint64_t Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// The one list of fields, in the order of the format. A field is only ever added at the end, with a
// higher kFormatVersion.
template <typename Match, typename Visitor>
void VisitMatch(Match& match, Visitor& visitor) {
  visitor.Visit(match.policy_id);
  visitor.Visit(match.policy_name);
  visitor.Visit(match.description);
  visitor.Visit(match.category);
  visitor.Visit(match.action);
  visitor.Visit(match.severity);
  visitor.Visit(match.risk_level);
  visitor.Visit(match.version);
  visitor.Visit(match.allow_override);
  visitor.Visit(match.count);
}

template <typename AnyRecord, typename Visitor>
void VisitRecord(AnyRecord& record, Visitor& visitor) {
  visitor.VisitUnless(record.decision_id, record.id);
  visitor.Visit(record.decision_id);
  visitor.Visit(record.timestamp);
  visitor.Visit(record.org);
  visitor.Visit(record.tenant);
  visitor.Visit(record.client);
  visitor.Visit(record.user_email);
  visitor.Visit(record.user_role);
  visitor.Visit(record.session_id);
  visitor.Visit(record.plane);
  visitor.Visit(record.request_type);
  visitor.Visit(record.stage);
  visitor.Visit(record.verdict);
  visitor.Visit(record.reason);
  visitor.Visit(record.risk_level);
  visitor.Visit(record.query);
  visitor.Visit(record.query_hash);
  visitor.Visit(record.query_bytes);
  visitor.Visit(record.matches);
  visitor.Visit(record.obligations);
  visitor.Visit(record.redacted_fields);
  visitor.Visit(record.policy_set_version);
  visitor.Visit(record.trace);
  visitor.VisitUnless(record.trace, record.correlation_id);
  visitor.Visit(record.tool_signature);
  visitor.Visit(record.provider);
  visitor.Visit(record.model);
  visitor.Visit(record.response_sample);
  visitor.Visit(record.prompt_tokens);
  visitor.Visit(record.completion_tokens);
  visitor.Visit(record.total_tokens);
  visitor.Visit(record.cost_usd);
  visitor.Visit(record.latency_us);
  visitor.Visit(record.upstream_latency_ms);
  visitor.Visit(record.error_message);
  visitor.Visit(record.attempted_user_email);
  visitor.Visit(record.expires_at);
  visitor.Visit(record.context);
  visitor.Visit(record.context_truncated);
  visitor.Visit(record.metadata_json);
  visitor.Visit(record.node);
}

// What version 2 added.
template <typename AnyRecord, typename Visitor>
void VisitSecondVersion(AnyRecord& record, Visitor& visitor) {
  visitor.Visit(record.shadow_matches);
  visitor.Visit(record.risk_score_permille);
}

void Writer::Visit(const PolicyMatch& value) { VisitMatch(value, *this); }
void Reader::Visit(PolicyMatch& value) { VisitMatch(value, *this); }
void Reader::Visit(PolicyMatchView& value) { VisitMatch(value, *this); }

// The texts that VisitUnless left out.
void PutBack(Record& record) {
  if (record.id.empty()) record.id = record.decision_id.str();
  if (record.correlation_id.empty()) record.correlation_id = record.trace.str();
}
void PutBack(RecordView& record) {
  if (record.id.empty()) record.id = record.decision_id;
  if (record.correlation_id.empty()) record.correlation_id = record.trace;
}

// Whether a text stands there that VisitUnless leaves out: two encodings of one record.
bool Repeats(const Record& record) {
  return (!record.id.empty() && record.id == record.decision_id.str()) ||
         (!record.correlation_id.empty() && record.correlation_id == record.trace.str());
}
bool Repeats(const RecordView& record) {
  return (!record.id.empty() && record.id == record.decision_id) ||
         (!record.correlation_id.empty() && record.correlation_id == record.trace);
}

template <typename AnyRecord>
Status Decode(std::string_view bytes, AnyRecord& record) {
  if (bytes.empty() || bytes.front() < kFirstFormatVersion || bytes.front() > kFormatVersion) {
    return Error{ErrorCode::kCorrupt, "audit record: unknown format version"};
  }
  Reader reader(bytes.substr(1));
  VisitRecord(record, reader);
  record.shadow_matches.clear();
  record.risk_score_permille = 0;
  if (bytes.front() >= 2) VisitSecondVersion(record, reader);
  if (!reader.ok() || !reader.AtEnd() || (bytes.front() >= 2 && Repeats(record))) {
    return Error{ErrorCode::kCorrupt, "audit record: the bytes are not one whole record"};
  }
  PutBack(record);
  return {};
}

}  // namespace

void EncodeRecord(const Record& record, std::string& out) {
  static_assert(std::endian::native == std::endian::little, "doubles are copied as they are");
  out.push_back(kFormatVersion);
  Writer writer(out);
  VisitRecord(record, writer);
  VisitSecondVersion(record, writer);
}

Status DecodeRecordView(std::string_view bytes, RecordView& record) {
  return Decode(bytes, record);
}

Result<Record> DecodeRecord(std::string_view bytes) {
  Record record;
  if (const auto decoded = Decode(bytes, record); !decoded) return decoded.error();
  return record;
}

}  // namespace axonflow::audit
