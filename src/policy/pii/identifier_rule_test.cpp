#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/pii/identifier_words.h"
#include "policy/pii/pii_detector.h"

namespace axonflow::policy::pii {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Found(std::string_view text) {
  Hits hits;
  Detect(text, hits);
  std::vector<std::string> found;
  for (const Hit& hit : hits.hits) {
    found.push_back(std::string(ToString(hit.rule)) + ":" +
                    std::string(text.substr(hit.begin, hit.end - hit.begin)));
  }
  return found;
}

TEST(ReportIdentifier, TakesANumberWithItsNameBeforeOrAfter) {
  EXPECT_THAT(Found("My NHS number is 943 476 5919."), ElementsAre("uk_nhs:943 476 5919"));
  EXPECT_THAT(Found("943 476 5919 is my NHS number"), ElementsAre("uk_nhs:943 476 5919"));
  EXPECT_THAT(Found("Meine Steueridentifikationsnummer ist 36574261809"),
              ElementsAre("de_tax_id:36574261809"));
  EXPECT_THAT(Found("Mitt personnummer är 8803200016"), ElementsAre("se_personnummer:8803200016"));
  EXPECT_THAT(Found("The pump has the number 9434765919"), IsEmpty());
}

TEST(ReportIdentifier, ClaimsAValueThatAnotherRuleWouldTake) {
  // Valid as a telephone number, and without the name's check.
  EXPECT_THAT(Found("+1 212 555 0143 reaches the phone"), Contains("phone:+1 212 555 0143"));
  EXPECT_THAT(Found("Call the phone 212-555-0143"), Contains("phone:212-555-0143"));
  EXPECT_THAT(Found("Her CPR is 212-555-0143"), IsEmpty());
}

TEST(ReportIdentifier, ReadsNamesInOtherScripts) {
  EXPECT_THAT(Found("私のマイナンバーは123456789018です。"),
              ElementsAre("jp_my_number:123456789018"));
  EXPECT_THAT(Found("请问您能否尽快帮我再次确认一下我的居民身份证号码11010519491231002X"),
              ElementsAre("cn_resident:11010519491231002X"));
  EXPECT_THAT(Found("Мой ИНН 7707083893"), ElementsAre("ru_inn:7707083893"));
  EXPECT_THAT(Found("Το ΑΜΚΑ μου είναι 01013099997"), ElementsAre("gr_amka:01013099997"));
  EXPECT_THAT(Found("Moja EMŠO številka je 0101006500006"), ElementsAre("jmbg:0101006500006"));
  EXPECT_THAT(Found("תעודת זהות 039337423"), ElementsAre("il_tz:039337423"));
}

TEST(ReportIdentifier, LeavesANumberWithAWrongCheckAloneWhateverElseItLooksLike) {
  EXPECT_THAT(Found("My NHS number is 943 476 5918"), IsEmpty());
  EXPECT_THAT(Found("943 476 5918 is not an NHS number"), IsEmpty());
  EXPECT_THAT(Found("tax file number 123456783"), IsEmpty());
  EXPECT_THAT(Found("social insurance number 123456783"), IsEmpty());
  EXPECT_THAT(Found("Meu CPF é 390.533.447-06"), IsEmpty());
  EXPECT_THAT(Found("SIRET 732 829 320 00075"), IsEmpty());
}

TEST(ReportIdentifier, StillFindsACardBehindTheNameOfAnIdentifier) {
  EXPECT_THAT(Found("IMEI 378282246310005"), ElementsAre("imei:378282246310005"));
  EXPECT_THAT(Found("SIRET 36148900647913"), ElementsAre("credit_card:36148900647913"));
}

TEST(ReportIdentifier, TakesATellingLayoutWithoutAName) {
  EXPECT_THAT(Found("O titular 390.533.447-05 pagou"), ElementsAre("br_cpf:390.533.447-05"));
  EXPECT_THAT(Found("Asiakas 131052-308T soitti"), ElementsAre("fi_hetu:131052-308T"));
  EXPECT_THAT(Found("Police 756.9217.0769.85"), ElementsAre("ch_ahv:756.9217.0769.85"));
  EXPECT_THAT(Found("Payroll has AB 12 34 56 C on file"), ElementsAre("uk_nino:AB 12 34 56 C"));
  EXPECT_THAT(Found("El titular 12345678Z"), ElementsAre("es_dni:12345678Z"));
  EXPECT_THAT(Found("The tenant A123456(3) signed"), ElementsAre("hk_id:A123456(3)"));
  EXPECT_THAT(Found("Intestato a RSSMRA85T10A562S"),
              ElementsAre("it_codice_fiscale:RSSMRA85T10A562S"));
  EXPECT_THAT(Found("Part 12345678Z of the order"), IsEmpty());
}

TEST(ReportIdentifier, GivesTheNearestNameTheNumber) {
  EXPECT_THAT(Found("CPR: 120785-9792"), ElementsAre("dk_cpr:120785-9792"));
  EXPECT_THAT(Found("NHS number 943 476 5919, phone 020 7946 0958"),
              ElementsAre("uk_nhs:943 476 5919", "phone:020 7946 0958"));
  EXPECT_THAT(Found("Tax ID of a Polish citizen: 44051401359"),
              ElementsAre("pl_pesel:44051401359"));
}

TEST(ReportIdentifier, AsksForTheNameDirectlyBeforeWhereThereIsNoCheck) {
  EXPECT_THAT(Found("MRN: 12345678"), ElementsAre("medical_record:12345678"));
  EXPECT_THAT(Found("the MRN, which nobody at the front desk knew, 12345678"), IsEmpty());
  EXPECT_THAT(Found("My driver's license is D1234567"), ElementsAre("us_driver_license:D1234567"));
}

TEST(IdentifierWords, KnowsWholeWordsStemsAndPairs) {
  ASSERT_NE(FindIdentifierWord("nhs"), nullptr);
  EXPECT_TRUE(FindIdentifierWord("nhs")->names.Has(Rule::kUkNhs));
  ASSERT_NE(FindIdentifierWord("henkilötunnukseni"), nullptr);
  EXPECT_TRUE(FindIdentifierWord("henkilötunnukseni")->names.Has(Rule::kFiHetu));
  EXPECT_EQ(FindIdentifierWord("nhsx"), nullptr);
  ASSERT_NE(FindIdentifierPair("social", "insurance"), nullptr);
  EXPECT_TRUE(FindIdentifierPair("social", "insurance")->names.Has(Rule::kCaSin));
  EXPECT_EQ(FindIdentifierPair("fire", "insurance"), nullptr);
}

}  // namespace
}  // namespace axonflow::policy::pii
