#include "policy/pii/identifier_words.h"

#include <array>

#include "policy/pii/vocabulary.h"

namespace axonflow::policy::pii {
namespace {

using enum Rule;

template <typename... Rules>
constexpr IdentifierWord Name(std::string_view word, Rules... rules) {
  return {word, RuleSet::Of(rules...), {}, false};
}
template <typename... Rules>
constexpr IdentifierWord Both(std::string_view word, Rules... rules) {
  return {word, RuleSet::Of(rules...), {}, true};
}
constexpr IdentifierWord General(std::string_view word) { return {word, {}, {}, true}; }
constexpr IdentifierWord Country(std::string_view word, Rule first, Rule last) {
  return {word, {}, RuleSet::Range(first, last), false};
}

constexpr auto kWords = std::to_array<IdentifierWord>({
    // Names of identifiers at large.
    General("identity"),
    General("identification"),
    General("identifier"),
    General("identifiant"),
    General("personal id"),
    General("national id"),
    General("citizen"),
    General("citizenship"),
    General("national"),
    General("tax"),
    General("taxpayer"),
    General("tin"),
    General("steuer"),
    General("social"),
    General("insurance"),
    General("pension"),
    General("resident"),
    General("residence"),
    General("personal"),
    General("government"),
    General("identidad"),
    General("identidade"),
    General("identité"),
    General("identifikation*"),
    General("impuesto*"),
    General("tributari*"),
    General("contribuyente"),
    General("vat"),
    General("idnummer"),
    General("id-nummer"),
    General("id number"),
    General("id no"),
    General("id card"),
    General("id nummer"),  // United Kingdom.
    Name("nhs", kUkNhs),
    Name("national health", kUkNhs),
    Name("nino", kUkNino),
    Both("national insurance", kUkNino),
    Name("insurance number", kUkNino, kCaSin),
    Name("ni number", kUkNino),
    Name("ni no", kUkNino),
    Name("utr", kUkUtr),
    Name("taxpayer reference", kUkUtr),
    Name("self assessment", kUkUtr),
    Name("driving licence", kUkDrivingLicence),
    Name("driving license", kUkDrivingLicence),
    Name("dvla", kUkDrivingLicence),
    Country("uk", kUkNhs, kUkDrivingLicence),
    Country("british", kUkNhs, kUkDrivingLicence),
    Country("britain", kUkNhs, kUkDrivingLicence),
    Country("england", kUkNhs, kUkDrivingLicence),
    Country("hmrc", kUkNhs, kUkDrivingLicence),
    // Germany.
    Name("steuerid*", kDeTaxId),
    Name("steuernummer", kDeTaxId),
    Name("idnr", kDeTaxId),
    Name("steueridentifikation*", kDeTaxId),
    Name("steuer id", kDeTaxId),
    Name("steuerliche", kDeTaxId),
    Name("steuer identifikationsnummer", kDeTaxId),
    Name("identifikationsnummer", kDeTaxId),
    Name("personalausweis*", kDeIdCard),
    Name("ausweisnummer", kDeIdCard),
    Name("reisepass*", kDeIdCard),
    Both("ausweis", kDeIdCard),
    Name("rentenversicherung*", kDePension),
    Name("sozialversicherung*", kDePension, kAtSvnr, kChAhv),
    Name("versicherungsnummer", kDePension, kAtSvnr, kChAhv),
    Name("rvnr", kDePension),
    Name("svnr", kDePension, kAtSvnr),
    Country("german", kDeTaxId, kDePension),
    Country("germany", kDeTaxId, kDePension),
    Country("deutsch*", kDeTaxId, kDePension),
    // France.
    Name("nir", kFrNir),
    Name("insee", kFrNir),
    Name("sécu", kFrNir),
    Name("secu", kFrNir),
    Name("vitale", kFrNir),
    Name("sociale", kFrNir),
    Name("siren", kFrSiren),
    Name("siret", kFrSiren),
    Name("spi", kFrTax),
    Name("numéro fiscal", kFrTax),
    Name("identifiant fiscal", kFrTax),
    Name("numero fiscal", kFrTax, kPtNif),
    Both("fiscale", kFrTax),
    Country("french", kFrNir, kFrTax),
    Country("france", kFrNir, kFrTax),
    Country("français*", kFrNir, kFrTax),
    // Spain.
    Name("dni", kEsDni, kArDni),
    Name("nie", kEsDni),
    Name("nif", kEsDni, kEsCif, kPtNif, kFrTax),
    Name("cif", kEsCif),
    Country("spanish", kEsDni, kEsCif),
    Country("spain", kEsDni, kEsCif),
    Country("españ*", kEsDni, kEsCif),
    Country("espan*", kEsDni, kEsCif),
    // Italy.
    Name("codice fiscale", kItCodiceFiscale, kItPartitaIva),
    Name("cf", kItCodiceFiscale),
    Name("partita iva", kItPartitaIva),
    Name("p iva", kItPartitaIva),
    Name("piva", kItPartitaIva),
    Name("iva", kItPartitaIva),
    Name("d identità", kItIdCard),
    Name("d identita", kItIdCard),
    Name("carta identità", kItIdCard),
    Both("identità", kItIdCard),
    Name("cie", kItIdCard),
    Country("italian*", kItCodiceFiscale, kItIdCard),
    Country("italy", kItCodiceFiscale, kItIdCard),
    Country("italia", kItCodiceFiscale, kItIdCard),
    // Netherlands, Belgium.
    Name("bsn", kNlBsn),
    Name("burgerservicenummer", kNlBsn),
    Name("sofinummer", kNlBsn),
    Name("sofi", kNlBsn),
    Country("dutch", kNlBsn, kNlBsn),
    Country("netherlands", kNlBsn, kNlBsn),
    Country("nederland*", kNlBsn, kNlBsn),
    Name("rijksregister*", kBeNational),
    Name("registre national", kBeNational),
    Name("national register", kBeNational),
    Name("insz", kBeNational),
    Name("niss", kBeNational, kPtNif),
    Name("bsn nummer", kNlBsn),
    Country("belgi*", kBeNational, kBeNational),
    Country("belg*", kBeNational, kBeNational),
    // Portugal.
    Both("contribuinte", kPtNif),
    Both("fiscal", kPtNif, kFrTax),
    Name("cartão cidadão", kPtCitizenCard),
    Name("cidadão", kPtCitizenCard),
    Name("cidadao", kPtCitizenCard),
    Country("portug*", kPtNif, kPtCitizenCard),
    // Poland.
    Name("pesel*", kPlPesel),
    Name("nip", kPlNip),
    Name("dowód", kPlIdCard),
    Name("dowod", kPlIdCard),
    Name("dowodu", kPlIdCard),
    Name("osobisty", kPlIdCard),
    Name("osobistego", kPlIdCard),
    Country("polish", kPlPesel, kPlIdCard),
    Country("poland", kPlPesel, kPlIdCard),
    Country("polsk*", kPlPesel, kPlIdCard),
    Country("polsce", kPlPesel, kPlIdCard),
    // Austria, Ireland, Czechia and Slovakia, Romania, Bulgaria, Greece.
    Country("austria*", kAtSvnr, kAtSvnr),
    Country("österreich*", kAtSvnr, kAtSvnr),
    Name("sv nummer", kAtSvnr, kDePension),
    Name("sv", kAtSvnr, kDePension),
    Name("pps", kIePps),
    Name("ppsn", kIePps),
    Name("uphsp", kIePps),
    Name("psp", kIePps),
    Country("irish", kIePps, kIePps),
    Country("ireland", kIePps, kIePps),
    Name("rodné", kCzBirthNumber),
    Name("rodne", kCzBirthNumber),
    Name("rodného", kCzBirthNumber),
    Name("rodným", kCzBirthNumber),
    Name("birth number", kCzBirthNumber),
    Country("czech*", kCzBirthNumber, kCzBirthNumber),
    Country("slovak*", kCzBirthNumber, kCzBirthNumber),
    Country("česk*", kCzBirthNumber, kCzBirthNumber),
    Name("cnp", kRoCnp),
    Name("cnpul", kRoCnp),
    Name("numeric personal", kRoCnp),
    Country("romania*", kRoCnp, kRoCnp),
    Country("român*", kRoCnp, kRoCnp),
    Name("егн", kBgEgn),
    Name("egn", kBgEgn),
    Name("единен", kBgEgn),
    Country("bulgaria*", kBgEgn, kBgEgn),
    Country("българ*", kBgEgn, kBgEgn),
    Name("αμκα", kGrAmka),
    Name("amka", kGrAmka),
    Name("αφμ", kGrAfm),
    Name("afm", kGrAfm),
    Country("gree*", kGrAmka, kGrAfm),
    Country("ελλ*", kGrAmka, kGrAfm),
    // Hungary, Croatia, the Baltic states, former Yugoslavia.
    Name("adóazonosító*", kHuTax),
    Name("adoazonosito*", kHuTax),
    Name("taj", kHuTaj),
    Name("társadalombiztosítás*", kHuTaj),
    Name("személyi*", kHuPersonal),
    Name("személyazonosító*", kHuPersonal),
    Name("szemelyi*", kHuPersonal),
    Country("hungar*", kHuTax, kHuPersonal),
    Country("magyar*", kHuTax, kHuPersonal),
    Name("oib", kHrOib),
    Name("oiba", kHrOib),
    Name("oibu", kHrOib),
    Name("oibom", kHrOib),
    Name("osobni identifikacijski", kHrOib),
    Country("croat*", kHrOib, kHrOib),
    Country("hrvat*", kHrOib, kHrOib),
    Name("isikukood*", kBalticPersonal),
    Name("asmens", kBalticPersonal),
    Country("eston*", kBalticPersonal, kBalticPersonal),
    Country("eesti", kBalticPersonal, kBalticPersonal),
    Country("lithuania*", kBalticPersonal, kBalticPersonal),
    Country("lietuv*", kBalticPersonal, kBalticPersonal),
    Name("personas", kLvPersonal),
    Country("latvi*", kLvPersonal, kLvPersonal),
    Name("jmbg*", kJmbg),
    Name("emšo*", kJmbg),
    Name("emso", kJmbg),
    Name("јмбг", kJmbg),
    Name("matični", kJmbg),
    Name("davčna", kSiTax),
    Name("davčno", kSiTax),
    Name("davcna", kSiTax),
    Country("sloven*", kJmbg, kSiTax),
    Country("serbia*", kJmbg, kJmbg),
    Country("bosnia*", kJmbg, kJmbg),
    // The Nordic countries.
    Name("personnummer*", kSePersonnummer, kNoFodselsnummer),
    Name("samordningsnummer", kSePersonnummer),
    Name("personnr", kSePersonnummer, kNoFodselsnummer),
    Country("swed*", kSePersonnummer, kSePersonnummer),
    Country("svensk*", kSePersonnummer, kSePersonnummer),
    Country("sverige", kSePersonnummer, kSePersonnummer),
    Name("fødselsnummer*", kNoFodselsnummer),
    Name("fodselsnummer*", kNoFodselsnummer),
    Name("fødselsnr", kNoFodselsnummer),
    Name("fnr", kNoFodselsnummer),
    Country("norw*", kNoFodselsnummer, kNoFodselsnummer),
    Country("norsk*", kNoFodselsnummer, kNoFodselsnummer),
    Country("norge", kNoFodselsnummer, kNoFodselsnummer),
    Name("cpr", kDkCpr),
    Name("cprnummer", kDkCpr),
    Name("personnummeret", kSePersonnummer, kNoFodselsnummer, kDkCpr),
    Country("danish", kDkCpr, kDkCpr),
    Country("denmark", kDkCpr, kDkCpr),
    Country("dansk*", kDkCpr, kDkCpr),
    Name("hetu*", kFiHetu),
    Name("henkilötunnu*", kFiHetu),
    Name("henkilotunnu*", kFiHetu),
    Name("sotu*", kFiHetu),
    Country("finnish", kFiHetu, kFiHetu),
    Country("finland", kFiHetu, kFiHetu),
    Country("suom*", kFiHetu, kFiHetu),
    Name("kennitala*", kIsKennitala),
    Name("kennitölu", kIsKennitala),
    Country("iceland*", kIsKennitala, kIsKennitala),
    // Switzerland, Turkey, Russia and its neighbours.
    Name("ahv", kChAhv),
    Name("ahvnummer", kChAhv),
    Name("avs", kChAhv),
    Name("uid", kChUid),
    Country("swiss", kChAhv, kChUid),
    Country("switzerland", kChAhv, kChUid),
    Country("schweiz*", kChAhv, kChUid),
    Country("suisse", kChAhv, kChUid),
    Name("tckn", kTrTckn),
    Name("tc", kTrTckn),
    Name("t c", kTrTckn),
    Both("kimlik", kTrTckn),
    Name("vatandaşlık", kTrTckn),
    Country("turk*", kTrTckn, kTrTckn),
    Country("türk*", kTrTckn, kTrTckn),
    Name("инн", kRuInn),
    Name("inn", kRuInn),
    Name("снилс", kRuSnils),
    Name("snils", kRuSnils),
    Name("паспорт*", kRuInternalPassport),
    Name("серия", kRuInternalPassport),
    Country("russia*", kRuInn, kRuInternalPassport),
    Country("росси*", kRuInn, kRuInternalPassport),
    Name("рнокпп", kUaTax),
    Name("rnokpp", kUaTax),
    Name("ідентифікаційний", kUaTax),
    Name("іпн", kUaTax),
    Name("податк*", kUaTax),
    Country("ukrain*", kUaTax, kUaTax),
    Country("україн*", kUaTax, kUaTax),
    Name("иин", kKzIin),
    Name("жсн", kKzIin),
    Name("iin", kKzIin),
    Country("kazakh*", kKzIin, kKzIin),
    Country("казахстан*", kKzIin, kKzIin),
    // United States.
    Name("itin", kUsItin),
    Name("individual taxpayer", kUsItin),
    Name("ein", kUsEin),
    Name("fein", kUsEin),
    Name("employer identification", kUsEin),
    Name("npi", kUsNpi),
    Name("provider identifier", kUsNpi),
    Name("dea", kUsDea),
    Name("mbi", kUsMbi),
    Name("medicare", kUsMbi, kAuMedicare),
    Name("beneficiary", kUsMbi),
    Name("driver license", kUsDriverLicense),
    Name("drivers license", kUsDriverLicense),
    Name("s license", kUsDriverLicense),
    Name("s licence", kUsDriverLicense, kUkDrivingLicence),
    Name("driver licence", kUsDriverLicense, kUkDrivingLicence),
    Name("dl", kUsDriverLicense),
    Name("dln", kUsDriverLicense),
    Country("irs", kUsItin, kUsDriverLicense),
    // Canada, Brazil, Mexico, the rest of Latin America.
    Name("social insurance", kCaSin),
    Name("sin", kCaSin),
    Name("assurance sociale", kCaSin),
    Name("nas", kCaSin),
    Country("canad*", kCaSin, kCaSin),
    Name("cpf", kBrCpf),
    Name("cnpj", kBrCnpj),
    Name("pis", kBrPis),
    Name("pasep", kBrPis),
    Name("nis", kBrPis),
    Name("nit", kBrPis, kCoNit),
    Country("brazil*", kBrCpf, kBrPis),
    Country("brasil*", kBrCpf, kBrPis),
    Name("curp", kMxCurp),
    Name("rfc", kMxRfc),
    Name("nss", kMxNss),
    Name("imss", kMxNss),
    Name("seguridad social", kMxNss),
    Name("seguro social", kMxNss),
    Name("clabe", kMxClabe),
    Name("interbancaria", kMxClabe),
    Country("mexic*", kMxCurp, kMxClabe),
    Country("méxico", kMxCurp, kMxClabe),
    Name("cuit", kArCuit),
    Name("cuil", kArCuit),
    Country("argentin*", kArCuit, kArDni),
    Name("rut", kClRut, kUyCedula),
    Country("chile*", kClRut, kClRut),
    Name("cédula", kCoCedula, kEcCedula, kUyCedula, kDoCedula),
    Name("cedula", kCoCedula, kEcCedula, kUyCedula, kDoCedula),
    Name("ciudadanía", kCoCedula),
    Name("ciudadania", kCoCedula),
    Country("colombia*", kCoNit, kCoCedula),
    Name("ruc", kPeRuc),
    Country("peru*", kPeRuc, kPeRuc),
    Country("perú", kPeRuc, kPeRuc),
    Country("ecuador*", kEcCedula, kEcCedula),
    Country("uruguay*", kUyCedula, kUyCedula),
    Country("dominican*", kDoCedula, kDoCedula),
    // Australia and New Zealand.
    Name("tfn", kAuTfn),
    Name("tax file", kAuTfn),
    Name("abn", kAuAbn),
    Name("business number", kAuAbn, kKrBusiness),
    Name("acn", kAuAcn),
    Name("company number", kAuAcn),
    Country("australia*", kAuTfn, kAuMedicare),
    Name("ird", kNzIrd),
    Name("nhi", kNzNhi),
    Name("health index", kNzNhi),
    Country("zealand*", kNzIrd, kNzNhi),
    // East Asia.
    Name("my number", kJpMyNumber),
    Name("mynumber", kJpMyNumber),
    Name("マイナンバー", kJpMyNumber),
    Name("個人番号", kJpMyNumber),
    Country("japan*", kJpMyNumber, kJpMyNumber),
    Country("日本", kJpMyNumber, kJpMyNumber),
    Name("주민등록번호", kKrRrn),
    Name("주민번호", kKrRrn),
    Name("외국인등록번호", kKrRrn),
    Name("rrn", kKrRrn),
    Name("resident registration", kKrRrn),
    Name("사업자등록번호", kKrBusiness),
    Name("사업자", kKrBusiness),
    Country("korea*", kKrRrn, kKrBusiness),
    Name("身份证", kCnResident, kHkId, kTwId),
    Name("居民身份证", kCnResident),
    Name("公民身份号码", kCnResident),
    Country("chinese", kCnResident, kCnResident),
    Country("china", kCnResident, kCnResident),
    Name("身分證", kTwId, kHkId),
    Name("身分証", kTwId),
    Name("統一編號", kTwId),
    Country("taiwan*", kTwId, kTwId),
    Country("台灣", kTwId, kTwId),
    Name("hkid", kHkId),
    Name("身份證", kHkId, kTwId),
    Name("hong kong", kHkId),
    Country("香港", kHkId, kHkId),
    // South and South-East Asia.
    Name("บัตรประชาชน", kThId),
    Name("ประชาชน", kThId),
    Name("thai", kThId),
    Country("thailand", kThId, kThId),
    Name("mykad", kMyKad),
    Name("nric", kMyKad),
    Name("kad pengenalan", kMyKad),
    Name("pengenalan", kMyKad),
    Name("ic", kMyKad),
    Country("malaysia*", kMyKad, kMyKad),
    Name("sss", kPhId),
    Name("philhealth", kPhId),
    Name("philsys", kPhId),
    Name("umid", kPhId),
    Name("cccd", kVnCccd),
    Name("căn cước", kVnCccd),
    Name("cmnd", kVnCccd),
    Name("công dân", kVnCccd),
    Country("vietnam*", kVnCccd, kVnCccd),
    Name("npwp", kIdNpwp),
    Name("pajak", kIdNpwp),
    Name("gstin", kInGstin),
    Name("gst", kInGstin),
    Name("virtual id", kInVid),
    Name("vid", kInVid),
    Name("ifsc", kInIfsc),
    Name("epic", kInVoter),
    Name("voter", kInVoter),
    Name("voter id", kInVoter),
    Name("cnic", kPkCnic),
    Name("شناختی", kPkCnic),
    Country("pakistan*", kPkCnic, kPkCnic),
    // The Near East, Africa.
    Name("teudat", kIlTz),
    Name("zehut", kIlTz),
    Name("תעודת", kIlTz),
    Name("זהות", kIlTz),
    Name("ת ז", kIlTz),
    Country("israel*", kIlTz, kIlTz),
    Country("african", kZaId, kZaId),
    Country("africa", kZaId, kZaId),
    Name("rsa", kZaId),
    Name("sa id", kZaId),
    Name("identiteitsnommer", kZaId),
    Name("emirates id", kAeId),
    Name("emirates", kAeId),
    Country("uae", kAeId, kAeId),
    Name("iqama", kSaId),
    Name("الهوية", kSaId, kAeId),
    Name("هوية", kSaId, kAeId),
    Country("saudi", kSaId, kSaId),
    Name("القومي", kEgId),
    Country("egypt*", kEgId, kEgId),
    // Things of a person.
    Name("imei", kImei),
    Name("vin", kVin),
    Name("chassis", kVin),
    Name("vehicle identification", kVin),
    Name("fahrgestellnummer", kVin),
    Name("swift", kBic),
    Name("bic", kBic),
    Name("mrn", kMedicalRecord),
    Name("medical record", kMedicalRecord),
    Name("health record", kMedicalRecord),
    Name("patient id", kMedicalRecord),
    Name("chart number", kMedicalRecord),
    Name("patientennummer", kMedicalRecord),
});

constexpr std::size_t kSlots = 4096;
static_assert(kWords.size() * 4 < kSlots, "the table stays sparse so that a miss ends at once");

constexpr bool IsStem(std::string_view word) { return word.ends_with('*'); }
constexpr std::string_view Bare(std::string_view word) {
  return IsStem(word) ? word.substr(0, word.size() - 1) : word;
}

constexpr std::size_t kCharacterBytes = 3;

struct Index {
  std::array<std::uint16_t, kSlots> slots{};  // place + 1 in kWords; 0 is free
  HashBits whole;
  HashBits stems;
  HashBits stem_starts;
  HashBits seconds;
  HashBits starts;
};

constexpr Index kIndex = [] {
  Index index;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    const std::string_view bare = Bare(kWords[i].word);
    const std::uint32_t hash = WordHash::Of(bare);
    std::size_t slot = hash % kSlots;
    while (index.slots[slot] != 0) slot = (slot + 1) % kSlots;
    index.slots[slot] = static_cast<std::uint16_t>(i + 1);
    index.whole.Insert(hash);
    if (IsStem(kWords[i].word)) {
      index.stems.Insert(hash);
      index.stem_starts.Insert(WordHash::Of(bare.substr(0, kStemBytesMin)));
    }
    const std::size_t space = bare.find(' ');
    if (space != std::string_view::npos) index.seconds.Insert(WordHash::Of(bare.substr(space + 1)));
    if (bare.size() > kCharacterBytes && (static_cast<unsigned char>(bare[0]) & 0xF0U) == 0xE0U) {
      index.starts.Insert(WordHash::Of(bare.substr(0, kCharacterBytes)));
    }
  }
  return index;
}();

const IdentifierWord* Find(std::string_view bare, std::uint32_t hash, bool stem_only) {
  for (std::size_t slot = hash % kSlots; kIndex.slots[slot] != 0; slot = (slot + 1) % kSlots) {
    const IdentifierWord& word = kWords[kIndex.slots[slot] - 1U];
    if (Bare(word.word) == bare && (!stem_only || IsStem(word.word))) return &word;
  }
  return nullptr;
}

}  // namespace

