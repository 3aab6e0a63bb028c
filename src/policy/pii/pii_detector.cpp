#include "policy/pii/pii_detector.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "policy/pii/characters.h"
#include "policy/pii/detection.h"
#include "policy/pii/email_rule.h"
#include "policy/pii/number_phrase.h"
#include "policy/pii/number_rules.h"
#include "policy/pii/scan.h"
#include "policy/pii/token_rules.h"

namespace axonflow::policy::pii {
namespace {

constexpr std::size_t kRules = static_cast<std::size_t>(Rule::kCount);

constexpr std::array<std::string_view, kRules> kNames = {"credit_card",
                                                         "email",
                                                         "phone",
                                                         "ip_address",
                                                         "passport",
                                                         "dob",
                                                         "booking_ref",
                                                         "ssn",
                                                         "bank_account",
                                                         "iban",
                                                         "pan",
                                                         "aadhaar",
                                                         "singapore_nric",
                                                         "singapore_fin",
                                                         "singapore_uen",
                                                         "singapore_phone",
                                                         "singapore_postal",
                                                         "indonesia_ktp",
                                                         "uk_nhs",
                                                         "uk_nino",
                                                         "uk_utr",
                                                         "uk_driving_licence",
                                                         "de_tax_id",
                                                         "de_id_card",
                                                         "de_pension",
                                                         "fr_nir",
                                                         "fr_siren",
                                                         "fr_tax",
                                                         "es_dni",
                                                         "es_cif",
                                                         "it_codice_fiscale",
                                                         "it_partita_iva",
                                                         "it_id_card",
                                                         "nl_bsn",
                                                         "be_national",
                                                         "pt_nif",
                                                         "pt_citizen_card",
                                                         "pl_pesel",
                                                         "pl_nip",
                                                         "pl_id_card",
                                                         "at_svnr",
                                                         "ie_pps",
                                                         "cz_birth_number",
                                                         "ro_cnp",
                                                         "bg_egn",
                                                         "gr_amka",
                                                         "gr_afm",
                                                         "hu_tax",
                                                         "hu_taj",
                                                         "hu_personal",
                                                         "hr_oib",
                                                         "baltic_personal",
                                                         "lv_personal",
                                                         "jmbg",
                                                         "si_tax",
                                                         "se_personnummer",
                                                         "no_fodselsnummer",
                                                         "dk_cpr",
                                                         "fi_hetu",
                                                         "is_kennitala",
                                                         "ch_ahv",
                                                         "ch_uid",
                                                         "tr_tckn",
                                                         "ru_inn",
                                                         "ru_snils",
                                                         "ru_internal_passport",
                                                         "ua_tax",
                                                         "kz_iin",
                                                         "us_itin",
                                                         "us_ein",
                                                         "us_npi",
                                                         "us_dea",
                                                         "us_mbi",
                                                         "us_driver_license",
                                                         "ca_sin",
                                                         "br_cpf",
                                                         "br_cnpj",
                                                         "br_pis",
                                                         "mx_curp",
                                                         "mx_rfc",
                                                         "mx_nss",
                                                         "mx_clabe",
                                                         "ar_cuit",
                                                         "ar_dni",
                                                         "cl_rut",
                                                         "co_nit",
                                                         "co_cedula",
                                                         "pe_ruc",
                                                         "ec_cedula",
                                                         "uy_cedula",
                                                         "do_cedula",
                                                         "au_tfn",
                                                         "au_abn",
                                                         "au_acn",
                                                         "au_medicare",
                                                         "nz_ird",
                                                         "nz_nhi",
                                                         "jp_my_number",
                                                         "kr_rrn",
                                                         "kr_business",
                                                         "cn_resident",
                                                         "tw_id",
                                                         "hk_id",
                                                         "th_id",
                                                         "my_kad",
                                                         "ph_id",
                                                         "vn_cccd",
                                                         "id_npwp",
                                                         "in_gstin",
                                                         "in_vid",
                                                         "in_ifsc",
                                                         "in_voter",
                                                         "pk_cnic",
                                                         "il_tz",
                                                         "za_id",
                                                         "ae_id",
                                                         "sa_id",
                                                         "eg_id",
                                                         "imei",
                                                         "vin",
                                                         "bic",
                                                         "medical_record"};

// Longer than any value of letters and digits; a longer run is one of base64 or the like.
constexpr std::size_t kTokenBytesMax = 40;
// From this length on, digits and an "x" are a telephone number with its extension.
constexpr std::size_t kExtendedDigitsMin = 7;

std::size_t WordEnd(std::string_view text, std::size_t at) {
  while (IsWordByte(At(text, at))) ++at;
  return at;
}

// The word around the digit or capital at `at`, which is where the scan met it.
std::size_t OnToken(Detection& detection, std::size_t at) {
  const std::string_view text = detection.text;
  const std::size_t end = WordEnd(text, at);
  std::size_t begin = at;
  while (begin > detection.floor && end - begin <= kTokenBytesMax && IsWordByte(text[begin - 1])) {
    --begin;
  }
  if (end - begin > kTokenBytesMax) return end;
  if (At(text, end) == ':') {
    const std::size_t address_end = ReportIpv6(detection, begin);
    if (address_end != 0) return address_end;
  }
  const std::string_view token = text.substr(begin, end - begin);
  if (token.find('_') != std::string_view::npos) return end;
  return ReportToken(detection, begin, end);
}

// Whether the number of fewer than kPlainDigits digits that ends at `end` is over there: no letter,
// no other number and no extension of a telephone goes on from it.
bool EndsPlainly(std::string_view text, std::size_t end) {
  const char c = At(text, end);
  if (IsWordByte(c) || c == ':') return false;
  const char next = At(text, end + 1);
  if (IsDigit(next) || next == '(') return false;
  if (c == ' ') return (next | 0x20) != 'x' && (next | 0x20) != 'e';
  return c != ')' || (next != ' ' && next != '-');
}

std::size_t OnDigit(Detection& detection, std::size_t at) {
  constexpr std::size_t kPlainDigits = 6;  // of the shortest value
  const std::string_view text = detection.text;
  if (at > detection.floor && IsWordByte(text[at - 1])) return OnToken(detection, at);
  // Most numbers of a text are short and stand by themselves.
  std::size_t end = at + 1;
  while (end - at < kPlainDigits && IsDigit(At(text, end))) ++end;
  if (end - at < kPlainDigits && EndsPlainly(text, end)) return end;
  const NumberPhrase phrase = ReadNumberPhrase(text, at);
  const std::size_t first_end = phrase.groups[0].end;
  const bool extended = phrase.count == 1 && phrase.extension_end != 0 &&
                        phrase.groups[0].length() >= kExtendedDigitsMin;
  if (IsWordByte(At(text, first_end)) && !extended) return OnToken(detection, at);
  if (At(text, first_end) == ':') {
    const std::size_t address_end = ReportIpv6(detection, at);
    if (address_end != 0) return address_end;
  }
  return ReportNumbers(detection, phrase);
}

}  // namespace

Rule ParseRule(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return static_cast<Rule>(found - kNames.begin());
}

std::string_view ToString(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  return index < kRules ? kNames[index] : std::string_view();
}

void Detect(std::string_view text, Hits& hits) {
  hits.clear();
  // Places are 32-bit; no body limit lets a longer text in, and what lies beyond is said to be
  // missing.
  constexpr std::size_t kTextBytesMax = std::numeric_limits<std::uint32_t>::max();
  if (text.size() > kTextBytesMax) {
    text = text.substr(0, kTextBytesMax);
    hits.truncated = true;
  }
  Detection detection(text, hits);
  std::size_t at = NextTrigger(text, 0);
  while (at < text.size()) {
    const char c = text[at];
    const std::size_t next = c == '@'     ? ReportEmail(detection, at)
                             : IsDigit(c) ? OnDigit(detection, at)
                                          : OnToken(detection, at);
    at = NextTrigger(text, std::max(next, at + 1));
  }
  // Values do not reach back over `floor`, so they come in order without sorting.
  assert(std::is_sorted(hits.hits.begin(), hits.hits.end(),
                        [](const Hit& a, const Hit& b) { return a.begin < b.begin; }));
}

}  // namespace axonflow::policy::pii
