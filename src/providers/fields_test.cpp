#include "providers/fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "providers/parts.h"
#include "redaction/json_leaves.h"

namespace axonflow::providers {
namespace {

using Paths = std::set<std::string>;
using Leaf = redaction::JsonLeaf;

// tests/proxy_fields.json: a full document of each request and answer.
std::string ReadList() {
  std::ifstream file(std::string(AXONFLOW_SOURCE_DIR) + "/tests/proxy_fields.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string PathOf(const redaction::JsonLeaves& leaves, std::string_view json,
                   std::uint32_t container, std::uint32_t key) {
  const auto& at = leaves.containers[container];
  const std::string outer = container == 0 ? "" : PathOf(leaves, json, at.container, at.key);
  if (!at.object) return outer + "[]";
  const Leaf& name = leaves.leaves[key];
  const std::string text(json.substr(name.begin, name.end - name.begin));
  return outer.empty() ? text : outer + "." + text;
}

// Adds the paths of the strings and numbers of `json`.
void AddListedPaths(const std::string& json, Paths& paths) {
  const auto leaves = redaction::ReadJsonLeaves(json);
  EXPECT_TRUE(leaves);
  for (const Leaf& leaf : leaves->leaves) {
    if (leaf.kind == Leaf::Kind::kKey) continue;
    paths.insert(PathOf(*leaves, json, leaf.container, leaf.key));
  }
}

// Adds the paths of the strings of `json` where `canary` does not become a part.
void AddUnseenPaths(const Fields& fields, const std::string& json, const std::string& canary,
                    Paths& unseen) {
  const auto leaves = redaction::ReadJsonLeaves(json);
  EXPECT_TRUE(leaves);
  for (const Leaf& leaf : leaves->leaves) {
    if (leaf.kind != Leaf::Kind::kString) continue;
    std::string planted = json;
    planted.replace(leaf.begin, leaf.end - leaf.begin, canary);
    const auto parts = ReadParts(fields, planted);
    EXPECT_TRUE(parts);
    const bool seen =
        std::ranges::any_of(*parts, [&](const Part& part) { return part.text == canary; });
    if (!seen) unseen.insert(PathOf(*leaves, json, leaf.container, leaf.key));
  }
}

Paths UnseenPaths(const Fields& fields, const std::vector<std::string>& documents,
                  const std::string& canary) {
  Paths unseen;
  for (const auto& document : documents) AddUnseenPaths(fields, document, canary, unseen);
  return unseen;
}

bool IsListed(std::string_view rule, const Paths& paths) {
  if (!rule.ends_with(".**")) return paths.contains(std::string(rule));
  const auto head = rule.substr(0, rule.size() - 3);
  return std::ranges::any_of(paths, [&](const auto& path) {
    return path.starts_with(head) && path.size() > head.size() &&
           (path[head.size()] == '.' || path[head.size()] == '[');
  });
}

// Calls check(what, fields, document, paths that are listed as unseen) for each document; what a
// document cannot hold at the same time stands in "also".
template <typename Check>
void ForEachDocument(Check check) {
  const std::string text = ReadList();
  JsonDocument document;
  const auto list = document.Parse(text);
  ASSERT_TRUE(list) << list.error().message;
  std::size_t endpoints = 0;
  list->Find("endpoints")->ForEachMember([&](std::string_view, JsonValue) { ++endpoints; });
  EXPECT_EQ(endpoints, Surfaces().size());
  for (const Surface* surface : Surfaces()) {
    const bool anthropic = surface->protocol == Protocol::kAnthropic;
    const auto name = (anthropic ? "" : "/v1") + std::string(surface->path);
    const auto endpoint = list->Find("endpoints")->Find(name);
    ASSERT_TRUE(endpoint) << name << " is not listed";
    for (const auto& [side, fields] :
         {std::pair("request", surface->request), std::pair("answer", surface->answer)}) {
      Paths unseen;
      endpoint->Find("unseen")->Find(side)->ForEachElement(
          [&](JsonValue path) { unseen.emplace(*path.AsString()); });
      std::vector<std::string> documents = {endpoint->Find(side)->ToString()};
      if (const auto also = endpoint->Find("also")->Find(side)) {
        documents.push_back(also->ToString());
      }
      check(name + " " + side, fields, documents, unseen);
    }
  }
}

TEST(Fields, AreAllListedForTheCanaryTests) {
  ForEachDocument([](const std::string& what, const Fields& fields,
                     const std::vector<std::string>& documents, const Paths& /*unseen*/) {
    Paths paths;
    for (const auto& document : documents) AddListedPaths(document, paths);
    for (const FieldRule& rule : fields.rules) {
      EXPECT_TRUE(IsListed(rule.path, paths)) << what << ": " << rule.path;
    }
  });
}

TEST(Fields, LetNoTextThroughUnseen) {
  ForEachDocument([](const std::string& what, const Fields& fields,
                     const std::vector<std::string>& documents, const Paths& /*unseen*/) {
    EXPECT_EQ(UnseenPaths(fields, documents, "4111 1111 1111 1111"), Paths()) << what;
  });
}

TEST(Fields, LeaveOutWhatIsListedAsUnseenAndNothingElse) {
  ForEachDocument([](const std::string& what, const Fields& fields,
                     const std::vector<std::string>& documents, const Paths& unseen) {
    Paths texts = unseen;
    std::erase_if(texts, [](const auto& path) { return path.ends_with("embedding[]"); });
    EXPECT_EQ(UnseenPaths(fields, documents, "QUJDREVGRw"), texts) << what;
  });
}

TEST(Fields, OfAnEventFollowThoseOfTheAnswer) {
  const Fields& event = ResponsesEvent();
  for (const FieldRule& rule : kResponses.answer.rules) {
    EXPECT_EQ(TreatmentOf(event, "response." + std::string(rule.path)), rule.treatment);
  }
  EXPECT_EQ(TreatmentOf(event, "item.arguments"), Treatment::kArguments);
  EXPECT_EQ(TreatmentOf(event, "item.content[].type"), Treatment::kPartType);
  EXPECT_EQ(TreatmentOf(event, "part.type"), Treatment::kPartType);
  EXPECT_EQ(TreatmentOf(event, "text"), Treatment::kText);
}

}  // namespace
}  // namespace axonflow::providers
