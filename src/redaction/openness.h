#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "policy/types.h"
#include "redaction/pattern_watch.h"
#include "redaction/statement_scan.h"
#include "redaction/value_scan.h"

namespace axonflow::redaction {

// What is to be known of a set of policies so that a text can be sent on before its end has come:
// where in it something may have begun that is not finished. Immutable; one for all streams under
// the same policies. Building it costs some tens of milliseconds for the whole catalogue.
//
// Patterns are followed step by step (PatternWatch). Of a detector in code two things are taken for
// granted: it reports nothing in a piece of text without a sign of its values (ValueScan,
// StatementScan), unless its room is one that is not known here, and what stands further away than
// kFarAheadBytes changes nothing. What removes statements keeps the statement under way open.
class Openness {
 public:
  // `policies` are those that a text is redacted by; those that redaction leaves alone do not
  // count.
  explicit Openness(std::span<const policy::Policy* const> policies);

  bool removes_statements() const { return removes_statements_; }

 private:
  friend class OpennessScan;
  static std::vector<const policy::Policy*> Redacting(
      std::span<const policy::Policy* const> policies);

  PatternWatch patterns_;
  bool removes_statements_ = false;
  ValueSigns signs_;
  bool asks_model_ = false;  // for prompt injection
};

// Follows one text that grows at its end. Offsets are into the text as it is given, until Drop.
class OpennessScan {
 public:
  explicit OpennessScan(std::shared_ptr<const Openness> openness);

  // Reads what `text` has more than at the last call and returns the place up to which nothing that
  // may follow changes what is redacted. `from_begin`: text[0] is the begin of the whole text. A
  // function of all text read, however it came; never less than before.
  std::size_t SettledTo(std::string_view text, bool from_begin);

  // The first place behind what was forgotten where something to redact may stand, so that the
  // detectors have to be asked; kNowhere when there is none before the place of SettledTo.
  std::size_t FirstSuspect() const;
  void ForgetBefore(std::size_t end);

  void Drop(std::size_t bytes);
  void Restart(std::size_t at);
  std::size_t memory_bytes() const;

 private:
  std::shared_ptr<const Openness> openness_;
  PatternScan patterns_;
  ValueScan values_;
  StatementScan statements_;
};

}  // namespace axonflow::redaction
