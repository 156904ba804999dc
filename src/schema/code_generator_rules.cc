// The tables of the program: what the keywords of one schema become.
#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "schema/code_generator.h"

namespace bb::schema {
namespace {

NumberLimit make_limit(const NumberBound& bound, bool exclusive) {
  NumberLimit limit;
  limit.exact = bound.value();
  limit.exclusive = exclusive;
  // -?digits[.digits], at most 18 of them.
  std::string digits;
  std::size_t fraction = 0;
  bool seen_point = false;
  for (const char c : bound.text) {
    if (c == '.') {
      seen_point = true;
    } else if (c == 'e' || c == 'E') {
      return limit;
    } else {
      digits += c;
      if (seen_point) ++fraction;
    }
  }
  if (digits.size() > 18) return limit;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), limit.mantissa);
  limit.is_small = error == std::errc{} && end == digits.data() + digits.size();
  limit.fraction = static_cast<std::uint8_t>(fraction);
  return limit;
}

// Distinct names, numbered as they come.
class Names {
 public:
  std::uint32_t number(std::string_view name) {
    const auto [known, is_new] =
        numbers_.emplace(std::string(name), static_cast<std::uint32_t>(list_.size()));
    if (is_new) list_.emplace_back(name);
    return known->second;
  }
  std::vector<std::string> take() { return std::move(list_); }
  std::size_t size() const { return list_.size(); }

 private:
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::vector<std::string> list_;
};

void make_plain(ObjectRule& rule) {
  const bool is_closed = rule.additional && rule.additional->types == 0;
  if (!rule.patterns.empty() || rule.property_names || (rule.additional && !is_closed) ||
      rule.presence_count > 64) {
    return;
  }
  rule.is_plain = true;
  rule.is_closed = is_closed;
  rule.required_mask =
      rule.required_count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rule.required_count) - 1;
  for (PropertyEntry& entry : rule.properties) {
    if (entry.presence != NameTable::kNone)
      entry.presence_mask = std::uint64_t{1} << entry.presence;
    // Required, but not declared: one of the others.
    if (!entry.is_declared && is_closed) entry.target.types = 0;
  }
}

std::vector<std::string> unique_strings(const std::vector<JsonRef>& values) {
  Names names;
  std::string buffer;
  for (const JsonRef& value : values) {
    if (value.node().is(JsonType::kString)) {
      names.number(value.document->characters(value.node(), buffer));
    }
  }
  return names.take();
}

}  // namespace

void CodeGenerator::emit_values(const Subschema& schema) {
  const auto emit_list = [this](const std::vector<JsonRef>& values) {
    ValueRule rule;
    rule.strings = NameTable(unique_strings(values));
    for (const JsonRef& value : values) {
      if (!value.node().is(JsonType::kString)) rule.others.push_back(value);
    }
    program_.values.push_back(std::move(rule));
    add(Op::kValue, program_.values.size() - 1);
  };
  if (schema.constant) emit_list({*schema.constant});
  if (schema.has_enumeration) emit_list(schema.enumeration);
}

void CodeGenerator::emit_strings(const Subschema& schema) {
  program_.strings.push_back(
      {.length_min = schema.length_min.value_or(0),
       .length_max = schema.length_max.value_or(UINT64_MAX),
       .pattern = schema.pattern ? &model_.patterns[*schema.pattern] : nullptr,
       .format = schema.format});
  add(Op::kString, program_.strings.size() - 1);
}

void CodeGenerator::emit_numbers(const Subschema& schema) {
  NumberRule rule;
  if (schema.minimum) rule.minimum = make_limit(*schema.minimum, false);
  if (schema.exclusive_minimum) {
    const NumberLimit limit = make_limit(*schema.exclusive_minimum, true);
    if (!rule.minimum || *limit.exact >= *rule.minimum->exact) rule.minimum = limit;
  }
  if (schema.maximum) rule.maximum = make_limit(*schema.maximum, false);
  if (schema.exclusive_maximum) {
    const NumberLimit limit = make_limit(*schema.exclusive_maximum, true);
    if (!rule.maximum || *limit.exact <= *rule.maximum->exact) rule.maximum = limit;
  }
  rule.minimum_is_zero = rule.minimum && !rule.minimum->exclusive && rule.minimum->exact->is_zero();
  rule.maximum_is_one_or_more = rule.maximum && *rule.maximum->exact >= Decimal("1");
  rule.divisor = schema.divisor;
  program_.numbers.push_back(std::move(rule));
  add(Op::kNumber, program_.numbers.size() - 1);
}

