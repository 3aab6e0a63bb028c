#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "policy/secrets/word_starts.h"

namespace axonflow::policy::shell {

// Commands that some rule knows. All others of the table are kOther: known to be commands, so that
// what follows them is a command line and not a value with something appended.
enum class Command : std::uint8_t {
  kNone,
  kOther,
  kPrefix,  // sudo, env, nohup, ...: runs the command behind it
  kRm,
  kDd,
  kMkfs,
  kWipe,
  kChmod,
  kChown,
  kFind,
  kMv,
  kCp,
  kTruncate,
  kFormatter,
  kShell,
  kScript,
  kNc,
  kSocat,
  kTelnet,
  kMkfifo,
  kDownload,
  kEval,
  kRead,  // cat, less, head, ...
  kArchive,
  kPrintenv,
  kEnv,
  kGrep,
  kEcho,
  kTee,
  kDecode,
  kCopyOut,  // scp, rsync, sftp
  kNameLookup,
  kPing,
  kSleep,
  kMail,
  kCrontab,
  kAt,
  kSystemctl,
  kUserAdd,
  kUserMod,
  kPasswd,
  kVisudo,
  kSetcap,
  kLaunchctl,
  kUpdateRc,
  kHistory,
  kFirewall,
  kSetenforce,
  kService,
  kKill,
  kUnset,
  kAuditctl,
  kPower,
  kSwap,
  kDocker,
  kKubectl,
  kNsenter,
  kMount,
  kAws,
  kGcloud,
  kAz,
  kTerraform,
  kHelm,
  kGit,
  kDatabase,
  kRecon,   // whoami, id, uname, ifconfig, ...
  kList,    // ls, dir
  kMemory,  // gdb, gcore, strings
  kHash,    // john, hashcat, hydra
  kSu,
  kPkexec,
  kLn,
  kSed,
  kLd,
  kPowershell,
  kCmd,
  kReg,
  kNet,
  kNetsh,
  kVssadmin,
  kBcdedit,
  kWevtutil,
  kSchtasks,
  kSc,
  kWmic,
  kCertutil,
  kBitsadmin,
  kMshta,
  kDel,
  kType,
  kCmdlet,
  kTaskkill,
  kAttrib,
  kTool,
  kIex,
  kDiskpart,
  kCipher,
  kWbadmin,
  kRundll,
  kIcacls,
  kNtdsutil,
  kProcdump,
  kCscript,
  kXcopy,
};

struct Entry {
  std::string_view name;  // lower case
  Command command;
  bool english = false;  // also a word of prose
};

// Returns the entry of `word` (any case; ".exe" and a version number at the end are ignored), or
// null for a word that is no known command.
const Entry* FindCommand(std::string_view word);

// What the filter knows a word by: the letters it begins with, folded (the first eight of them),
// and how many they are, at most 16. For a word that begins with none, its first two bytes.
struct WordHead {
  std::uint64_t bytes = 0;
  std::size_t letters = 0;
};

// The bytes of a head that count, by how many letters the word begins with.
inline constexpr std::array<std::uint64_t, 17> kHeadMasks = [] {
  std::array<std::uint64_t, 17> masks{};
  for (unsigned letters = 0; letters < masks.size(); ++letters) {
    const unsigned kept = letters == 0 ? 2 : letters;
    masks[letters] = kept < 8 ? (std::uint64_t{1} << (8 * kept)) - 1 : ~std::uint64_t{0};
  }
  return masks;
}();

// The head of the word at `word`, of which sixteen bytes can be read.
inline WordHead HeadOfBytes(const char* word) {
  WordHead head;
#if defined(__SSE2__)
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(word));
  const __m128i folded = _mm_or_si128(block, _mm_set1_epi8(0x20));
  const std::uint64_t others =
      ~static_cast<std::uint64_t>(secrets::MaskOf(secrets::InRange(folded, 'a', 'z')));
  head.bytes = static_cast<std::uint64_t>(_mm_cvtsi128_si64(folded));
  head.letters = static_cast<std::size_t>(static_cast<unsigned>(__builtin_ctzll(others)));
#else
  std::memcpy(&head.bytes, word, sizeof(head.bytes));
  head.bytes |= 0x2020202020202020U;
  while (head.letters < 16 && (word[head.letters] | 0x20) >= 'a' &&
         (word[head.letters] | 0x20) <= 'z') {
    ++head.letters;
  }
#endif
  head.bytes &= kHeadMasks[head.letters];
  return head;
}

inline WordHead HeadOfWord(std::string_view text, std::size_t at) {
  if (text.size() - at >= 16) return HeadOfBytes(text.data() + at);
  char tail[16] = {};
  std::memcpy(tail, text.data() + at, text.size() - at);
  return HeadOfBytes(tail);
}

// What a word can be as far as its head tells; a few heads tell too much.
class CommandFilter {
 public:
  static constexpr std::uint8_t kCommand = 1;  // some command
  static constexpr std::uint8_t kRuled = 2;    // one that has a rule of its own
  static constexpr std::uint8_t kSpoken = 4;   // one whose rule holds in a sentence as well
  static constexpr std::uint8_t kPrefix = 8;   // one that makes the next word a command

  void Add(WordHead head, std::uint8_t kinds) { kinds_[SlotOf(head)] |= kinds; }
  std::uint8_t KindsOf(WordHead head) const { return kinds_[SlotOf(head)]; }
  std::uint8_t KindsOf(std::string_view text, std::size_t at) const {
    return KindsOf(HeadOfWord(text, at));
  }

 private:
  static constexpr unsigned kBits = 13;
  static std::size_t SlotOf(WordHead head) {
    return ((head.bytes + head.letters) * 0x9E3779B97F4A7C15U) >> (64U - kBits);
  }
  std::array<std::uint8_t, 1U << kBits> kinds_{};
};
const CommandFilter& TheCommandFilter();

}  // namespace axonflow::policy::shell
