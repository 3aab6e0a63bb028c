#include "secrets/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/crypto.h"

namespace axonflow::secrets {
namespace {

using testing::HasSubstr;

constexpr Place kPlace{"providers", "acme", "shop", "p-1", "api_key"};

std::string KeyText(char first) {
  std::string key = "0123456789abcdef0123456789abcdeX";
  key[0] = first;
  return Base64Encode(key);
}

std::shared_ptr<const KeyRing> Ring(const std::string& keys, const std::string& single = "") {
  auto ring = KeyRing::Parse(Secret(single), Secret(keys));
  EXPECT_TRUE(ring.ok()) << (ring.ok() ? "" : ring.error().message);
  return *ring;
}

TEST(Envelope, OpensWhatItSealed) {
  const auto ring = Ring("k1:" + KeyText('a'));
  for (const std::string& text :
       {std::string(), std::string("x"), std::string(10'000, 'y'), std::string("\0\xff\n", 3)}) {
    const auto envelope = Seal(*ring, kPlace, Secret(text));
    ASSERT_TRUE(envelope.ok());
    EXPECT_TRUE(IsSealed(*envelope));
    EXPECT_EQ(KeyIdOf(*envelope), "k1");
    const auto opened = Open(*ring, kPlace, *envelope);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->Reveal(), text);
  }
}

TEST(Envelope, ShowsNothingOfTheValueAndNeverRepeats) {
  const auto ring = Ring("k1:" + KeyText('a'));
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const auto envelope = Seal(*ring, kPlace, Secret("planted-secret-value"));
    EXPECT_THAT(*envelope, testing::Not(HasSubstr("planted")));
    EXPECT_TRUE(seen.insert(*envelope).second);
  }
}

// The place is part of what is authenticated: each of its five names, one changed at a time.
TEST(Envelope, DoesNotOpenAtAnotherPlace) {
  const auto ring = Ring("k1:" + KeyText('a'));
  const std::string envelope = *Seal(*ring, kPlace, Secret("value"));
  const Place others[] = {
      {"webhooks", "acme", "shop", "p-1", "api_key"},
      {"providers", "evil", "shop", "p-1", "api_key"},
      {"providers", "acme", "evil", "p-1", "api_key"},
      {"providers", "acme", "shop", "p-2", "api_key"},
      {"providers", "acme", "shop", "p-1", "secret"},
      {"providers", "acme", "", "shopp-1", "api_key"},
      {"providers", "acmes", "hop", "p-1", "api_key"},
      {"", "", "", "", ""},
  };
  for (const Place& other : others) {
    const auto opened = Open(*ring, other, envelope);
    ASSERT_FALSE(opened.ok()) << other.table << other.org << other.tenant << other.row;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Envelope, DoesNotOpenWhenAnyCharacterChanged) {
  const auto ring = Ring("k1:" + KeyText('a') + ",k2:" + KeyText('b'));
  const std::string envelope = *Seal(*ring, kPlace, Secret("value"));
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    for (const char c : {'A', 'b', '1', '2', ':', '='}) {
      if (envelope[i] == c) continue;
      std::string changed = envelope;
      changed[i] = c;
      EXPECT_FALSE(Open(*ring, kPlace, changed).ok()) << changed;
    }
    EXPECT_FALSE(Open(*ring, kPlace, envelope.substr(0, i)).ok()) << i;
  }
}

TEST(Envelope, OpensUnderAnyKeyOfTheRingAndSealsUnderTheFirst) {
  const auto before = Ring("old:" + KeyText('a'));
  const auto both = Ring("new:" + KeyText('b') + ", old:" + KeyText('a'));
  const auto after = Ring("new:" + KeyText('b'));
  const std::string old_envelope = *Seal(*before, kPlace, Secret("value"));
  EXPECT_EQ(Open(*both, kPlace, old_envelope)->Reveal(), "value");
  const std::string new_envelope = *Seal(*both, kPlace, Secret("value"));
  EXPECT_EQ(KeyIdOf(new_envelope), "new");
  EXPECT_EQ(Open(*after, kPlace, new_envelope)->Reveal(), "value");
  const auto gone = Open(*after, kPlace, old_envelope);
  ASSERT_FALSE(gone.ok());
  EXPECT_THAT(gone.error().message, HasSubstr("\"old\""));
}

// Bytes made with another implementation of AES-256-GCM: key of 32 bytes 00 01 .. 1e 20, nonce of
// twelve bytes 01, no associated data, text {"a":"b"}.
TEST(Envelope, ReadsTheOlderFormWithAndWithoutQuotes) {
  std::string key;
  for (int i = 0; i < 31; ++i) key += static_cast<char>(i);
  key += '\x20';
  const auto ring = Ring("k1:" + KeyText('a'), Base64Encode(key));
  const std::string old_form = "enc:AQEBAQEBAQEBAQEBUyvnLdwoH8eTl+FEuIftlPXd7W58F96wOQ==";
  for (const std::string& text : {old_form, "\"" + old_form + "\""}) {
    const auto opened = Open(*ring, kPlace, text);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->Reveal(), "{\"a\":\"b\"}");
  }
  EXPECT_FALSE(Open(*Ring("k1:" + KeyText('a')), kPlace, old_form).ok());
}

TEST(Envelope, RefusesWhatIsNone) {
  const auto ring = Ring("k1:" + KeyText('a'));
  for (const char* text : {"", "enc:", "enc:v2:", "enc:v2:k1", "enc:v2:k1:", "enc:v2::AAAA",
                           "plain", "\"enc:", "enc:v2:k1:!!!!", "{\"key\":\"enc:AAAA\"}"}) {
    EXPECT_FALSE(Open(*ring, kPlace, text).ok()) << text;
  }
  EXPECT_FALSE(Open(*ring, kPlace, "enc:v2:k1:" + std::string(200'000, 'A')).ok());
}

TEST(Envelope, NeedsAKeyAndABoundedValue) {
  EXPECT_FALSE(Seal(*Ring(""), kPlace, Secret("value")).ok());
  const auto ring = Ring("k1:" + KeyText('a'));
  EXPECT_TRUE(Seal(*ring, kPlace, Secret(std::string(kSealedBytesMax, 'x'))).ok());
  EXPECT_FALSE(Seal(*ring, kPlace, Secret(std::string(kSealedBytesMax + 1, 'x'))).ok());
}

}  // namespace
}  // namespace axonflow::secrets
