#include "cli/schema_places.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "schema/json_pointer.h"

namespace bb::cli {
namespace {

using schema::JsonType;
using schema::JsonView;

constexpr std::array<std::string_view, 12> kHoldOne{"additionalItems",
                                                    "additionalProperties",
                                                    "contains",
                                                    "contentSchema",
                                                    "else",
                                                    "if",
                                                    "items",
                                                    "not",
                                                    "propertyNames",
                                                    "then",
                                                    "unevaluatedItems",
                                                    "unevaluatedProperties"};
constexpr std::array<std::string_view, 5> kHoldList{"allOf", "anyOf", "items", "oneOf",
                                                    "prefixItems"};
constexpr std::array<std::string_view, 6> kHoldMap{
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"};

bool is_one_of(std::span<const std::string_view> keywords, std::string_view word) {
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

}  // namespace

SchemaPlaces find_schema_places(const JsonView& document) {
  SchemaPlaces places;
  // Not recursive: documents may be nested deeply.
  std::vector<SchemaPlace> pending{{0, ""}};
  while (!pending.empty()) {
    const SchemaPlace place = std::move(pending.back());
    pending.pop_back();
    const schema::JsonNode& object = document[place.node];
    if (!object.is(JsonType::kObject)) continue;
    places.schemas.push_back(place);
    std::string buffer;
    for (std::uint32_t at = place.node + 1; at < object.next; at = document[at].next) {
      const std::string keyword(document.characters(document[at], buffer));
      const std::uint32_t value = at + 1;
      std::string pointer = place.pointer;
      schema::append_pointer_token(pointer, keyword);
      if (document[value].is(JsonType::kObject) && is_one_of(kHoldOne, keyword)) {
        pending.push_back({value, pointer});
      } else if (document[value].is(JsonType::kArray) && is_one_of(kHoldList, keyword)) {
        std::size_t index = 0;
        for (auto item = value + 1; item < document[value].next; item = document[item].next) {
          pending.push_back({item, pointer + "/" + std::to_string(index++)});
        }
      } else if (document[value].is(JsonType::kObject) && is_one_of(kHoldMap, keyword)) {
        for (auto name = value + 1; name < document[value].next; name = document[name].next) {
          const std::string text(document.characters(document[name], buffer));
          std::string inner = pointer;
          schema::append_pointer_token(inner, text);
          pending.push_back({name + 1, std::move(inner)});
          if (keyword == "properties" || keyword == "$defs" || keyword == "definitions") {
            places.names.push_back({name, keyword, text});
          }
        }
      }
    }
  }
  return places;
}

}  // namespace bb::cli
