// Why a value does not fit the schemas that are applied to it together: references, combinations
// and conditions.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "schema/describe.h"
#include "schema/explainer.h"
#include "schema/member_lookup.h"
#include "schema/nearest_alternative.h"

namespace bb::schema {
namespace {

// Alternatives that a message names.
constexpr std::size_t kNamedMax = 5;

// Questions to find the nearest alternative, shared by all of them: see DistanceMeter::measure().
constexpr std::size_t kLooksMax = 2000;

}  // namespace

void Explainer::explain_in_place(const Here& here) {
  const auto& [index, schema, node, scope] = here;
  if (schema.reference != kNoSchema) explain_part(here, schema.reference, "$ref");
  if (schema.dynamic) {
    explain_part(here, verdicts_.resolve(*schema.dynamic, scope), schema.dynamic_keyword);
  }
  for (std::size_t i = 0; i < schema.all_of.size(); ++i) {
    const Step keyword(keyword_location_, "allOf");
    const Step ordinal(keyword_location_, i);
    explain_unless_fits(schema.all_of[i], node, scope);
  }
  explain_alternatives(here, schema.any_of, "anyOf");
  explain_alternatives(here, schema.one_of, "oneOf");
  explain_not(here);
  if (schema.if_schema != kNoSchema && !is_stopped()) {
    bool holds = false;
    const bool unknown =
        is_in_doubt([&] { holds = verdicts_.fits(schema.if_schema, node, scope); });
    const SchemaIndex chosen = holds ? schema.then_schema : schema.else_schema;
    if (unknown) {
      report_unchecked(schema, "if", node);
    } else if (chosen != kNoSchema) {
      explain_part(here, chosen, holds ? "then" : "else");
    }
  }
  if (!schema.dependent_schemas.empty() && json_[node].is(JsonType::kObject)) {
    MemberLookup members(json_, node);
    for (const NamedSchema& dependent : schema.dependent_schemas) {
      if (!members.contains(dependent.name)) continue;
      const Step keyword(keyword_location_, schema.dependent_schemas_keyword);
      explain_part(here, dependent.schema, dependent.name);
    }
  }
}

void Explainer::explain_part(const Here& here, SchemaIndex part, std::string_view keyword) {
  const Step step(keyword_location_, keyword);
  explain_unless_fits(part, here.node, here.scope);
}

void Explainer::explain_not(const Here& here) {
  const SchemaIndex refused = here.schema.not_schema;
  if (refused == kNoSchema) return;
  bool fits = false;
  if (is_in_doubt([&] { fits = verdicts_.fits(refused, here.node, here.scope); })) {
    report_unchecked(here.schema, "not", here.node);
  }
  if (!fits) return;
  report(here.schema, "not", offset_of(here.node), [&](SchemaViolation& violation) {
    const DistanceMeter meter(model_, json_, verdicts_);
    const auto values = meter.accepted_values(refused);
    const Subschema& schema = model_[refused];
    if (!schema.title.empty()) {
      violation.expected = fmt::format("anything but \"{}\"", schema.title);
    } else if (!values.empty()) {
      violation.expected = "anything but " + describe_values(values);
    } else if (schema.literal) {
      violation.expected = "nothing here";
    } else {
      violation.expected = "a value that the schema under \"not\" refuses";
    }
    violation.found = shorten(json_, here.node);
  });
}

// How a message calls an alternative: by its title, or by where it is.
std::string Explainer::label_of(SchemaIndex alternative, std::size_t ordinal) const {
  constexpr unsigned kHopsMax = 8;
  SchemaIndex at = alternative;
  for (unsigned hops = 0; at != kNoSchema && hops <= kHopsMax; ++hops) {
    if (!model_[at].title.empty()) return fmt::format("\"{}\"", model_[at].title);
    at = model_[at].reference;
  }
  const SchemaIndex target = model_[alternative].reference;
  if (target == kNoSchema) return fmt::format("number {}", ordinal + 1);
  return model_.absolute_location(model_[target]);
}

void Explainer::explain_alternatives(const Here& here, const std::vector<SchemaIndex>& alternatives,
                                     std::string_view keyword) {
  if (alternatives.empty() || is_stopped()) return;
  std::vector<std::size_t> fitting;
  const bool in_doubt = is_in_doubt([&] {
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      if (verdicts_.fits(alternatives[i], here.node, here.scope)) fitting.push_back(i);
    }
  });
  if (is_stopped()) return;
  // One that fits is enough for `anyOf`, and two are too many for `oneOf`, whatever the others are.
  if (in_doubt && fitting.size() < (keyword == "oneOf" ? 2U : 1U)) {
    report_unchecked(here.schema, keyword, here.node);
    return;
  }
  if (fitting.empty()) {
    explain_no_alternative(here, alternatives, keyword);
    return;
  }
  if (keyword != "oneOf" || fitting.size() == 1) return;
  report(here.schema, keyword, offset_of(here.node), [&](SchemaViolation& violation) {
    std::vector<std::string> labels;
    for (const std::size_t i : fitting) {
      if (labels.size() == kNamedMax) break;
      labels.push_back(label_of(alternatives[i], i));
    }
    if (fitting.size() > labels.size()) {
      labels.push_back(fmt::format("{} more", fitting.size() - labels.size()));
    }
    violation.expected = fmt::format("to fit exactly one of {} alternatives, and not {}",
                                     alternatives.size(), join(labels, "and"));
    violation.found = shorten(json_, here.node);
  });
}

void Explainer::explain_no_alternative(const Here& here,
                                       const std::vector<SchemaIndex>& alternatives,
                                       std::string_view keyword) {
  DistanceMeter meter(model_, json_, verdicts_);
  const std::size_t looks_max = kLooksMax / alternatives.size();
  std::vector<Distance> distances;
  TypeMask types = 0;
  std::vector<JsonRef> values;
  bool only_values = true;
  for (const SchemaIndex alternative : alternatives) {
    distances.push_back(meter.measure(alternative, here.node, here.scope, looks_max));
    types = static_cast<TypeMask>(types | meter.accepted_types(alternative));
    const auto accepted = meter.accepted_values(alternative);
    only_values = only_values && !accepted.empty();
    values.insert(values.end(), accepted.begin(), accepted.end());
  }
  const auto least = std::min_element(distances.begin(), distances.end());
  const auto nearest = static_cast<std::size_t>(least - distances.begin());
  // Where it is the type alone, or one of a list of values, the list says more than one of them.
  const bool wrong_type = (types & mask_of(json_[here.node].type)) == 0;
  const bool said_at_once = wrong_type || only_values;
  report(here.schema, keyword, offset_of(here.node), [&](SchemaViolation& violation) {
    if (wrong_type) {
      violation.expected = describe_types(types);
    } else if (only_values) {
      violation.expected = describe_values(values);
    } else if (alternatives.size() == 1) {
      violation.expected = "to fit the only alternative";
    } else {
      violation.expected =
          fmt::format("to fit {} of {} alternatives (the nearest is {})",
                      keyword == "oneOf" ? "exactly one" : "at least one", alternatives.size(),
                      label_of(alternatives[nearest], nearest));
    }
    violation.found = shorten(json_, here.node);
  });
  if (said_at_once || is_stopped()) return;
  const Step keyword_step(keyword_location_, keyword);
  const Step ordinal(keyword_location_, nearest);
  explain(alternatives[nearest], here.node, here.scope);
}

}  // namespace bb::schema
