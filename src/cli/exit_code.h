#pragma once

#include "base/result.h"

namespace axonflow::cli {

// What the process tells its caller. Part of the command line's contract: docs/cli.md lists them.
enum class ExitCode : int {
  kOk = 0,
  kNegative = 1,     // the check failed, or the answer is no: not found, exists already, blocked
  kUsage = 2,        // wrong arguments or settings; the same call will fail again
  kUnavailable = 3,  // a file, the database or the server cannot be reached or read
  kInternal = 70,    // a defect of this program (EX_SOFTWARE of sysexits.h)
};

// The exit code that says the same as `code`.
ExitCode ExitCodeFor(ErrorCode code);

}  // namespace axonflow::cli
