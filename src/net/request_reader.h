#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/buffer.h"
#include "net/http.h"
#include "net/server.h"

namespace axonflow::net {

class BeastRequest;
class BodyBudget;

// Why a request never reaches the handler. All pointers are to literals.
struct Refusal {
  int status = 400;
  const char* reason = "bad_request";  // for ServerOptions::on_refused
  const char* sentence = "";           // for the error body
};

// Turns the bytes of one connection into requests, in order. Knows no socket, so that it can be
// tested and fuzzed alone. Buffers are kept from one request to the next.
//
//   for (;;) {
//     state = reader.Advance();
//     if (state == kNeedMore) { n = receive(reader.Space()); reader.Commit(n); continue; }
//     if (state == kRefused) { answer reader.refusal(), close; }
//     answer reader.request(); if (!reader.keep_alive()) close; reader.Next();
//   }
//
// Boost.Beast reads the request line, the fields and the chunks. In front of it stand checks of the
// raw bytes, because Beast accepts what two parsers may read differently (folded lines, repeated
// lengths, a coding other than chunked, a missing Host).
class RequestReader {
 public:
  static constexpr std::size_t kTargetBytesMax = 8 << 10;
  static constexpr std::size_t kHeaderFieldsMax = 100;
  static constexpr std::size_t kEmptyLinesBeforeRequestMax = 4;
  // Buffers larger than this are given back after the request that needed them.
  static constexpr std::size_t kKeptBytesMax = 32 << 10;
  // Buffers up to this size are not counted in the server's budget: no small request pays for it.
  static constexpr std::size_t kUncountedBytesMax = 16 << 10;

  enum class State { kNeedMore, kComplete, kRefused };

  // `budget` is shared by the whole server and outlives the reader; null: only `limits` bound it.
  RequestReader(const ServerLimits& limits, std::string peer_address, BodyBudget* budget = nullptr);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Where the next bytes of the connection go: never empty after Advance said kNeedMore.
  std::span<char> Space();
  void Commit(std::size_t bytes);

  // Reads on as far as the bytes go. kRefused is final.
  State Advance();

  // Whether the client waits for "100 Continue" before it sends its body. True once a request.
  bool TakeContinue();

  // Whether no byte of a next request has arrived.
  bool idle() const { return stage_ == Stage::kHead && begin_ == end_; }

  const Request& request() const { return request_; }  // after kComplete, until Next
  const Refusal& refusal() const { return refusal_; }  // after kRefused
  bool is_http_1_0() const { return http_1_0_; }
  // Whether the connection can go on after this request: what the client asked for, and no body
  // left unread.
  bool keep_alive() const { return keep_alive_ && !body_unread_; }
  bool body_unread() const { return body_unread_; }

  // Drops the request; bytes of the next one stay.
  void Next();

 private:
  enum class Stage { kHead, kLengthBody, kChunkedBody, kComplete, kRefused };
  struct Piece {  // of in_, which may move while a body is read
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  struct Field {
    Piece name;
    Piece value;
  };
  struct FramingFields {
    int hosts = 0;
    int content_lengths = 0;
    int transfer_encodings = 0;
    std::string_view host;
    std::string_view content_length;
    std::string_view transfer_encoding;
    bool encoded = false;  // a Content-Encoding other than identity
    bool expects_continue = false;
    bool expects_other = false;
  };

  bool Refuse(int status, const char* reason, const char* sentence);  // returns false
  bool ScanHead();
  bool CheckRequestLine(std::string_view line);
  bool CheckFieldLine(std::string_view line);
  bool CheckHeadSoFar(std::size_t bytes);
  bool ReadHead();
  bool ReadTarget(std::string_view target);
  bool ReadField(std::string_view name, std::string_view value);
  bool ReadFraming();
  std::size_t BodyBytesMax() const;  // of this request
  void StartBody(bool chunked, std::uint64_t length);
  void ReadChunks();
  bool Charge(std::size_t in_bytes, std::size_t body_bytes);
  void SetCharge(std::size_t bytes);
  bool GrowHead();
  bool GrowBody();
  void DropBody();
  void Fault(BodyFault fault);
  void Complete();
  Piece PieceOf(std::string_view view) const;
  std::string_view ViewOf(Piece piece) const;

  const ServerLimits& limits_;
  BodyBudget* const budget_;
  std::size_t charged_ = 0;  // taken from budget_
  std::unique_ptr<BeastRequest> beast_;
  Request request_;
  Refusal refusal_;
  Stage stage_ = Stage::kHead;

  // in_[begin_, end_) holds bytes that arrived; the request starts at begin_.
  Buffer in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t line_ = 0;     // start of the line that ScanHead is in
  std::size_t scanned_ = 0;  // no line end before this
  std::size_t empty_lines_ = 0;
  bool has_request_line_ = false;
  std::size_t after_head_ = 0;  // first byte after the empty line
  std::size_t next_ = 0;        // first byte that belongs to no part of this request yet

  Piece method_;
  Piece query_;
  std::vector<Field> fields_;
  FramingFields framing_;
  Piece body_piece_;  // when the whole body lies in in_
  bool body_in_place_ = false;
  std::string path_;  // percent-decoded
  Buffer body_;       // otherwise
  std::size_t body_filled_ = 0;
  std::uint64_t body_length_ = 0;

  bool http_1_0_ = false;
  bool keep_alive_ = true;
  bool body_unread_ = false;
  bool expects_continue_ = false;
};

}  // namespace axonflow::net