constinit const HashBits kNamingWords = kIndex.whole | kIndex.seconds;
constinit const HashBits kStemStarts = kIndex.stem_starts;

const IdentifierWord* FindIdentifierWord(std::string_view word, std::uint32_t hash) {
  if (kIndex.whole.MayHold(hash)) {
    const IdentifierWord* whole = Find(word, hash, false);
    if (whole != nullptr) return whole;
  }
  if (word.size() <= kStemBytesMin) return nullptr;
  if (!kStemStarts.MayHold(WordHash::Of(word.substr(0, kStemBytesMin)))) return nullptr;
  for (std::size_t length = word.size() - 1; length >= kStemBytesMin; --length) {
    const std::string_view stem = word.substr(0, length);
    const std::uint32_t stem_hash = WordHash::Of(stem);
    if (!kIndex.stems.MayHold(stem_hash)) continue;
    const IdentifierWord* found = Find(stem, stem_hash, true);
    if (found != nullptr) return found;
  }
  return nullptr;
}

bool MayEndPair(std::uint32_t hash) { return kIndex.seconds.MayHold(hash); }

const IdentifierWord* FindIdentifierPair(std::string_view first, std::string_view second) {
  std::array<char, 2 * kWordBytesMax + 1> joined;
  if (first.size() > kWordBytesMax || second.size() > kWordBytesMax) return nullptr;
  std::size_t size = first.copy(joined.data(), first.size());
  joined[size++] = ' ';
  size += second.copy(joined.data() + size, second.size());
  const std::string_view pair(joined.data(), size);
  const std::uint32_t hash = WordHash::Of(pair);
  return kIndex.whole.MayHold(hash) ? Find(pair, hash, false) : nullptr;
}

bool MayStartIdentifierWord(std::string_view character) {
  return kIndex.starts.MayHold(WordHash::Of(character));
}

}  // namespace axonflow::policy::pii
