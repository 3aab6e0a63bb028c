#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"

namespace axonflow::cli {

enum class OutputFormat { kText, kJson };

// Rows under a heading, each column as wide as its widest cell, two spaces between columns.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading);

  // Missing cells are empty; more cells than the heading has are a mistake of the caller.
  void AddRow(std::vector<std::string> cells);

  // Lines without trailing blanks. Every control character of a cell becomes '?', since cells may
  // hold what a client wrote and a terminal obeys escape sequences.
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the heading first
};

// `text` with every control character (C0, DEL and the UTF-8 form of C1) as '?'.
std::string ForTerminal(std::string_view text);

// How many columns `text` takes: code points, not bytes.
std::size_t DisplayWidth(std::string_view text);

// To standard output. Print adds the line end.
void Print(std::string_view text);

// "axonflow: <message>" to standard error; returns the exit code for the error.
ExitCode Fail(const Error& error);
ExitCode Fail(ExitCode code, std::string_view message);

}  // namespace axonflow::cli
