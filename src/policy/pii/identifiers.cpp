#include "policy/pii/identifiers.h"

#include <algorithm>
#include <array>

#include "policy/pii/characters.h"
#include "policy/pii/identifiers_europe.h"
#include "policy/pii/identifiers_world.h"

namespace axonflow::policy::pii {
namespace {

using enum Need;
using enum Rule;

// Ordered by length, and within one by how telling form and check are: the first that fits wins.
constexpr auto kIdentifiers = std::to_array<Identifier>({
    {kMedicalRecord, "999999", nullptr, kBeside, "6"},
    {kMedicalRecord, "A99999", nullptr, kBeside, "6"},

    {kNzNhi, "AAA99XX", IsNzNhi, kName, ""},
    {kArDni, "9999999", nullptr, kBeside, "7|1.3.3"},
    {kMedicalRecord, "9999999", nullptr, kBeside, "7"},
    {kMedicalRecord, "A999999", nullptr, kBeside, "7"},

    {kHkId, "A999999X", IsHkId, kName, "7(1"},
    {kIePps, "9999999A", IsIePps, kGeneral, ""},
    {kClRut, "9999999X", IsClRut, kName, "1.3.3-1"},
    {kUyCedula, "99999999", IsUyCedula, kName, ""},
    {kSiTax, "99999999", IsSiTax, kName, ""},
    {kNzIrd, "99999999", IsNzIrd, kName, ""},
    {kAuTfn, "99999999", IsAuTfn, kName, ""},
    {kBic, "AAAAAAXX", IsBic, kBeside, ""},
    {kArDni, "99999999", nullptr, kBeside, "8|2.3.3|2 3 3"},
    {kCoCedula, "99999999", nullptr, kBeside, "8|2.3.3|2 3 3"},
    {kUsDriverLicense, "99999999", nullptr, kBeside, "8"},
    {kUsDriverLicense, "A9999999", nullptr, kBeside, "8"},
    {kMedicalRecord, "99999999", nullptr, kBeside, "8"},
    {kMedicalRecord, "A9999999", nullptr, kBeside, "8"},

    {kUkNino, "AA999999A", IsUkNino, kName, "9|2 2 2 2 1|2-2-2-2-1|2 6 1|2 6-1"},
    {kEsDni, "99999999A", IsEsDni, kName, "9|8-1|8 1|2.3.3-1|2.3.3 1"},
    {kEsDni, "A9999999A", IsEsDni, kName, "9|1-7-1|8-1|1 7 1|1-7 1"},
    {kHkId, "AA999999X", IsHkId, kName, "8(1"},
    {kIePps, "9999999AA", IsIePps, kGeneral, ""},
    {kEsCif, "A9999999X", IsEsCif, kName, ""},
    {kClRut, "99999999X", IsClRut, kName, "2.3.3-1"},
    {kPlIdCard, "AAA999999", IsPlIdCard, kName, ""},
    {kUsDea, "AA9999999", IsUsDea, kName, ""},
    {kUsItin, "999999999", IsUsItin, kName, "3-2-4"},
    {kCaSin, "999999999", IsCaSin, kName, ""},
    {kAuTfn, "999999999", IsAuTfn, kName, ""},
    {kAuAcn, "999999999", IsAuAcn, kName, ""},
    {kNzIrd, "999999999", IsNzIrd, kName, ""},
    {kFrSiren, "999999999", IsFrSiren, kName, ""},
    {kNlBsn, "999999999", IsNlBsn, kName, ""},
    {kPtNif, "999999999", IsPtNif, kName, ""},
    {kGrAfm, "999999999", IsGrAfm, kName, ""},
    {kHuTaj, "999999999", IsHuTaj, kName, ""},
    {kIlTz, "999999999", IsIlTz, kName, ""},
    {kCoNit, "999999999", IsCoNit, kName, ""},
    {kUsEin, "999999999", IsUsEin, kBeside, "9|2-7"},
    {kDeIdCard, "XXXXXXXXX", IsDeIdCardSerial, kBeside, ""},
    {kItIdCard, "AA99999AA", nullptr, kBeside, ""},
    {kItIdCard, "AA9999999", nullptr, kBeside, ""},
    {kPhId, "999999999", nullptr, kBeside, ""},
    {kCoCedula, "999999999", nullptr, kBeside, "9|3.3.3"},
    {kUsDriverLicense, "999999999", nullptr, kBeside, "9"},
    {kUsDriverLicense, "A99999999", nullptr, kBeside, "9"},
    {kMedicalRecord, "999999999", nullptr, kBeside, "9"},
    {kMedicalRecord, "A99999999", nullptr, kBeside, "9"},

    {kFiHetu, "999999999X", IsFiHetu, kName, "6-4"},
    {kCzBirthNumber, "9999999999", IsCzBirthNumber, kGeneral, "6/4"},
    {kSePersonnummer, "9999999999", IsSePersonnummer, kGeneral, "6-4"},
    {kTwId, "AX99999999", IsTwId, kGeneral, ""},
    {kUkNhs, "9999999999", IsUkNhs, kName, ""},
    {kUkUtr, "9999999999", IsUkUtr, kName, ""},
    {kAtSvnr, "9999999999", IsAtSvnr, kGeneral, ""},
    {kBgEgn, "9999999999", IsBgEgn, kGeneral, ""},
    {kIsKennitala, "9999999999", IsIsKennitala, kGeneral, ""},
    {kPlNip, "9999999999", IsPlNip, kName, ""},
    {kHuTax, "9999999999", IsHuTax, kName, ""},
    {kRuInn, "9999999999", IsRuInn, kName, ""},
    {kUaTax, "9999999999", IsUaTax, kName, ""},
    {kUsNpi, "9999999999", IsUsNpi, kName, ""},
    {kAuMedicare, "9999999999", IsAuMedicare, kName, ""},
    {kKrBusiness, "9999999999", IsKrBusiness, kName, ""},
    {kSaId, "9999999999", IsSaId, kName, ""},
    {kEcCedula, "9999999999", IsEcCedula, kName, ""},
    {kCoNit, "9999999999", IsCoNit, kName, ""},
    {kDkCpr, "9999999999", IsDkCpr, kName, ""},
    {kDeIdCard, "XXXXXXXXX9", IsDeIdCard, kName, ""},
    {kInVoter, "AAA9999999", nullptr, kBeside, ""},
    {kRuInternalPassport, "9999999999", nullptr, kBeside, ""},
    {kPhId, "9999999999", nullptr, kBeside, ""},
    {kCoCedula, "9999999999", IsCoCedula, kBeside, "10|1.3.3.3"},
    {kMedicalRecord, "9999999999", nullptr, kBeside, "10"},

    {kFiHetu, "999999A999X", IsFiHetu, kName, "11"},
    {kUsMbi, "9AX9AX9AA99", IsUsMbi, kName, "11|4-3-4"},
    {kNoFodselsnummer, "99999999999", IsNoFodselsnummer, kGeneral, "11|6 5"},
    {kBeNational, "99999999999", IsBeNational, kGeneral, "2.2.2-3.2|2.2.2-3-2|2.2.2 3.2|2.2.2.3.2"},
    {kBrCpf, "99999999999", IsBrCpf, kGeneral, "3.3.3-2"},
    {kRuSnils, "99999999999", IsRuSnils, kGeneral, "3-3-3 2|3-3-3-2"},
    {kArCuit, "99999999999", IsArCuit, kName, "2-8-1"},
    {kTrTckn, "99999999999", IsTrTckn, kGeneral, ""},
    {kPlPesel, "99999999999", IsPlPesel, kGeneral, ""},
    {kBalticPersonal, "99999999999", IsBalticPersonal, kGeneral, ""},
    {kGrAmka, "99999999999", IsGrAmka, kGeneral, ""},
    {kHuPersonal, "99999999999", IsHuPersonal, kGeneral, ""},
    {kLvPersonal, "99999999999", IsLvPersonal, kName, ""},
    {kAuAbn, "99999999999", IsAuAbn, kGeneral, ""},
    {kDeTaxId, "99999999999", IsDeTaxId, kName, ""},
    {kItPartitaIva, "99999999999", IsItPartitaIva, kName, ""},
    {kHrOib, "99999999999", IsHrOib, kName, ""},
    {kPeRuc, "99999999999", IsPeRuc, kName, ""},
    {kBrPis, "99999999999", IsBrPis, kName, ""},
    {kMxNss, "99999999999", IsMxNss, kName, ""},
    {kDoCedula, "99999999999", IsDoCedula, kName, ""},
    {kPtNif, "pt999999999", [](std::string_view v) { return IsPtNif(v.substr(2)); }, kName, ""},
    {kInIfsc, "AAAA0XXXXXX", nullptr, kName, ""},
    {kBic, "AAAAAAXXXXX", IsBic, kBeside, ""},
    {kAuMedicare, "99999999999", IsAuMedicare, kName, ""},

    {kDePension, "99999999A999", IsDePension, kName, "12|2 6 1 3|8 1 3|2-6-1-3"},
    {kChUid, "che999999999", IsChUid, kName, "12|3-3.3.3|3 3.3.3|3-9"},
    {kMxRfc, "AAA999999XXX", IsMxRfc, kName, "12|3-6-3|3 6 3"},
    {kSePersonnummer, "999999999999", IsSePersonnummer, kGeneral, "8-4"},
    {kPtCitizenCard, "999999999AA9", IsPtCitizenCard, kGeneral, ""},
    {kJpMyNumber, "999999999999", IsJpMyNumber, kName, ""},
    {kRuInn, "999999999999", IsRuInn, kName, ""},
    {kKzIin, "999999999999", IsKzIin, kGeneral, ""},
    {kMyKad, "999999999999", IsMyKad, kName, "6-2-4"},
    {kVnCccd, "999999999999", IsVnCccd, kName, ""},
    {kPhId, "999999999999", nullptr, kBeside, ""},

    {kMxRfc, "AAAA999999XXX", IsMxRfc, kName, "13|4-6-3|4 6 3"},
    {kChAhv, "9999999999999", IsChAhv, kGeneral, "13|3.4.4.2|3 4 4 2"},
    {kKrRrn, "9999999999999", IsKrRrn, kName, "6-7"},
    {kZaId, "9999999999999", IsZaId, kGeneral, ""},
    {kRoCnp, "9999999999999", IsRoCnp, kGeneral, ""},
    {kJmbg, "9999999999999", IsJmbg, kGeneral, ""},
    {kThId, "9999999999999", IsThId, kName, "1-4-5-2-1|1 4 5 2 1"},
    {kPkCnic, "9999999999999", IsPkCnic, kName, "5-7-1"},
    {kFrTax, "9999999999999", IsFrTax, kName, ""},
    {kItPartitaIva, "it99999999999", [](std::string_view v) { return IsItPartitaIva(v.substr(2)); },
     kName, "13"},

    {kBrCnpj, "XXXXXXXXXXXX99", IsBrCnpj, kGeneral, "2.3.3/4-2"},
    {kFrSiren, "99999999999999", IsFrSiren, kName, ""},
    {kEgId, "99999999999999", IsEgId, kName, ""},

    {kInGstin, "99AAAAA9999AXzX", IsInGstin, kName, "15"},
    {kFrNir, "999999X99999999", IsFrNir, kGeneral,
     "15|1 2 2 2 3 3 2|13 2|1-2-2-2-3-3-2|1.2.2.2.3.3.2|1 2 2 2 6 2|1 2 2 2 3 3-2|13-2"},
    {kAeId, "999999999999999", IsAeId, kName, "15|3-4-7-1"},
    {kImei, "999999999999999", IsImei, kName, ""},
    {kIdNpwp, "999999999999999", IsIdNpwp, kName, "2.3.3.1-3.3"},

    {kItCodiceFiscale, "AAAAAAXXAXXAXXXA", IsItCodiceFiscale, kName, "16|3 3 5 5|6 5 5"},
    {kUkDrivingLicence, "XXXXX999999XXXAA", IsUkDrivingLicence, kName, "16|5 6 5|5 6 3 2"},
    {kInVid, "9999999999999999", IsInVid, kName, ""},

    {kVin, "XXXXXXXXXXXXXXXXX", IsVin, kName, ""},

    {kCnResident, "99999999999999999X", IsCnResident, kGeneral, "18|6 8 4"},
    {kMxCurp, "AAAA999999AAAAAAX9", IsMxCurp, kName, "18"},
    {kMxClabe, "999999999999999999", IsMxClabe, kName, ""},
});

static_assert(std::is_sorted(kIdentifiers.begin(), kIdentifiers.end(),
                             [](const Identifier& a, const Identifier& b) {
                               return a.shape.size() < b.shape.size();
                             }));
static_assert(kIdentifiers.front().shape.size() == kIdentifierBytesMin);
static_assert(kIdentifiers.back().shape.size() == kIdentifierBytesMax);

constexpr bool CanBeDigits(const Identifier& identifier) {
  return identifier.shape.find_first_not_of("90X") == std::string_view::npos;
}
constexpr bool CanHaveLetter(const Identifier& identifier) {
  return identifier.shape.find_first_not_of('9') != std::string_view::npos;
}
constexpr bool Fits(const Identifier& identifier, bool has_letter) {
  return has_letter ? CanHaveLetter(identifier) : CanBeDigits(identifier);
}

constexpr bool IsLiteral(char want) { return want != '9' && want != 'A' && want != 'X'; }

constexpr Identifier WithMasks(Identifier identifier) {
  for (std::size_t i = 0; i < identifier.shape.size(); ++i) {
    if (identifier.shape[i] == '9') identifier.digits |= 1U << i;
    if (identifier.shape[i] == 'A') identifier.letters |= 1U << i;
    identifier.has_literals |= IsLiteral(identifier.shape[i]);
  }
  return identifier;
}

constexpr std::size_t LengthOf(const Identifier& row) { return row.shape.size(); }
constexpr std::size_t LengthOf(const ProvenLayout& row) { return row.identifier.shape.size(); }

// Rows ordered by length, and where each length begins.
template <typename Row, std::size_t kCount>
struct ByLength {
  std::array<Row, kCount> rows{};
  std::array<std::uint16_t, kIdentifierBytesMax + 2> first{};

