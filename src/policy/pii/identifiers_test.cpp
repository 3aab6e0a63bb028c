#include "policy/pii/identifiers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace axonflow::policy::pii {
namespace {

bool IsLettered(std::string_view value) {
  return value.find_first_not_of("0123456789") != std::string_view::npos;
}

// Whether some form of the rule takes the value.
bool Accepts(Rule rule, std::string_view value) {
  const auto forms = IdentifiersOfLength(value.size(), IsLettered(value));
  return std::any_of(forms.begin(), forms.end(), [&](const Identifier& form) {
    return form.rule == rule && IsValid(form, Value(value));
  });
}

struct Example {
  Rule rule;
  const char* value;
};

// Examples that authorities and public descriptions print, and one of each with a wrong check.
TEST(Identifiers, AcceptPublishedExamplesAndRefuseThemWithAnotherLastByte) {
  using enum Rule;
  const std::vector<Example> examples = {{kUkNhs, "9434765919"},
                                         {kDeTaxId, "36574261809"},
                                         {kDePension, "15070649C103"},
                                         {kDePension, "65180539W001"},
                                         {kDeIdCard, "T220001293"},
                                         {kFrSiren, "552008443"},
                                         {kFrSiren, "73282932000074"},
                                         {kEsDni, "12345678Z"},
                                         {kEsDni, "X1234567L"},
                                         {kEsCif, "A58818501"},
                                         {kItCodiceFiscale, "RSSMRA85T10A562S"},
                                         {kItPartitaIva, "00743110157"},
                                         {kNlBsn, "111222333"},
                                         {kBeNational, "85073003328"},
                                         {kPtNif, "501964843"},
                                         {kPtCitizenCard, "000000000ZZ4"},
                                         {kPlPesel, "44051401359"},
                                         {kPlNip, "8567346215"},
                                         {kAtSvnr, "1237010180"},
                                         {kIePps, "1234567T"},
                                         {kIePps, "1234567FA"},
                                         {kCzBirthNumber, "7103192745"},
                                         {kRoCnp, "1630615123457"},
                                         {kBgEgn, "7523169263"},
                                         {kGrAmka, "01013099997"},
                                         {kGrAfm, "094259216"},
                                         {kHuTax, "8071592153"},
                                         {kHrOib, "33392005961"},
                                         {kBalticPersonal, "37605030299"},
                                         {kJmbg, "0101006500006"},
                                         {kSiTax, "50223054"},
                                         {kSePersonnummer, "8803200016"},
                                         {kNoFodselsnummer, "15108695088"},
                                         {kFiHetu, "131052308T"},
                                         {kFiHetu, "131052A308T"},
                                         {kIsKennitala, "1201743399"},
                                         {kChAhv, "7569217076985"},
                                         {kChUid, "CHE100155212"},
                                         {kTrTckn, "17291716060"},
                                         {kRuInn, "7707083893"},
                                         {kRuSnils, "11223344595"},
                                         {kUaTax, "1759013776"},
                                         {kUsNpi, "1234567893"},
                                         {kUsDea, "AB1234563"},
                                         {kCaSin, "123456782"},
                                         {kBrCpf, "39053344705"},
                                         {kBrCnpj, "16727230000197"},
                                         {kBrCnpj, "12ABC34501DE35"},
                                         {kMxCurp, "BOXW310820HNERXN09"},
                                         {kMxRfc, "GODE561231GR8"},
                                         {kMxClabe, "032180000118359719"},
                                         {kArCuit, "20055361682"},
                                         {kClRut, "125319092"},
                                         {kCoNit, "2131234321"},
                                         {kPeRuc, "20512333797"},
                                         {kEcCedula, "1714307103"},
                                         {kUyCedula, "12345672"},
                                         {kDoCedula, "00113918205"},
                                         {kAuTfn, "123456782"},
                                         {kAuAbn, "83914571673"},
                                         {kAuAcn, "004085616"},
                                         {kNzIrd, "49091850"},
                                         {kNzIrd, "136410132"},
                                         {kNzNhi, "ZAC5361"},
                                         {kNzNhi, "ZZZ00AX"},
                                         {kJpMyNumber, "123456789018"},
                                         {kKrRrn, "9710139019902"},
                                         {kCnResident, "11010519491231002X"},
                                         {kTwId, "A123456789"},
                                         {kHkId, "G123456A"},
                                         {kHkId, "A1234563"},
                                         {kThId, "1101700230708"},
                                         {kInGstin, "27AAPFU0939F1ZV"},
                                         {kIlTz, "039337423"},
                                         {kImei, "490154203237518"},
                                         {kVin, "1M8GDM9AXKP042788"}};
  for (const Example& example : examples) {
    const std::string value = example.value;
    EXPECT_TRUE(Accepts(example.rule, value)) << ToString(example.rule) << " " << value;
    // The place of the check: the last byte but for a few.
    std::string other = value;
    std::size_t place = value.size() - 1;
    if (example.rule == Rule::kAtSvnr) place = 3;
    if (example.rule == Rule::kVin || example.rule == Rule::kIsKennitala) place = 8;
    if (example.rule == Rule::kIePps) place = 7;
    const std::string digits = "0123456789";
    const std::string letters = "ABCDEFGHJKLMNPQRSTVWXYZ";
    int accepted = 0;
    for (const char c : IsLettered(value.substr(place, 1)) ? letters : digits) {
      other[place] = c;
      accepted += Accepts(example.rule, other) ? 1 : 0;
    }
    // Foreign residents of Korea have a second check, company numbers of Spain a letter.
    EXPECT_LE(accepted, example.rule == Rule::kKrRrn ? 2 : 1) << ToString(example.rule);
  }
}

TEST(Identifiers, RefuseWhatIsNeverGivenOut) {
  EXPECT_FALSE(Accepts(Rule::kUkNino, "BG123456A"));
  EXPECT_FALSE(Accepts(Rule::kUkNino, "QQ123456A"));
  EXPECT_FALSE(Accepts(Rule::kUkNino, "AB123456E"));
  EXPECT_TRUE(Accepts(Rule::kUkNino, "AB123456D"));
  EXPECT_TRUE(Accepts(Rule::kUkDrivingLicence, "GRANT607159KL9XY"));
  EXPECT_FALSE(Accepts(Rule::kUkDrivingLicence, "GRANT613159KL9XY"));
  EXPECT_TRUE(Accepts(Rule::kUsItin, "912701234"));
  EXPECT_FALSE(Accepts(Rule::kUsItin, "912121234"));
  EXPECT_TRUE(Accepts(Rule::kUsMbi, "1EG4TE5MK73"));
  EXPECT_FALSE(Accepts(Rule::kUsMbi, "1SG4TE5MK73"));
  EXPECT_FALSE(Accepts(Rule::kDkCpr, "1213851234"));
  EXPECT_TRUE(Accepts(Rule::kMyKad, "850712145678"));
  EXPECT_FALSE(Accepts(Rule::kMyKad, "851312145678"));
  EXPECT_FALSE(Accepts(Rule::kBrCpf, "11111111111"));
  EXPECT_FALSE(Accepts(Rule::kBic, "DEUTXXFF"));
}

// The same rules once more, slowly and another way: from the digits without the check to the check.
int SlowWeighted(const std::string& digits, const std::vector<int>& weights) {
  return std::inner_product(
      weights.begin(), weights.end(), digits.begin(), 0, std::plus<>(),
      [](int weight, char c) { return weight * std::stoi(std::string(1, c)); });
}

std::string SlowLuhn(const std::string& front) {
  for (char check = '0'; check <= '9'; ++check) {
    std::string doubled;
    const std::string all = front + check;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const int digit = all[all.size() - 1 - i] - '0';
      doubled += std::to_string(i % 2 == 1 ? digit * 2 : digit);
    }
    int sum = 0;
    for (const char c : doubled) sum += c - '0';
    if (sum % 10 == 0) return std::string(1, check);
  }
  return {};
}

