#pragma once

#include <string_view>

namespace axonflow::policy::pii {

// Check digits and inner rules of European identifiers. Each takes the value without separators,
// letters as capitals, of the length and the places of letters that its row in identifiers.cpp
// says; it returns whether the value may have been given out. Sources: the issuing authorities'
// published formats; docs/detection/pii.md names the rule of each.

bool IsUkNhs(std::string_view text);
bool IsUkNino(std::string_view text);
bool IsUkUtr(std::string_view text);
bool IsUkDrivingLicence(std::string_view text);
bool IsDeTaxId(std::string_view text);
bool IsDeIdCard(std::string_view text);        // nine characters and the check digit
bool IsDeIdCardSerial(std::string_view text);  // the nine characters alone
bool IsDePension(std::string_view text);
bool IsFrNir(std::string_view text);
bool IsFrSiren(std::string_view text);  // SIREN and SIRET
bool IsFrTax(std::string_view text);
bool IsEsDni(std::string_view text);  // DNI and NIE
bool IsEsCif(std::string_view text);
bool IsItCodiceFiscale(std::string_view text);
bool IsItPartitaIva(std::string_view text);
bool IsNlBsn(std::string_view text);
bool IsBeNational(std::string_view text);
bool IsPtNif(std::string_view text);
bool IsPtCitizenCard(std::string_view text);
bool IsPlPesel(std::string_view text);
bool IsPlNip(std::string_view text);
bool IsPlIdCard(std::string_view text);
bool IsAtSvnr(std::string_view text);
bool IsIePps(std::string_view text);
bool IsCzBirthNumber(std::string_view text);
bool IsRoCnp(std::string_view text);
bool IsBgEgn(std::string_view text);
bool IsGrAmka(std::string_view text);
bool IsGrAfm(std::string_view text);
bool IsHuTax(std::string_view text);
bool IsHuTaj(std::string_view text);
bool IsHuPersonal(std::string_view text);
bool IsHrOib(std::string_view text);
bool IsBalticPersonal(std::string_view text);  // Estonia and Lithuania
bool IsLvPersonal(std::string_view text);
bool IsJmbg(std::string_view text);  // Slovenia's EMSO and the other states of Yugoslavia
bool IsSiTax(std::string_view text);

bool IsSePersonnummer(std::string_view text);  // ten or twelve digits
bool IsNoFodselsnummer(std::string_view text);
bool IsDkCpr(std::string_view text);
bool IsFiHetu(std::string_view text);  // ten characters, or eleven with a letter for the century
bool IsIsKennitala(std::string_view text);
bool IsChAhv(std::string_view text);
bool IsChUid(std::string_view text);
bool IsTrTckn(std::string_view text);
bool IsRuInn(std::string_view text);  // ten or twelve digits
bool IsRuSnils(std::string_view text);
bool IsUaTax(std::string_view text);
bool IsKzIin(std::string_view text);

}  // namespace axonflow::policy::pii
