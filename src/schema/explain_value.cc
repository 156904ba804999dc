// Why one value does not fit: its type, what it must equal, and the keywords for strings and
// numbers.
#include <fmt/format.h>

#include <optional>

#include "schema/describe.h"
#include "schema/explainer.h"
#include "schema/nearest_name.h"
#include "schema/scalar_keywords.h"

namespace bb::schema {
namespace {

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

// For a string that is none of the values: the one that it may have been meant to be.
std::string suggest_value(const std::string& written, std::span<const JsonRef> values) {
  std::vector<std::string> texts;
  for (const JsonRef& value : values) {
    if (!value.node().is(JsonType::kString)) continue;
    std::string buffer;
    texts.emplace_back(value.document->characters(value.node(), buffer));
  }
  const std::vector<std::string_view> candidates(texts.begin(), texts.end());
  const auto nearest = nearest_name(written, candidates);
  return nearest ? fmt::format("did you mean {}?", in_quotes(*nearest)) : "";
}

}  // namespace

void Explainer::explain_value(const Here& here) {
  const auto& [index, schema, node, scope] = here;
  const JsonNode& value = json_[node];
  const auto refuse_value = [&](std::string_view keyword, std::span<const JsonRef> values) {
    report(schema, keyword, offset_of(node), [&](SchemaViolation& violation) {
      violation.expected = describe_values(values);
      violation.found = shorten(json_, node);
      if (value.is(JsonType::kString)) {
        violation.suggestion = suggest_value(characters_of(node), values);
      }
    });
  };
  if ((schema.types & mask_of(value.type)) == 0) {
    report(schema, "type", offset_of(node), [&](SchemaViolation& violation) {
      violation.expected = describe_types(schema.types);
      violation.found = shorten(json_, node);
    });
  }
  if (!fits_constant(schema, json_, node, equality_scratch_)) {
    refuse_value("const", {&*schema.constant, 1});
  }
  if (!fits_enumeration(schema, json_, node, equality_scratch_)) {
    refuse_value("enum", schema.enumeration);
  }
  if (value.is(JsonType::kInteger) || value.is(JsonType::kNumber)) explain_number(here);
  if (value.is(JsonType::kString)) explain_string(here);
}

void Explainer::explain_number(const Here& here) {
  const auto& [index, schema, node, scope] = here;
  const NumberFaults faults = find_number_faults(schema, json_, json_[node]);
  const bool integer = schema.has_type && (schema.types & mask_of(JsonType::kNumber)) == 0;
  const auto refuse = [&](bool fault, std::string_view keyword, std::string_view relation,
                          const std::optional<NumberBound>& bound) {
    if (!fault) return;
    report(schema, keyword, offset_of(node), [&](SchemaViolation& violation) {
      violation.expected =
          fmt::format("{}, {} {}", integer ? "an integer" : "a number", relation, bound->text);
      violation.found = shorten(json_, node);
    });
  };
  refuse(faults.minimum, "minimum", "at least", schema.minimum);
  refuse(faults.exclusive_minimum, "exclusiveMinimum", "more than", schema.exclusive_minimum);
  refuse(faults.maximum, "maximum", "at most", schema.maximum);
  refuse(faults.exclusive_maximum, "exclusiveMaximum", "less than", schema.exclusive_maximum);
  refuse(faults.multiple_of, "multipleOf", "a multiple of", schema.multiple_of);
}

void Explainer::explain_string(const Here& here) {
  const auto& [index, schema, node, scope] = here;
  const bool looks_inside =
      schema.length_min || schema.length_max || schema.pattern || schema.format != Format::kNone;
  if (!looks_inside) return;
  const std::string text = characters_of(node);
  const std::uint64_t length = count_characters(text);
  const auto refuse = [&](std::string_view keyword, const std::string& expected,
                          const std::string& more) {
    report(schema, keyword, offset_of(node), [&](SchemaViolation& violation) {
      violation.expected = expected;
      violation.found = shorten(json_, node) + more;
    });
  };
  const auto refuse_length = [&](std::string_view keyword, std::string_view relation,
                                 std::uint64_t bound) {
    refuse(keyword,
           fmt::format("a string of {} {}", relation, count_of(bound, "character", "characters")),
           fmt::format(" ({})", count_of(length, "character", "characters")));
  };
  if (schema.length_min && length < *schema.length_min) {
    refuse_length("minLength", "at least", *schema.length_min);
  }
  if (schema.length_max && length > *schema.length_max) {
    refuse_length("maxLength", "at most", *schema.length_max);
  }
  bool matches = true;
  if (schema.pattern && is_in_doubt([&] { matches = verdicts_.matches(*schema.pattern, text); })) {
    report_unchecked(schema, "pattern", node);
  } else if (!matches && !is_stopped()) {
    refuse("pattern",
           "a string that matches " + in_quotes(model_.patterns[*schema.pattern].source()), "");
  }
  if (!matches_format(schema.format, text)) {
    refuse("format", std::string(format_hint(schema.format)), "");
  }
}

}  // namespace bb::schema