std::string Digit(int value) { return value >= 0 && value <= 9 ? std::to_string(value) : ""; }

struct Slow {
  Rule rule;
  std::size_t front;                                     // digits before the check
  std::function<std::string(const std::string&)> check;  // empty for a front that has none
};

TEST(Identifiers, AgreeWithASlowReadingOfEachRuleOnRandomNumbers) {
  using enum Rule;
  const std::vector<Slow> rules = {
      {kUkNhs, 9,
       [](const auto& d) {
         return Digit((11 - SlowWeighted(d, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 11);
       }},
      {kFrSiren, 8, SlowLuhn},
      {kCaSin, 8, [](const auto& d) { return d[0] == '8' ? "" : SlowLuhn(d); }},
      {kIlTz, 8, SlowLuhn},
      {kImei, 14, SlowLuhn},
      {kPlNip, 9,
       [](const auto& d) { return Digit(SlowWeighted(d, {6, 5, 7, 2, 3, 4, 5, 6, 7}) % 11); }},
      {kHuTaj, 8,
       [](const auto& d) { return Digit(SlowWeighted(d, {3, 7, 3, 7, 3, 7, 3, 7}) % 10); }},
      {kGrAfm, 8,
       [](const auto& d) {
         return Digit(SlowWeighted(d, {256, 128, 64, 32, 16, 8, 4, 2}) % 11 % 10);
       }},
      {kAuAcn, 8,
       [](const auto& d) {
         return Digit((10 - SlowWeighted(d, {8, 7, 6, 5, 4, 3, 2, 1}) % 10) % 10);
       }},
      {kJpMyNumber, 11,
       [](const auto& d) {
         const int rest = SlowWeighted(d, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
         return Digit(rest <= 1 ? 0 : 11 - rest);
       }},
      {kBrCpf, 9,
       [](const auto& d) {
         const int one = SlowWeighted(d, {1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 % 10;
         const std::string more = d + std::to_string(one);
         const int two = SlowWeighted(more, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 % 10;
         return std::to_string(one) + std::to_string(two);
       }},
      {kTrTckn, 9,
       [](const auto& d) {
         if (d[0] == '0') return std::string();
         const int one = ((7 * SlowWeighted(d, {1, 0, 1, 0, 1, 0, 1, 0, 1}) +
                           9 * SlowWeighted(d, {0, 1, 0, 1, 0, 1, 0, 1, 0})) %
                          10);
         int sum = one;
         for (const char c : d) sum += c - '0';
         return std::to_string(one) + std::to_string(sum % 10);
       }},
      {kFrTax, 10,
       [](const auto& d) {
         if (d[0] > '3') return std::string();
         const std::string rest = std::to_string(std::stoll(d) % 511);
         return std::string(3 - rest.size(), '0') + rest;
       }},
  };
  std::mt19937 random(17);
  for (const Slow& rule : rules) {
    int given = 0;
    for (int round = 0; round < 500; ++round) {
      std::string front;
      while (front.size() < rule.front) front += static_cast<char>('0' + random() % 10);
      const std::string check = rule.check(front);
      if (check.empty()) continue;
      ++given;
      ASSERT_TRUE(Accepts(rule.rule, front + check)) << ToString(rule.rule) << front << check;
      std::string wrong = check;
      wrong.back() = wrong.back() == '9' ? '0' : static_cast<char>(wrong.back() + 1);
      ASSERT_FALSE(Accepts(rule.rule, front + wrong)) << ToString(rule.rule) << front << wrong;
    }
    EXPECT_GT(given, 100) << ToString(rule.rule);
  }
}

TEST(Identifiers, AreFoundByLengthAndByWhetherTheyHaveLetters) {
  for (std::size_t length = 0; length < 2 * kIdentifierBytesMax; ++length) {
    for (const bool lettered : {false, true}) {
      for (const Identifier& form : IdentifiersOfLength(length, lettered)) {
        EXPECT_EQ(form.shape.size(), length);
        const bool digits = form.shape.find_first_not_of("90X") == std::string_view::npos;
        EXPECT_TRUE(lettered || digits) << form.shape;
      }
      for (const ProvenLayout& proven : ProvenLayoutsOfLength(length, lettered)) {
        EXPECT_TRUE(ListsLayout(proven.identifier, proven.layout));
        EXPECT_NE(proven.identifier.check, nullptr);
      }
    }
  }
  EXPECT_TRUE(IdentifiersOfLength(kIdentifierBytesMax + 1, true).empty());
}

}  // namespace
}  // namespace axonflow::policy::pii