// Of schemas that all apply: where several say something of a name, their schemas become one
// target.
void CodeGenerator::emit_object(const std::vector<const Subschema*>& schemas, bool tracked) {
  ObjectRule rule;
  // Required names first: their presence bits are the lowest.
  Names names;
  for (const Subschema* schema : schemas) {
    rule.properties_min = std::max(rule.properties_min, schema->properties_min.value_or(0));
    rule.properties_max =
        std::min(rule.properties_max, schema->properties_max.value_or(UINT64_MAX));
    for (const std::string& name : schema->required) names.number(name);
  }
  rule.required_count = static_cast<std::uint32_t>(names.size());
  rule.presence_count = rule.required_count;
  rule.properties.resize(names.size());
  for (std::uint32_t bit = 0; bit < rule.required_count; ++bit) rule.properties[bit].presence = bit;
  const auto number_of = [&](std::string_view name) {
    const std::uint32_t number = names.number(name);
    if (rule.properties.size() <= number) rule.properties.resize(number + 1);
    return number;
  };
  const auto presence_of = [&](std::string_view name) {
    PropertyEntry& entry = rule.properties[number_of(name)];
    if (entry.presence == NameTable::kNone) entry.presence = rule.presence_count++;
    return entry.presence;
  };

  std::map<std::uint32_t, std::vector<SchemaIndex>> declared;
  for (const Subschema* schema : schemas) {
    for (const NamedSchema& property : schema->properties) {
      declared[number_of(property.name)].push_back(property.schema);
    }
  }
  const ResourceIndex resource = schemas.front()->resource;
  for (const auto& [number, list] : declared) {
    const Target to =
        list.size() == 1 ? target(list.front(), false, resource) : target_of_all(list);
    rule.properties[number].is_declared = true;
    rule.properties[number].target = to;
  }
  for (const Subschema* schema : schemas) {
    for (const PatternSchema& pattern : schema->pattern_properties) {
      rule.patterns.push_back({.pattern = &model_.patterns[pattern.pattern],
                               .target = target(pattern.schema, false, schema->resource)});
    }
    for (const auto& [trigger, required] : schema->dependent_required) {
      DependentEntry entry{.trigger = presence_of(trigger), .required = {}, .target = {}};
      for (const std::string& name : required) entry.required.push_back(presence_of(name));
      rule.dependents.push_back(std::move(entry));
    }
    for (const NamedSchema& dependent : schema->dependent_schemas) {
      const Target to = target(dependent.schema, tracked, schema->resource);
      rule.dependents.push_back(
          {.trigger = presence_of(dependent.name), .required = {}, .target = to});
    }
  }
  if (schemas.size() == 1) {
    const Subschema& schema = *schemas.front();
    if (schema.additional_properties != kNoSchema) {
      rule.additional = target(schema.additional_properties, false, resource);
    }
    if (schema.property_names != kNoSchema) {
      rule.property_names = target(schema.property_names, false, resource);
    }
  }
  make_plain(rule);
  rule.visits_members =
      names.size() > 0 || !rule.patterns.empty() || rule.additional || rule.property_names;
  rule.names = NameTable(names.take());
  program_.objects.push_back(std::move(rule));
  add(Op::kObject, program_.objects.size() - 1, tracked);
}

void CodeGenerator::emit_array(const Subschema& schema, bool tracked) {
  ArrayRule rule;
  rule.items_min = schema.items_min.value_or(0);
  rule.items_max = schema.items_max.value_or(UINT64_MAX);
  for (const SchemaIndex item : schema.prefix_items) {
    rule.prefix.push_back(target(item, false, schema.resource));
  }
  if (schema.items != kNoSchema) rule.items = target(schema.items, false, schema.resource);
  if (schema.contains != kNoSchema) {
    rule.contains = target(schema.contains, false, schema.resource);
    rule.contains_min = schema.contains_min;
    rule.contains_max = schema.contains_max.value_or(UINT64_MAX);
    rule.contains_evaluates = schema.contains_evaluates;
  }
  rule.unique = schema.unique_items;
  program_.arrays.push_back(std::move(rule));
  add(Op::kArray, program_.arrays.size() - 1, tracked);
}

std::vector<NameChoice> name_choices(const SchemaModel& model, SchemaIndex index) {
  std::vector<NameChoice> out;
  const Subschema& schema = model[follow_plain_references(model, index)];
  if (schema.literal) return out;
  std::string buffer;
  for (const NamedSchema& property : schema.properties) {
    if (std::ranges::find(schema.required, property.name) == schema.required.end()) continue;
    const Subschema& value = model[follow_plain_references(model, property.schema)];
    std::vector<JsonRef> values;
    if (value.constant) {
      values = {*value.constant};
    } else if (value.has_enumeration) {
      values = value.enumeration;
    }
    const bool all_strings = !values.empty() && std::ranges::all_of(values, [](const JsonRef& v) {
      return v.node().is(JsonType::kString);
    });
    if (all_strings) out.push_back({property.name, unique_strings(values)});
  }
  return out;
}

std::optional<Discriminator> CodeGenerator::discriminator(
    const std::vector<SchemaIndex>& schemas) const {
  if (schemas.size() < 2 || schemas.size() > 64) return std::nullopt;
  // The name that the most branches say something of.
  std::map<std::string, std::map<std::uint32_t, std::vector<std::string>>> by_name;
  for (std::uint32_t branch = 0; branch < schemas.size(); ++branch) {
    for (NameChoice& choice : name_choices(model_, schemas[branch])) {
      by_name[choice.name][branch] = std::move(choice.strings);
    }
  }
  const auto best =
      std::ranges::max_element(by_name, {}, [](const auto& entry) { return entry.second.size(); });
  if (best == by_name.end() || best->second.size() < 2) return std::nullopt;

  Discriminator out{.name = best->first,
                    .hash = hash_name(best->first),
                    .values = {},
                    .branches_of_value = {},
                    .other_branches = 0};
  Names values;
  for (std::uint32_t branch = 0; branch < schemas.size(); ++branch) {
    const auto choice = best->second.find(branch);
    if (choice == best->second.end()) {
      out.other_branches |= std::uint64_t{1} << branch;
      continue;
    }
    for (const std::string& value : choice->second) {
      const std::uint32_t number = values.number(value);
      if (out.branches_of_value.size() <= number) out.branches_of_value.resize(number + 1);
      out.branches_of_value[number] |= std::uint64_t{1} << branch;
    }
  }
  out.values = NameTable(values.take());
  return out;
}

}  // namespace bb::schema
