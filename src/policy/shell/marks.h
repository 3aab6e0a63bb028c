#pragma once

#include <cstddef>
#include <string_view>

#include "policy/shell/case.h"

namespace axonflow::policy::shell {

// Judges what no command name announces, at a byte among $ ' " \ { ? : names that quotes, escapes
// and empty variables take apart (c''at, w\ho\am\i, $'\x63at'), brace expansion
// ({cat,/etc/passwd}), wildcards in the path of a program (/b?n/c?t), letters cut out of variables
// (${PATH:0:1}), fork bombs, and functions that go on behind their end (Shellshock). Reads at most
// 160 bytes around. `scratch` is a line to read into.
void JudgeMark(std::string_view text, std::size_t at, Line& scratch, Sink& sink);

}  // namespace axonflow::policy::shell
