#include "policy/pii/vocabulary.h"

#include <array>
#include <cstddef>

namespace axonflow::policy::pii {
namespace {

struct Entry {
  std::string_view word;
  Topics topics;
};

constexpr Topics kPhoneStrong = kPhoneNoun | kPhoneLabel;

// A word stands here once, with everything it says.
constexpr auto kWords = std::to_array<Entry>({
    // Payment cards.
    {"card", kCardWord | kBridge},
    {"cc", kCardWord},
    {"ccn", kCardWord},
    {"credit", kCardWord},
    {"debit", kCardWord},
    {"visa", kCardWord},
    {"mastercard", kCardWord},
    {"amex", kCardWord},
    {"diners", kCardWord},
    {"jcb", kCardWord},
    {"maestro", kCardWord},
    {"unionpay", kCardWord},
    {"rupay", kCardWord},
    {"cvv", kCardWord},
    {"cvc", kCardWord},
    {"atm", kCardWord},
    {"creditcard", kCardWord},
    {"kreditkarte", kCardWord},
    {"kreditkartennummer", kCardWord},
    {"kartennummer", kCardWord},
    {"karte", kCardWord},
    {"carte", kCardWord},
    {"carta", kCardWord},
    {"tarjeta", kCardWord},
    {"cartão", kCardWord},
    {"cartao", kCardWord},
    {"kaart", kCardWord},
    {"kort", kCardWord},
    {"karta", kCardWord},
    {"kart", kCardWord},
    {"kartu", kCardWord},
    {"kredit", kCardWord},
    {"карта", kCardWord},
    {"карты", kCardWord},
    {"карту", kCardWord},
    {"картой", kCardWord},
    {"بطاقة", kCardWord},
    {"कार्ड", kCardWord},
    {"信用卡", kCardWord},
    {"银行卡", kCardWord},
    {"卡号", kCardWord},
    {"カード", kCardWord},
    {"카드", kCardWord},
    // Goods and papers that carry numbers of their own.
    {"order", kTradeWord},
    {"invoice", kTradeWord},
    {"tracking", kTradeWord},
    {"shipment", kTradeWord},
    {"isbn", kTradeWord | kMeasureWord},
    {"issn", kTradeWord | kMeasureWord},
    {"ean", kTradeWord | kMeasureWord},
    {"upc", kTradeWord | kMeasureWord},
    {"sku", kTradeWord | kMeasureWord},
    {"barcode", kTradeWord | kMeasureWord},
    {"serial", kTradeWord | kMeasureWord},
    {"part", kTradeWord},
    {"ticket", kTradeWord},
    {"timestamp", kTradeWord | kMeasureWord},
    // Telephones: nouns.
    {"phone", kPhoneStrong},
    {"telephone", kPhoneStrong},
    {"tel", kPhoneStrong},
    {"ph", kPhoneStrong},
    {"mob", kPhoneStrong},
    {"mobile", kPhoneStrong},
    {"cell", kPhoneStrong},
    {"cellphone", kPhoneStrong},
    {"fax", kPhoneStrong},
    {"whatsapp", kPhoneStrong},
    {"landline", kPhoneStrong},
    {"hotline", kPhoneStrong},
    {"helpline", kPhoneStrong},
    {"pager", kPhoneStrong},
    {"handy", kPhoneStrong},
    {"handynummer", kPhoneStrong},
    {"telefon", kPhoneStrong},
    {"telefonnummer", kPhoneStrong},
    {"mobilnummer", kPhoneStrong},
    {"rufnummer", kPhoneStrong},
    {"mobil", kPhoneStrong},
    {"téléphone", kPhoneStrong},
    {"telephonique", kPhoneStrong},
    {"portable", kPhoneStrong},
    {"teléfono", kPhoneStrong},
    {"telefono", kPhoneStrong},
    {"móvil", kPhoneStrong},
    {"movil", kPhoneStrong},
    {"celular", kPhoneStrong},
    {"cellulare", kPhoneStrong},
    {"telefone", kPhoneStrong},
    {"telemóvel", kPhoneStrong},
    {"telefoon", kPhoneStrong},
    {"telefoonnummer", kPhoneStrong},
    {"telepon", kPhoneStrong},
    {"telp", kPhoneStrong},
    {"ponsel", kPhoneStrong},
    {"hp", kPhoneStrong},
    {"wa", kPhoneStrong},
    {"телефон", kPhoneStrong},
    {"телефона", kPhoneStrong},
    {"телефону", kPhoneStrong},
    {"тел", kPhoneStrong},
    {"мобильный", kPhoneStrong},
    {"هاتف", kPhoneStrong},
    {"هاتفي", kPhoneStrong},
    {"الهاتف", kPhoneStrong},
    {"جوال", kPhoneStrong},
    {"फ़ोन", kPhoneStrong},
    {"फोन", kPhoneStrong},
    {"मोबाइल", kPhoneStrong},
    {"电话", kPhoneStrong},
    {"手机", kPhoneStrong},
    {"電話", kPhoneStrong},
    {"携帯", kPhoneStrong},
    {"전화", kPhoneStrong},
    {"휴대폰", kPhoneStrong},
    {"연락처", kPhoneStrong},
    // Telephones: places of a number, which count beside it only.
    {"office", kPhoneLabel},
    {"desk", kPhoneLabel},
    {"home", kPhoneLabel},
    {"work", kPhoneLabel},
    {"ext", kPhoneLabel},
    {"extension", kPhoneLabel},
    // Telephones: verbs and what is done with one.
    {"call", kPhoneVerb | kPhoneLabel},
    {"calling", kPhoneVerb},
    {"dial", kPhoneVerb | kPhoneLabel},
    {"dialed", kPhoneVerb},
    {"answering", kPhoneVerb},
    {"message", kPhoneVerb},
    {"voicemail", kPhoneVerb},
    {"text", kPhoneVerb},
    {"texting", kPhoneVerb},
    {"sms", kPhoneVerb | kPhoneLabel},
    {"reach", kPhoneVerb},
    {"contact", kPhoneVerb | kPhoneLabel},
    {"ring", kPhoneVerb},
    {"callback", kPhoneVerb},
    {"appelez", kPhoneVerb},
    {"appeler", kPhoneVerb},
    {"joindre", kPhoneVerb},
    {"anrufen", kPhoneVerb},
    {"erreichen", kPhoneVerb},
    {"erreichbar", kPhoneVerb},
    {"llame", kPhoneVerb},
    {"llámame", kPhoneVerb},
    {"llamar", kPhoneVerb},
    {"chiamare", kPhoneVerb},
    {"chiamami", kPhoneVerb},
    {"ligar", kPhoneVerb},
    {"ligue", kPhoneVerb},
    {"bellen", kPhoneVerb},
    {"hubungi", kPhoneVerb},
    {"позвоните", kPhoneVerb},
    {"звонить", kPhoneVerb},
    {"联系", kPhoneVerb},
    // Measures: a number beside one of these is seldom a telephone.
    {"zip", kMeasureWord | kPostWord},
    {"year", kMeasureWord},
    {"amount", kMeasureWord},
    {"price", kMeasureWord},
    {"id", kMeasureWord | kBridge},
    {"code", kMeasureWord | kBridge},
    {"population", kMeasureWord},
    {"total", kMeasureWord},
    {"version", kMeasureWord | kVersionLabel},
    {"budget", kMeasureWord},
    {"cost", kMeasureWord},
    {"dollar", kMeasureWord},
    {"euro", kMeasureWord},
    {"address", kPostWord},
    // Numbers of the state.
    {"ssn", kSsnWord | kSsnLabel},
    {"social", kSsnWord | kSsnLabel},
    {"security", kSsnLabel},
    {"tax", kSsnWord},
    {"itin", kSsnWord | kSsnLabel},
    {"tin", kSsnWord},
    {"employee", kPersonWord},
    {"patient", kPersonWord},
    {"member", kPersonWord},
    // Banks.
    {"account", kAccountWord | kBankWord | kAccountLabel},
    {"acct", kAccountWord | kBankWord | kAccountLabel},
    {"bank", kBankWord},
    {"routing", kBankWord},
    {"aba", kBankWord},
    {"wire", kBankWord},
    {"deposit", kBankWord},
    {"transfer", kBankWord},
    {"checking", kBankWord},
    {"savings", kBankWord},
    {"iban", kIbanWord | kBankWord},
    // India.
    {"aadhaar", kAadhaarWord},
    {"aadhar", kAadhaarWord},
    {"adhaar", kAadhaarWord},
    {"uidai", kAadhaarWord},
    {"uid", kAadhaarWord},
    {"आधार", kAadhaarWord},
    {"unique", kAadhaarWord},
    {"pan", kPanLabel},
    {"पैन", kPanLabel},
    // Singapore.
    {"nric", kSingaporeWord | kNricLabel},
    {"ic", kSingaporeWord | kNricLabel},
    {"identity", kSingaporeWord | kNricLabel},
    {"identification", kSingaporeWord | kNricLabel},
    {"fin", kSingaporeWord | kFinLabel},
    {"foreign", kSingaporeWord},
    {"singapore", kSingaporeWord | kPostalLabel},
    {"singaporean", kSingaporeWord},
    {"spore", kSingaporeWord | kPostalLabel},
    {"pore", kPostalLabel},
    {"singpass", kSingaporeWord},
    {"cpf", kSingaporeWord},
    {"resident", kSingaporeWord},
    {"citizen", kSingaporeWord},
    {"身份证", kSingaporeWord | kNricLabel},
    {"uen", kUenLabel},
    {"entity", kUenLabel},
    {"acra", kUenLabel},
    {"postal", kPostalLabel | kPostWord},
    {"postcode", kPostalLabel | kPostWord},
    {"邮政编码", kPostalLabel | kPostWord},
    {"邮编", kPostalLabel | kPostWord},
    // Indonesia.
    {"ktp", kKtpWord},
    {"nik", kKtpWord},
    {"penduduk", kKtpWord},
    // Travel.
    {"passport", kPassportLabel},
    {"pasaporte", kPassportLabel},
    {"passeport", kPassportLabel},
    {"reisepass", kPassportLabel},
    {"reisepassnummer", kPassportLabel},
    {"passnummer", kPassportLabel},
    {"passaporto", kPassportLabel},
    {"passaporte", kPassportLabel},
    {"paspoort", kPassportLabel},
    {"paspor", kPassportLabel},
    {"паспорт", kPassportLabel},
    {"護照", kPassportLabel},
    {"护照", kPassportLabel},
    {"パスポート", kPassportLabel},
    {"旅券", kPassportLabel},
    {"여권", kPassportLabel},
    {"document", kDocumentWord},
    {"travel", kTravelWord},
    {"booking", kBookingLabel},
    {"reservation", kBookingLabel},
    {"reference", kBookingLabel},
    {"ref", kBookingLabel},
    {"pnr", kBookingLabel},
    {"confirmation", kBookingLabel},
    // Births.
    {"dob", kBirthLabel},
    {"birth", kBirthLabel},
    {"birthdate", kBirthLabel},
    {"birthday", kBirthLabel},
    {"born", kBirthLabel},
    {"geburtsdatum", kBirthLabel},
    {"geburtstag", kBirthLabel},
    {"naissance", kBirthLabel},
    {"nacimiento", kBirthLabel},
    {"nascimento", kBirthLabel},
    {"nascita", kBirthLabel},
    {"geboortedatum", kBirthLabel},
    {"lahir", kBirthLabel},
    {"рождения", kBirthLabel},
    {"出生日期", kBirthLabel},
    {"生年月日", kBirthLabel},
    {"생년월일", kBirthLabel},
    // Words that may stand between a label and its value.
    {"no", kBridge},
    {"nr", kBridge},
    {"num", kBridge},
    {"number", kBridge},
    {"is", kBridge},
    {"date", kBridge},
    {"mm", kBridge},
    {"dd", kBridge},
    {"yyyy", kBridge},
    {"numéro", kBridge},
    {"numero", kBridge},
    {"número", kBridge},
    {"nummer", kBridge},
    {"nomor", kBridge},
    {"номер", kBridge},
    {"est", kBridge},
    {"es", kBridge},
    {"ist", kBridge},
    {"adalah", kBridge},
    {"号码", kBridge},
    {"番号", kBridge},
    {"번호", kBridge},
    // What names a release rather than a machine.
    {"v", kVersionLabel},
    {"ver", kVersionLabel},
    {"semver", kVersionLabel},
    {"firmware", kVersionLabel},
    {"revision", kVersionLabel},
    {"release", kVersionLabel},
    {"build", kVersionLabel},
    {"section", kVersionLabel},
    {"chapter", kVersionLabel},
    {"clause", kVersionLabel},
    {"python", kVersionLabel},
    {"chrome", kVersionLabel},
    {"firefox", kVersionLabel},
    {"windows", kVersionLabel},
    {"android", kVersionLabel},
    {"linux", kVersionLabel},
    {"driver", kVersionLabel},
});

constexpr std::size_t kSlots = 2048;
static_assert(kWords.size() * 4 < kSlots, "the table stays sparse so that a miss ends at once");

constexpr std::size_t Hash(std::string_view word) { return WordHash::Of(word) % kSlots; }

// Index + 1 into kWords; 0 is a free slot. Linear probing.
constexpr std::array<std::uint16_t, kSlots> MakeSlots() {
  std::array<std::uint16_t, kSlots> slots{};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    std::size_t slot = Hash(kWords[i].word);
    while (slots[slot] != 0) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<std::uint16_t>(i + 1);
  }
  return slots;
}

constexpr std::array<std::uint16_t, kSlots> kIndex = MakeSlots();

constexpr HashBits kKnown = [] {
  HashBits bits;
  for (const Entry& entry : kWords) bits.Insert(WordHash::Of(entry.word));
  return bits;
}();

constexpr std::size_t kCharacterBytes = 3;

constexpr std::array<bool, kSlots> MakeStarts() {
  std::array<bool, kSlots> starts{};
  for (const Entry& entry : kWords) {
    if (entry.word.size() > kCharacterBytes) {
      starts[Hash(entry.word.substr(0, kCharacterBytes))] = true;
    }
  }
  return starts;
}

constexpr std::array<bool, kSlots> kStarts = MakeStarts();

}  // namespace

constinit const HashBits kTopicalWords = kKnown;

bool MayStartWord(std::string_view character) { return kStarts[Hash(character)]; }

Topics TopicsOf(std::string_view word, std::uint32_t hash) {
  if (!kKnown.MayHold(hash)) return 0;
  for (std::size_t slot = hash % kSlots; kIndex[slot] != 0; slot = (slot + 1) % kSlots) {
    const Entry& entry = kWords[kIndex[slot] - 1U];
    if (entry.word == word) return entry.topics;
  }
  return 0;
}

}  // namespace axonflow::policy::pii
