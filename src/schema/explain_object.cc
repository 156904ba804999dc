// Why an object does not fit.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "schema/describe.h"
#include "schema/explainer.h"
#include "schema/known_names.h"
#include "schema/member_lookup.h"
#include "schema/nearest_name.h"

namespace bb::schema {
namespace {

// Members that are looked at in search of a misspelt one.
constexpr std::size_t kMembersLookedAtMax = 1000;

}  // namespace

void Explainer::explain_object(const Here& here) {
  const Subschema& schema = here.schema;
  explain_sizes(here, "property", "properties", schema.properties_min, "minProperties",
                schema.properties_max, "maxProperties");
  explain_required(here);
  explain_members(here);
}

void Explainer::explain_sizes(const Here& here, std::string_view thing, std::string_view things,
                              const std::optional<std::uint64_t>& min, std::string_view min_keyword,
                              const std::optional<std::uint64_t>& max,
                              std::string_view max_keyword) {
  const std::uint64_t size = json_[here.node].size;
  const auto refuse = [&](std::string_view keyword, std::string_view relation,
                          std::uint64_t bound) {
    report(here.schema, keyword, offset_of(here.node), [&](SchemaViolation& violation) {
      violation.expected = fmt::format("{} {}", relation, count_of(bound, thing, things));
      violation.found = fmt::format("{}", size);
    });
  };
  if (min && size < *min) refuse(min_keyword, "at least", *min);
  if (max && size > *max) refuse(max_keyword, "at most", *max);
}

void Explainer::explain_required(const Here& here) {
  const Subschema& schema = here.schema;
  if (schema.required.empty() && schema.dependent_required.empty()) return;
  MemberLookup members(json_, here.node);
  for (const std::string& name : schema.required) {
    if (!members.contains(name)) report_missing(here, "required", name, "");
  }
  for (const auto& [trigger, names] : schema.dependent_required) {
    if (!members.contains(trigger)) continue;
    for (const std::string& name : names) {
      if (members.contains(name)) continue;
      report_missing(here, schema.dependent_required_keyword, name,
                     fmt::format(", because \"{}\" is there", trigger));
    }
  }
}

void Explainer::report_missing(const Here& here, std::string_view keyword, const std::string& name,
                               std::string_view reason) {
  report(here.schema, keyword, offset_of(here.node), [&](SchemaViolation& violation) {
    violation.expected = fmt::format("the property \"{}\"{}", name, reason);
    violation.found = "nothing";
    const auto known = collect_known_names(model_, here.index);
    std::vector<std::string> unknown;
    for (auto at = here.node + 1; at < json_[here.node].next; at = json_[at].next) {
      if (unknown.size() == kMembersLookedAtMax) break;
      std::string member = characters_of(at);
      if (std::find(known.begin(), known.end(), member) != known.end()) continue;
      unknown.push_back(std::move(member));
    }
    const std::vector<std::string_view> candidates(unknown.begin(), unknown.end());
    if (const auto nearest = nearest_name(name, candidates)) {
      violation.suggestion =
          fmt::format("did you mean \"{}\" where it says \"{}\"?", name, *nearest);
    }
  });
}

void Explainer::explain_members(const Here& here) {
  const Subschema& schema = here.schema;
  if (schema.properties.empty() && schema.pattern_properties.empty() &&
      schema.additional_properties == kNoSchema && schema.property_names == kNoSchema) {
    return;
  }
  for (auto at = here.node + 1; at < json_[here.node].next && !is_stopped(); at = json_[at].next) {
    const std::string name = characters_of(at);
    if (schema.property_names != kNoSchema) {
      const Step pointer(pointer_, name);
      const Step keyword(keyword_location_, "propertyNames");
      explain_unless_fits(schema.property_names, at, here.scope);
    }
    bool known = false;
    const auto explain_value_by = [&](std::string_view keyword, std::string_view token,
                                      SchemaIndex value_schema) {
      known = true;
      const Step pointer(pointer_, name);
      const Step keyword_step(keyword_location_, keyword);
      const Step token_step(keyword_location_, token);
      explain_unless_fits(value_schema, at + 1, here.scope);
    };
    const SchemaIndex property = verdicts_.find_property(here.index, name);
    if (property != kNoSchema) explain_value_by("properties", name, property);
    for (const PatternSchema& candidate : schema.pattern_properties) {
      bool matches = false;
      if (is_in_doubt([&] { matches = verdicts_.matches(candidate.pattern, name); })) {
        known = true;  // perhaps
        const Step pointer(pointer_, name);
        report_unchecked(schema, "patternProperties", at);
      } else if (matches) {
        explain_value_by("patternProperties", candidate.source, candidate.schema);
      }
    }
    if (!known && schema.additional_properties != kNoSchema) {
      explain_additional(here, schema.additional_properties, "additionalProperties", at, name);
    }
  }
}

void Explainer::explain_additional(const Here& here, SchemaIndex rest, std::string_view keyword,
                                   std::uint32_t name_node, const std::string& name) {
  const std::uint32_t value = name_node + 1;
  if (verdicts_.fits(rest, value, here.scope) || is_stopped()) return;
  const Step pointer(pointer_, name);
  if (!model_[rest].literal) {
    const Step keyword_step(keyword_location_, keyword);
    explain(rest, value, here.scope);
    return;
  }
  report(here.schema, keyword, offset_of(name_node), [&](SchemaViolation& violation) {
    violation.expected = fmt::format("no property \"{}\"", name);
    violation.found = shorten(json_, value);
    auto known = collect_known_names(model_, here.index);
    MemberLookup members(json_, here.node);
    std::erase_if(known, [&](std::string_view candidate) { return members.contains(candidate); });
    if (const auto nearest = nearest_name(name, known)) {
      violation.suggestion = fmt::format("did you mean \"{}\"?", *nearest);
    }
  });
}

void Explainer::explain_unevaluated_properties(const Here& here) {
  const SchemaIndex rest = here.schema.unevaluated_properties;
  if (rest == kNoSchema || is_stopped()) return;
  Evaluated evaluated;
  if (is_in_doubt(
          [&] { evaluated = verdicts_.find_evaluated(here.index, here.node, here.scope); })) {
    report_unchecked(here.schema, "unevaluatedProperties", here.node);
    return;
  }
  std::uint32_t ordinal = 0;
  for (auto at = here.node + 1; at < json_[here.node].next; at = json_[at].next, ++ordinal) {
    if (evaluated.contains(ordinal)) continue;
    explain_additional(here, rest, "unevaluatedProperties", at, characters_of(at));
  }
}

}  // namespace bb::schema
