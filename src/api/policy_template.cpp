#include "api/policy_template.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/embedded_file.h"
#include "base/json_writer.h"

extern const axonflow::EmbeddedFile kTemplateFiles[];
extern const unsigned kTemplateFilesCount;

namespace axonflow::api {
namespace {

constexpr std::pair<VariableType, std::string_view> kTypes[] = {
    {VariableType::kString, "string"},
    {VariableType::kNumber, "number"},
    {VariableType::kBoolean, "boolean"},
    {VariableType::kArray, "array"},
};

std::optional<VariableType> ParseType(std::string_view word) {
  for (const auto& [type, name] : kTypes) {
    if (name == word) return type;
  }
  return std::nullopt;
}

std::string TextMember(JsonValue object, std::string_view name) {
  const auto member = object.Find(name);
  const auto text = member ? member->AsString() : std::nullopt;
  return text ? std::string(*text) : std::string();
}

std::string JsonMember(JsonValue object, std::string_view name) {
  const auto member = object.Find(name);
  return member ? member->ToString() : std::string();
}

std::optional<double> NumberMember(JsonValue object, std::string_view name) {
  const auto member = object.Find(name);
  return member ? member->AsDouble() : std::nullopt;
}

Error Malformed(const std::string& id, std::string_view what) {
  return Error{ErrorCode::kInvalidArgument, "template " + id + ": " + std::string(what)};
}

Result<TemplateVariable> ParseVariable(JsonValue object, const std::string& id) {
  TemplateVariable variable;
  variable.name = TextMember(object, "name");
  variable.description = TextMember(object, "description");
  variable.pattern = TextMember(object, "pattern");
  variable.default_json = JsonMember(object, "default");
  variable.min = NumberMember(object, "min");
  variable.max = NumberMember(object, "max");
  const auto required = object.Find("required");
  variable.required = required && required->AsBool().value_or(false);
  const auto type = ParseType(TextMember(object, "type"));
  if (variable.name.empty() || variable.description.empty() || !type) {
    return Malformed(id, "a variable needs name, type and description");
  }
  variable.type = *type;
  if (!RE2(variable.pattern, RE2::Quiet).ok()) return Malformed(id, "a pattern is no expression");
  if (variable.required == !variable.default_json.empty()) {
    return Malformed(id, "a variable is either required or has a default");
  }
  return variable;
}

Result<PolicyTemplate> ParseTemplate(JsonValue object) {
  PolicyTemplate made;
  made.id = TextMember(object, "id");
  made.name = TextMember(object, "name");
  made.display_name = TextMember(object, "display_name");
  made.description = TextMember(object, "description");
  made.category = TextMember(object, "category");
  made.subcategory = TextMember(object, "subcategory");
  const auto body = object.Find("template");
  if (!body) return Malformed(made.id, "it has no policy");
  made.type = TextMember(*body, "type");
  made.policy_category = TextMember(*body, "category");
  made.conditions_json = JsonMember(*body, "conditions");
  made.actions_json = JsonMember(*body, "actions");
  const auto priority = body->Find("priority");
  made.priority = priority ? priority->AsInt().value_or(0) : 0;
  for (const auto* text : {&made.id, &made.name, &made.display_name, &made.description, &made.type,
                           &made.policy_category, &made.conditions_json, &made.actions_json}) {
    if (text->empty()) return Malformed(made.id, "a member is missing");
  }
  if (std::ranges::find(kTemplateCategories, made.category) == std::end(kTemplateCategories)) {
    return Malformed(made.id, "unknown category");
  }
  Status status;
  if (const auto variables = object.Find("variables")) {
    variables->ForEachElement([&](JsonValue element) {
      auto variable = ParseVariable(element, made.id);
      if (variable)
        made.variables.push_back(std::move(*variable));
      else if (status)
        status = variable.error();
    });
  }
  if (!status) return status.error();
  if (const auto tags = object.Find("tags")) {
    tags->ForEachElement(
        [&](JsonValue tag) { made.tags.emplace_back(tag.AsString().value_or("")); });
  }
  return made;
}

Result<std::vector<PolicyTemplate>> ReadBuiltin() {
  std::vector<PolicyTemplate> all;
  for (unsigned i = 0; i < kTemplateFilesCount; ++i) {
    auto read = ParseTemplates(kTemplateFiles[i].text);
    if (!read) return read.error();
    for (auto& one : *read) all.push_back(std::move(one));
  }
  std::ranges::sort(all, {}, &PolicyTemplate::id);
  return all;
}

std::string CheckValue(const TemplateVariable& variable, JsonValue value) {
  switch (variable.type) {
    case VariableType::kString: {
      const auto text = value.AsString();
      if (!text) return "must be a string";
      const bool fits = variable.pattern.empty() || RE2::FullMatch(*text, variable.pattern);
      return fits ? "" : "must match " + variable.pattern;
    }
    case VariableType::kNumber: {
      const auto number = value.AsDouble();
      if (!number) return "must be a number";
      if (variable.min && *number < *variable.min) return "is too small";
      if (variable.max && *number > *variable.max) return "is too large";
      return "";
    }
    case VariableType::kBoolean:
      return value.AsBool() ? "" : "must be true or false";
    case VariableType::kArray: {
      bool texts = value.type() == JsonType::kArray && value.size() > 0;
      value.ForEachElement([&](JsonValue one) { texts = texts && one.AsString().has_value(); });
      return texts ? "" : "must be a list of strings that is not empty";
    }
  }
  return "";
}

using Values = std::map<std::string, std::string>;

// The name in "{{name}}" at the start of `text`; empty when there is none.
std::string_view PlaceAt(std::string_view text) {
  if (!text.starts_with("{{")) return {};
  const auto end = text.find("}}");
  return end == std::string_view::npos ? std::string_view{} : text.substr(2, end - 2);
}

// A value inside a longer text: a string as it is, everything else as JSON.
std::string AsText(const std::string& json) {
  JsonDocument document;
  const auto value = document.Parse(json);
  if (!value) return json;
  const auto text = value->AsString();
  return text ? std::string(*text) : json;
}

void WriteFilled(JsonWriter& json, std::string_view text, const Values& values) {
  const auto whole = PlaceAt(text);
  if (!whole.empty() && whole.size() + 4 == text.size()) {
    const auto found = values.find(std::string(whole));
    if (found != values.end()) {
      json.Raw(found->second);
      return;
    }
  }
  std::string filled;
  while (!text.empty()) {
    const auto name = PlaceAt(text);
    const auto found = name.empty() ? values.end() : values.find(std::string(name));
    if (found == values.end()) {
      filled += text.front();
      text.remove_prefix(1);
    } else {
      filled += AsText(found->second);
      text.remove_prefix(name.size() + 4);
    }
  }
  json.String(filled);
}

void WriteFilled(JsonWriter& json, JsonValue value, const Values& values) {
  if (value.type() == JsonType::kObject) {
    json.BeginObject();
    value.ForEachMember([&](std::string_view key, JsonValue member) {
      json.Key(key);
      WriteFilled(json, member, values);
    });
    json.EndObject();
  } else if (value.type() == JsonType::kArray) {
    json.BeginArray();
    value.ForEachElement([&](JsonValue element) { WriteFilled(json, element, values); });
    json.EndArray();
  } else if (const auto text = value.AsString()) {
    WriteFilled(json, *text, values);
  } else {
    json.Raw(value.ToString());
  }
}

}  // namespace

std::string_view ToString(VariableType type) {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return "";
}

Result<std::vector<PolicyTemplate>> ParseTemplates(std::string_view json) {
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return root.error();
  const auto list = root->Find("templates");
  if (!list) return Error{ErrorCode::kInvalidArgument, "a file of templates has no `templates`"};
  std::vector<PolicyTemplate> templates;
  Status status;
  list->ForEachElement([&](JsonValue element) {
    auto made = ParseTemplate(element);
    if (made)
      templates.push_back(std::move(*made));
    else if (status)
      status = made.error();
  });
  if (!status) return status.error();
  return templates;
}

const Result<std::vector<PolicyTemplate>>& BuiltinTemplates() {
  static const Result<std::vector<PolicyTemplate>> templates = ReadBuiltin();
  return templates;
}

Values BindVariables(const PolicyTemplate& policy_template, const std::optional<JsonValue>& given,
                     std::vector<policy_admin::FieldProblem>& problems) {
  Values values;
  for (const auto& variable : policy_template.variables) {
    const auto value = given ? given->Find(variable.name) : std::nullopt;
    if (!value) {
      if (variable.required) problems.push_back({"variables." + variable.name, "is required"});
      if (!variable.default_json.empty()) values.emplace(variable.name, variable.default_json);
      continue;
    }
    auto wrong = CheckValue(variable, *value);
    if (wrong.empty()) {
      values.emplace(variable.name, value->ToString());
    } else {
      problems.push_back({"variables." + variable.name, std::move(wrong)});
    }
  }
  return values;
}

Result<std::string> FillPlaces(std::string_view json, const Values& values) {
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return root.error();
  JsonWriter writer;
  WriteFilled(writer, *root, values);
  return std::move(writer).Take();
}

}  // namespace axonflow::api