  constexpr void Index() {
    std::size_t i = 0;
    for (std::size_t length = 0; length < first.size(); ++length) {
      while (i < kCount && LengthOf(rows[i]) < length) ++i;
      first[length] = static_cast<std::uint16_t>(i);
    }
  }
  std::span<const Row> OfLength(std::size_t length) const {
    if (length > kIdentifierBytesMax) return {};
    return std::span(rows).subspan(first[length], first[length + 1] - std::size_t{first[length]});
  }
};

constexpr std::size_t CountForms(bool has_letter) {
  std::size_t count = 0;
  for (const Identifier& identifier : kIdentifiers) count += Fits(identifier, has_letter) ? 1 : 0;
  return count;
}

template <bool kHasLetter>
constexpr auto kForms = [] {
  ByLength<Identifier, CountForms(kHasLetter)> forms;
  std::size_t count = 0;
  for (const Identifier& identifier : kIdentifiers) {
    if (Fits(identifier, kHasLetter)) forms.rows[count++] = WithMasks(identifier);
  }
  forms.Index();
  return forms;
}();

constexpr bool IsProvable(const Identifier& identifier) {
  return identifier.need != kBeside && !identifier.layouts.empty();
}

constexpr std::size_t CountProven(bool has_letter) {
  std::size_t count = 0;
  for (const Identifier& identifier : kIdentifiers) {
    if (!IsProvable(identifier) || !Fits(identifier, has_letter)) continue;
    count += 1 + static_cast<std::size_t>(
                     std::count(identifier.layouts.begin(), identifier.layouts.end(), '|'));
  }
  return count;
}

template <bool kHasLetter>
constexpr auto kProven = [] {
  ByLength<ProvenLayout, CountProven(kHasLetter)> proven;
  std::size_t count = 0;
  for (const Identifier& identifier : kIdentifiers) {
    if (!IsProvable(identifier) || !Fits(identifier, kHasLetter)) continue;
    std::string_view rest = identifier.layouts;
    for (std::size_t bar = 0; bar != std::string_view::npos; rest.remove_prefix(bar + 1)) {
      bar = rest.find('|');
      proven.rows[count++] = {rest.substr(0, bar), WithMasks(identifier)};
      if (bar == std::string_view::npos) break;
    }
  }
  proven.Index();
  return proven;
}();

}  // namespace

std::span<const ProvenLayout> ProvenLayoutsOfLength(std::size_t length, bool has_letter) {
  return has_letter ? kProven<true>.OfLength(length) : kProven<false>.OfLength(length);
}

std::span<const Identifier> IdentifiersOfLength(std::size_t length, bool has_letter) {
  return has_letter ? kForms<true>.OfLength(length) : kForms<false>.OfLength(length);
}

bool HasLiterals(const Identifier& identifier, std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char want = identifier.shape[i];
    if (IsLiteral(want) && ToUpper(want) != value[i]) return false;
  }
  return true;
}

Value::Value(std::string_view bytes_in) : bytes(bytes_in), letters(0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!IsDigit(bytes[i])) letters |= 1U << i;
  }
}

bool ListsLayout(const Identifier& identifier, std::string_view layout) {
  std::string_view rest = identifier.layouts;
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    if (rest.substr(0, bar) == layout) return true;
    if (bar == std::string_view::npos) return false;
    rest.remove_prefix(bar + 1);
  }
  return false;
}

}  // namespace axonflow::policy::pii
