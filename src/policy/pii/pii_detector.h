#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace axonflow::policy::pii {

// One for each PII policy of the catalogue. Names match the part after "pii." in the YAML.
enum class Rule : std::uint8_t {
  kCreditCard,
  kEmail,
  kPhone,
  kIpAddress,
  kPassport,
  kDob,
  kBookingRef,
  kSsn,
  kBankAccount,
  kIban,
  kPan,
  kAadhaar,
  kSingaporeNric,
  kSingaporeFin,
  kSingaporeUen,
  kSingaporePhone,
  kSingaporePostal,
  kIndonesiaKtp,
  // National and other identifiers, in the order of identifiers.cpp: a country's stand together.
  kUkNhs,
  kUkNino,
  kUkUtr,
  kUkDrivingLicence,
  kDeTaxId,
  kDeIdCard,
  kDePension,
  kFrNir,
  kFrSiren,
  kFrTax,
  kEsDni,
  kEsCif,
  kItCodiceFiscale,
  kItPartitaIva,
  kItIdCard,
  kNlBsn,
  kBeNational,
  kPtNif,
  kPtCitizenCard,
  kPlPesel,
  kPlNip,
  kPlIdCard,
  kAtSvnr,
  kIePps,
  kCzBirthNumber,
  kRoCnp,
  kBgEgn,
  kGrAmka,
  kGrAfm,
  kHuTax,
  kHuTaj,
  kHuPersonal,
  kHrOib,
  kBalticPersonal,
  kLvPersonal,
  kJmbg,
  kSiTax,
  kSePersonnummer,
  kNoFodselsnummer,
  kDkCpr,
  kFiHetu,
  kIsKennitala,
  kChAhv,
  kChUid,
  kTrTckn,
  kRuInn,
  kRuSnils,
  kRuInternalPassport,
  kUaTax,
  kKzIin,
  kUsItin,
  kUsEin,
  kUsNpi,
  kUsDea,
  kUsMbi,
  kUsDriverLicense,
  kCaSin,
  kBrCpf,
  kBrCnpj,
  kBrPis,
  kMxCurp,
  kMxRfc,
  kMxNss,
  kMxClabe,
  kArCuit,
  kArDni,
  kClRut,
  kCoNit,
  kCoCedula,
  kPeRuc,
  kEcCedula,
  kUyCedula,
  kDoCedula,
  kAuTfn,
  kAuAbn,
  kAuAcn,
  kAuMedicare,
  kNzIrd,
  kNzNhi,
  kJpMyNumber,
  kKrRrn,
  kKrBusiness,
  kCnResident,
  kTwId,
  kHkId,
  kThId,
  kMyKad,
  kPhId,
  kVnCccd,
  kIdNpwp,
  kInGstin,
  kInVid,
  kInIfsc,
  kInVoter,
  kPkCnic,
  kIlTz,
  kZaId,
  kAeId,
  kSaId,
  kEgId,
  kImei,
  kVin,
  kBic,
  kMedicalRecord,
  kCount,
};

// "credit_card" -> Rule::kCreditCard; kCount for an unknown name. And back.
Rule ParseRule(std::string_view name);
std::string_view ToString(Rule rule);

struct Hit {
  Rule rule;
  std::uint32_t begin;  // byte range of the value alone, without its label
  std::uint32_t end;
  float confidence;  // 0 to 1
};

// Upper bound of hits of one rule that are recorded with their place; the detector goes on to the
// end of the text for other rules, and reports `truncated` when one rule had more.
inline constexpr std::size_t kHitsPerRuleMax = 10'000;

struct Hits {
  std::vector<Hit> hits;  // ordered by begin
  bool truncated = false;
  void clear() {
    hits.clear();
    truncated = false;
  }
};

// Finds personal data in `text` (UTF-8 or any bytes) in one pass over the text: digit runs, '@',
// and label words start candidates, checksums and the 50 bytes around each decide. Linear in the
// text whatever it holds; values never leave through logs or errors.
void Detect(std::string_view text, Hits& hits);

}  // namespace axonflow::policy::pii
