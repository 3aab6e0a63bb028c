#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::secrets {

struct Place {
  bool found = false;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Judges the ':' of "://" at `at`: finds the login of `scheme://user:password@host` (RFC 3986,
// 3.2.1) and returns the place of the password. Reads at most 256 bytes behind.
Place PasswordOfUrl(std::string_view text, std::size_t at);

// Judges the ':' at `at` as the middle of a bot token of Telegram: 8 to 10 digits before it, 35
// letters behind it, the first of them 'A'. Returns the place of the whole token.
Place TelegramToken(std::string_view text, std::size_t at);

// Judges the '~' at `at` as the sixth byte of a client secret of Azure (3 bytes, digit, "Q~", 31 to
// 34 bytes).
Place AzureClientSecret(std::string_view text, std::size_t at);

// Judges the word "password" at `at` as the key word of a .netrc entry ("machine h login u password
// p"); returns the place of its value. Reads at most 256 bytes before it.
Place NetrcPassword(std::string_view text, std::size_t at);

// Judges the word "Basic" or "basic" at `at` as the scheme of an Authorization header, or "-u" as
// curl has it: returns the place of the login.
Place CurlLogin(std::string_view text, std::size_t at);

}  // namespace axonflow::policy::secrets
