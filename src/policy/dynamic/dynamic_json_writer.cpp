#include <string>
#include <variant>

#include "policy/dynamic/dynamic_json.h"
#include "policy/dynamic/text_form.h"

namespace axonflow::policy {

void WriteConditions(const std::vector<Condition>& conditions, JsonWriter& json) {
  json.BeginArray();
  for (const Condition& condition : conditions) {
    json.BeginObject().Field("field", condition.field);
    json.Field("operator", ToString(condition.op)).Key("value");
    if (const auto* text = std::get_if<std::string>(&condition.value)) {
      json.String(*text);
    } else if (const auto* boolean = std::get_if<bool>(&condition.value)) {
      json.Bool(*boolean);
    } else if (const auto* number = std::get_if<double>(&condition.value)) {
      json.Raw(NumberText(*number));
    } else {
      json.BeginArray();
      for (const auto& element : std::get<std::vector<std::string>>(condition.value)) {
        json.String(element);
      }
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndArray();
}

void WriteActions(const std::vector<ActionStep>& actions, JsonWriter& json) {
  json.BeginArray();
  for (const ActionStep& step : actions) {
    json.BeginObject().Field("type", ToString(step.type)).Key("config").Raw(step.config);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace axonflow::policy
