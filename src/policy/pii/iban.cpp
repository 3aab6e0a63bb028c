#include "policy/pii/iban.h"

#include <array>
#include <cstdint>

namespace axonflow::policy::pii {
namespace {

struct Country {
  char letters[3];
  std::uint8_t length;
};

constexpr std::array kCountries = {
    Country{"AD", 24}, Country{"AE", 23}, Country{"AL", 28}, Country{"AT", 20}, Country{"AZ", 28},
    Country{"BA", 20}, Country{"BE", 16}, Country{"BG", 22}, Country{"BH", 22}, Country{"BI", 27},
    Country{"BR", 29}, Country{"BY", 28}, Country{"CH", 21}, Country{"CR", 22}, Country{"CY", 28},
    Country{"CZ", 24}, Country{"DE", 22}, Country{"DJ", 27}, Country{"DK", 18}, Country{"DO", 28},
    Country{"EE", 20}, Country{"EG", 29}, Country{"ES", 24}, Country{"FI", 18}, Country{"FK", 18},
    Country{"FO", 18}, Country{"FR", 27}, Country{"GB", 22}, Country{"GE", 22}, Country{"GI", 23},
    Country{"GL", 18}, Country{"GR", 27}, Country{"GT", 28}, Country{"HR", 21}, Country{"HU", 28},
    Country{"IE", 22}, Country{"IL", 23}, Country{"IQ", 23}, Country{"IS", 26}, Country{"IT", 27},
    Country{"JO", 30}, Country{"KW", 30}, Country{"KZ", 20}, Country{"LB", 28}, Country{"LC", 32},
    Country{"LI", 21}, Country{"LT", 20}, Country{"LU", 20}, Country{"LV", 21}, Country{"LY", 25},
    Country{"MC", 27}, Country{"MD", 24}, Country{"ME", 22}, Country{"MK", 19}, Country{"MN", 20},
    Country{"MR", 27}, Country{"MT", 31}, Country{"MU", 30}, Country{"NI", 28}, Country{"NL", 18},
    Country{"NO", 15}, Country{"OM", 23}, Country{"PK", 24}, Country{"PL", 28}, Country{"PS", 29},
    Country{"PT", 25}, Country{"QA", 29}, Country{"RO", 24}, Country{"RS", 22}, Country{"RU", 33},
    Country{"SA", 24}, Country{"SC", 31}, Country{"SD", 18}, Country{"SE", 24}, Country{"SI", 19},
    Country{"SK", 24}, Country{"SM", 27}, Country{"SO", 23}, Country{"ST", 25}, Country{"SV", 28},
    Country{"TL", 23}, Country{"TN", 24}, Country{"TR", 26}, Country{"UA", 29}, Country{"VA", 22},
    Country{"VG", 24}, Country{"XK", 20}, Country{"YE", 30}};

// 0 to 9 for digits, 10 to 35 for letters of either case, 36 for anything else.
constexpr std::uint32_t kNoValue = 36;
constexpr std::uint32_t ValueOf(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A') + 10;
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 10;
  return kNoValue;
}

}  // namespace

std::size_t IbanLength(char first, char second) {
  for (const Country& country : kCountries) {
    if (country.letters[0] == first && country.letters[1] == second) return country.length;
  }
  return 0;
}

bool PassesIbanCheck(std::string_view text) {
  if (text.size() < kIbanLengthMin || text.size() > kIbanLengthMax) return false;
  if (ValueOf(text[0]) < 10 || ValueOf(text[1]) < 10) return false;
  if (ValueOf(text[2]) > 9 || ValueOf(text[3]) > 9) return false;
  // The first four characters count last; each letter stands for its two-digit value.
  std::uint32_t remainder = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t value = ValueOf(text[(i + 4) % text.size()]);
    if (value == kNoValue) return false;
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  }
  return remainder == 1;
}

}  // namespace axonflow::policy::pii
