#include "policy/automaton.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "policy/catalogue.h"
#include "policy/expression.h"

namespace axonflow::policy {
namespace {

constexpr std::size_t kStepsMax = 20'000;
constexpr std::size_t kStatesMax = 100'000;

// The automaton of some expressions, with RE2 beside it as the reference.
struct Compared {
  explicit Compared(const std::vector<std::string>& expressions) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    ByteProgram program;
    for (const auto& expression : expressions) {
      Opening opening;
      const auto owner = static_cast<std::uint32_t>(reference.size());
      EXPECT_TRUE(AppendExpression(expression, owner, kStepsMax, program, opening)) << expression;
      reference.push_back(std::make_unique<RE2>(expression, options));
      starts_exactly.push_back(opening.bytes.none());
    }
    std::uint32_t too_large = 0;
    automaton = Automaton::Build(program, kStatesMax, kStatesMax, too_large);
    EXPECT_NE(automaton, nullptr) << expressions[too_large];
  }

  void ExpectTheSame(const std::string& text) const {
    OwnerSet found(reference.size());
    automaton->FindAny(text, found);
    std::vector<Automaton::Place> places;
    ASSERT_TRUE(automaton->FindPlaces(text, places));
    for (std::uint32_t owner = 0; owner < reference.size(); ++owner) {
      re2::StringPiece match;
      const bool matches =
          reference[owner]->Match(text, 0, text.size(), RE2::UNANCHORED, &match, 1);
      ASSERT_EQ(found[owner] != 0, matches) << reference[owner]->pattern() << "\n" << text;
      const auto first = std::find_if(places.begin(), places.end(),
                                      [&](const auto& place) { return place.owner == owner; });
      ASSERT_EQ(first != places.end(), matches);
      if (matches && starts_exactly[owner]) {
        ASSERT_EQ(first->begin, match.data() - text.data()) << text;
      }
    }
  }

  std::vector<std::unique_ptr<RE2>> reference;
  std::vector<bool> starts_exactly;
  std::unique_ptr<const Automaton> automaton;
};

TEST(Automaton, MatchesWhatRe2MatchesInTextsOfFewLetters) {
  const Compared compared({
      "ab+c",
      "^ab",
      "bc$",
      "\\bab\\b",
      "\\Bb\\B",
      "(?i)(?:^|[^a-z])sk",
      "a{2,3}b?c",
      "[^ab]c",
      "(?:a|bc)*d",
      "a.c",
      "\\w+-\\W",
      "\\s\\S\\s",
      "[b-]\\]",
      "a{,2}",
      "é|ß",
      "(?i)É",
      "[a-c]*(?:^|[^a-z])bb",
      "(?i:k)c|b(?i)d",
      "\\.\\d",
      "$a|c\\b$",
  });
  const std::vector<std::string> letters = {
      "a", "b", "c", "d", "k",      "K",      "S",     " ",  "\n", "-",    "]",   ".",
      "7", "é", "É", "ß", "\u017F", "\u212A", "a{,2}", "ab", "_",  "\xC3", "\xFF"};
  std::mt19937 random(5);  // NOLINT(cert-msc51-cpp): the same texts in every run
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    const std::size_t count = random() % 90;
    for (std::size_t k = 0; k < count; ++k) text += letters[random() % letters.size()];
    compared.ExpectTheSame(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Automaton, MatchesWhatRe2MatchesInShuffledTextsOfTheCatalogue) {
  const auto policies = BuiltinCatalogue();
  ASSERT_TRUE(policies);
  std::vector<std::string> expressions;
  std::vector<std::string> parts;
  for (const Policy& policy : *policies) {
    if (!policy.pattern.empty()) expressions.push_back(policy.pattern);
    for (const auto& text : policy.must_match) {
      parts.push_back(text);
      parts.push_back(text.substr(0, text.size() / 2));
      parts.push_back(text.substr(text.size() / 2));
    }
  }
  const Compared compared(expressions);
  std::mt19937 random(6);  // NOLINT(cert-msc51-cpp): the same texts in every run
  for (int i = 0; i < 400; ++i) {
    std::string text;
    while (text.size() < random() % 400) {
      text += parts[random() % parts.size()] + " ;\n-"[random() % 4];
    }
    compared.ExpectTheSame(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Automaton, RefusesSyntaxThatItDoesNotKnow) {
  for (const char* expression :
       {"\\pL", "[[:alpha:]]", "(?m)^a", "(?s).", "\\Aa", "(?i)Ω", "\\x41"}) {
    ByteProgram program;
    Opening opening;
    EXPECT_FALSE(AppendExpression(expression, 0, kStepsMax, program, opening)) << expression;
    EXPECT_TRUE(program.starts.empty());
  }
}

TEST(Automaton, NamesTheExpressionThatNeedsTooManyStates) {
  ByteProgram program;
  Opening opening;
  ASSERT_TRUE(AppendExpression("abc", 0, kStepsMax, program, opening));
  ASSERT_TRUE(AppendExpression("a[ab]{12}[ab]*a[ab]{12}c", 1, kStepsMax, program, opening));
  std::uint32_t too_large = 0;
  EXPECT_EQ(Automaton::Build(program, 500, kStatesMax, too_large), nullptr);
  EXPECT_EQ(too_large, 1U);
}

TEST(Automaton, GivesUpOnPlacesOfATextThatIsReadAgainFromEverywhere) {
  const Compared compared({"\\bgo\\s+(?:-\\S+\\s+)*stop"});
  std::string text = "go ";
  while (text.size() < 200'000) text += "-go ";
  std::vector<Automaton::Place> places;
  EXPECT_FALSE(compared.automaton->FindPlaces(text, places));
  OwnerSet found(1);
  compared.automaton->FindAny(text, found);
  EXPECT_EQ(found[0], 0);
  compared.automaton->FindAny(text + "stop", found);
  EXPECT_EQ(found[0], 1);
}

}  // namespace
}  // namespace axonflow::policy
