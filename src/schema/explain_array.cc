// Why an array does not fit.
#include <fmt/format.h>

#include "schema/describe.h"
#include "schema/explainer.h"

namespace bb::schema {

void Explainer::explain_array(const Here& here) {
  const Subschema& schema = here.schema;
  explain_sizes(here, "element", "elements", schema.items_min, "minItems", schema.items_max,
                "maxItems");
  if (schema.unique_items) {
    if (const auto pair = find_equal_pair(json_, here.node, equality_scratch_)) {
      report(schema, "uniqueItems", offset_of(here.node), [&](SchemaViolation& violation) {
        std::uint32_t at = here.node + 1;
        for (std::uint32_t i = 0; i < pair->first; ++i) at = json_[at].next;
        violation.expected = "elements that differ from each other";
        violation.found = fmt::format("{} twice, as elements {} and {}", shorten(json_, at),
                                      pair->first, pair->second);
      });
    }
  }
  explain_contains(here);
  explain_items(here);
}

void Explainer::explain_contains(const Here& here) {
  const Subschema& schema = here.schema;
  if (schema.contains == kNoSchema || is_stopped()) return;
  std::uint64_t count = 0;
  if (is_in_doubt([&] { count = verdicts_.count_contained(schema, here.node, here.scope); })) {
    report_unchecked(schema, "contains", here.node);
    return;
  }
  const auto refuse = [&](std::string_view keyword, std::string_view relation,
                          std::uint64_t bound) {
    report(schema, keyword, offset_of(here.node), [&](SchemaViolation& violation) {
      const std::string& title = model_[schema.contains].title;
      violation.expected = fmt::format("{} {} {}", relation,
                                       count_of(bound, "element that fits", "elements that fit"),
                                       title.empty() ? std::string("the schema under \"contains\"")
                                                     : fmt::format("\"{}\"", title));
      violation.found = fmt::format("{}", count);
    });
  };
  if (count < schema.contains_min) {
    // Where minContains is not written, it is 1.
    refuse(schema.contains_min == 1 ? "contains" : "minContains", "at least", schema.contains_min);
  }
  if (schema.contains_max && count > *schema.contains_max) {
    refuse("maxContains", "at most", *schema.contains_max);
  }
}

void Explainer::explain_items(const Here& here) {
  const Subschema& schema = here.schema;
  const std::size_t prefix = schema.prefix_items.size();
  std::size_t ordinal = 0;
  for (auto at = here.node + 1; at < json_[here.node].next && !is_stopped();
       at = json_[at].next, ++ordinal) {
    const Step pointer(pointer_, ordinal);
    if (ordinal < prefix) {
      const Step keyword(keyword_location_, schema.prefix_items_keyword);
      const Step token(keyword_location_, ordinal);
      explain_unless_fits(schema.prefix_items[ordinal], at, here.scope);
      continue;
    }
    if (schema.items == kNoSchema) return;
    if (!model_[schema.items].literal.value_or(true)) {
      report(schema, schema.items_keyword, offset_of(at), [&](SchemaViolation& violation) {
        violation.expected = "no more than " + count_of(prefix, "element", "elements");
        violation.found = fmt::format("{}", json_[here.node].size);
      });
      return;  // the first one too many says it all
    }
    const Step keyword(keyword_location_, schema.items_keyword);
    explain_unless_fits(schema.items, at, here.scope);
  }
}

void Explainer::explain_unevaluated_items(const Here& here) {
  const Subschema& schema = here.schema;
  if (schema.unevaluated_items == kNoSchema || is_stopped()) return;
  Evaluated evaluated;
  if (is_in_doubt(
          [&] { evaluated = verdicts_.find_evaluated(here.index, here.node, here.scope); })) {
    report_unchecked(schema, "unevaluatedItems", here.node);
    return;
  }
  const bool refuses_all = !model_[schema.unevaluated_items].literal.value_or(true);
  std::uint32_t ordinal = 0;
  for (auto at = here.node + 1; at < json_[here.node].next && !is_stopped();
       at = json_[at].next, ++ordinal) {
    if (evaluated.contains(ordinal)) continue;
    const Step pointer(pointer_, ordinal);
    if (!refuses_all) {
      const Step keyword(keyword_location_, "unevaluatedItems");
      explain_unless_fits(schema.unevaluated_items, at, here.scope);
      continue;
    }
    report(schema, "unevaluatedItems", offset_of(at), [&](SchemaViolation& violation) {
      violation.expected = "no further element";
      violation.found = shorten(json_, at);
    });
  }
}

}  // namespace bb::schema
