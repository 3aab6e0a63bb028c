#pragma once

#include <string_view>

namespace axonflow::policy::pii {

// Check digits and inner rules of identifiers outside Europe; see identifiers_europe.h for what
// each function is given and returns.

// The Americas.
bool IsUsItin(std::string_view text);
bool IsUsEin(std::string_view text);
bool IsUsNpi(std::string_view text);
bool IsUsDea(std::string_view text);
bool IsUsMbi(std::string_view text);
bool IsCaSin(std::string_view text);
bool IsBrCpf(std::string_view text);
bool IsBrCnpj(std::string_view text);
bool IsBrPis(std::string_view text);
bool IsMxCurp(std::string_view text);
bool IsMxRfc(std::string_view text);  // thirteen characters of a person, twelve of a company
bool IsMxNss(std::string_view text);
bool IsMxClabe(std::string_view text);
bool IsArCuit(std::string_view text);
bool IsClRut(std::string_view text);     // eight or nine characters
bool IsCoNit(std::string_view text);     // nine or ten digits
bool IsCoCedula(std::string_view text);  // ten digits
bool IsPeRuc(std::string_view text);
bool IsEcCedula(std::string_view text);
bool IsUyCedula(std::string_view text);
bool IsDoCedula(std::string_view text);

// Asia, the Pacific, Africa.
bool IsAuTfn(std::string_view text);
bool IsAuAbn(std::string_view text);
bool IsAuAcn(std::string_view text);
bool IsAuMedicare(std::string_view text);
bool IsNzIrd(std::string_view text);  // eight or nine digits
bool IsNzNhi(std::string_view text);
bool IsJpMyNumber(std::string_view text);
bool IsKrRrn(std::string_view text);
bool IsKrBusiness(std::string_view text);
bool IsCnResident(std::string_view text);
bool IsTwId(std::string_view text);
bool IsHkId(std::string_view text);  // eight or nine characters
bool IsThId(std::string_view text);
bool IsMyKad(std::string_view text);
bool IsVnCccd(std::string_view text);
bool IsIdNpwp(std::string_view text);
bool IsInGstin(std::string_view text);
bool IsInVid(std::string_view text);
bool IsPkCnic(std::string_view text);
bool IsIlTz(std::string_view text);
bool IsZaId(std::string_view text);
bool IsAeId(std::string_view text);
bool IsSaId(std::string_view text);
bool IsEgId(std::string_view text);

// Things that belong to a person everywhere.
bool IsImei(std::string_view text);
bool IsVin(std::string_view text);
bool IsBic(std::string_view text);  // eight or eleven characters

}  // namespace axonflow::policy::pii
