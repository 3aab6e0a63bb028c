#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "policy/expression.h"
#include "policy/types.h"
#include "redaction/step_cache.h"
#include "redaction/value_scan.h"

namespace axonflow::redaction {

// The expressions of many policies, to be asked of an unfinished text: from where on could one of
// them have begun a match that what comes next completes or makes longer? Immutable, shared by all
// streams.
class PatternWatch {
 public:
  // Takes the policies that have a pattern; leaves out the others.
  explicit PatternWatch(std::span<const policy::Policy* const> policies);

  // An expression is among them that cannot be watched (syntax of RE2 that policy/expression.h does
  // not know, several leading loops): nothing may ever be taken for settled.
  bool unbounded() const { return unbounded_; }

  // For StepCache: the steps, a number that no other watch has, and the bytes that no step tells
  // apart.
  const policy::ByteProgram& program() const { return program_; }
  std::uint64_t id() const { return id_; }
  std::uint8_t ClassOf(std::uint8_t byte) const { return classes_[byte]; }
  std::size_t class_count() const { return class_count_; }

 private:
  friend class PatternScan;

  // What goes on behind a match of an expression.
  struct Sequel {
    bool pem = false;           // SpanTo::kPemEnd: up to the END line
    std::uint32_t gap_max = 0;  // a second expression, on the same line
  };

  void MakeClasses();

  std::uint64_t id_;
  bool unbounded_ = false;
  policy::ByteProgram program_;
  std::vector<Sequel> sequels_;  // by owner
  // Bytes that a match may have before the place where it is noticed, of all expressions and of
  // those that remove statements.
  std::bitset<256> opening_;
  std::bitset<256> statement_opening_;
  std::array<std::uint8_t, 256> classes_{};
  std::size_t class_count_ = 0;
};

// Reads one text that grows at its end. All offsets are into the text as it is given, until Drop.
// Every byte is read a bounded number of times for ordinary text; readings that come to the same
// state go on as one.
class PatternScan {
 public:
  explicit PatternScan(const PatternWatch& watch) : watch_(watch) {}

  // Reads what `text` has more than at the last call. `text[0]` is the begin of the whole text when
  // `from_begin`.
  void Read(std::string_view text, bool from_begin);

  // Behind this place no match can have begun that is not decided within the text read.
  std::size_t OpenFrom() const { return open_from_; }

  // The same for matches that take their statement along, so that they need not have begun there.
  std::size_t StatementsOpenFrom() const { return statements_open_from_; }

  // The first place where some expression may match, of those not forgotten.
  std::size_t FirstMatch() const { return seen_ ? first_match_ : kNowhere; }
  // Matches before `end` have been dealt with.
  void ForgetBefore(std::size_t end);

  // The first `bytes` of the text, all before OpenFrom(), are no longer given.
  void Drop(std::size_t bytes);
  // Begins anew at `at` of another text.
  void Restart(std::size_t at);
  std::size_t memory_bytes() const;

 private:
  // A match behind which more may belong to it.
  struct Tail {
    std::size_t begin;
    std::size_t end;
    std::size_t looked;  // up to here nothing that closes it
    PatternWatch::Sequel sequel;
  };

  // Where the run of opening bytes begins that ends at some place; moves forward only.
  struct OpeningRun {
    std::size_t at = 0;
    std::size_t begin = 0;
    void MoveTo(std::string_view text, std::size_t to, const std::bitset<256>& opening);
  };

  StepCache::Before BeforeAt(std::string_view text, std::size_t at) const;
  void ReadPlaces(std::string_view text);
  // Whether the reading goes on behind the end of `text`.
  bool GoOn(std::string_view text, StepCache& cache, StepCache::State state);
  bool MeetsTrace(std::uint64_t digest);
  void EndReading();
  void NotePlace();
  void NoteMatch(std::uint32_t owner, std::size_t end);
  static bool IsOpen(Tail& tail, std::string_view text);

  const PatternWatch& watch_;
  bool from_begin_ = true;
  std::size_t next_ = 0;  // the next place to begin at
  OpeningRun before_next_;
  OpeningRun before_end_;
  OpeningRun statement_before_next_;
  OpeningRun statement_before_end_;
  std::size_t open_from_ = 0;
  std::size_t statements_open_from_ = 0;
  // The reading under way.
  bool alive_ = false;
  bool matched_ = false;
  std::size_t begin_ = 0;
  std::size_t hold_ = 0;  // where its match would begin
  std::size_t statement_hold_ = 0;
  std::size_t at_ = 0;                // next byte to read
  std::vector<std::uint32_t> steps_;  // that it is in
  // What a former reading was in at every kTraceStride-th place.
  struct Trace {
    std::uint64_t digest = 0;  // of its state; 0 for none
    bool matched = false;      // it found a match, before or behind
  };
  std::vector<Trace> trace_;
  // Places of possible matches, not yet dealt with.
  bool seen_ = false;
  std::size_t first_match_ = 0;
  std::size_t last_match_ = 0;
  std::vector<Tail> tails_;
};

}  // namespace axonflow::redaction
