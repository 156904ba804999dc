#include "schema/explainer.h"

#include <fmt/format.h>

#include <iterator>

#include "schema/describe.h"
#include "schema/json_pointer.h"

namespace bb::schema {
namespace {

// Half of what Verdicts may use, which is asked from the deepest place. What lies deeper is told as
// one violation without reasons.
constexpr std::size_t kStackBytesMax = 2 * 1024 * 1024;

}  // namespace

Explainer::Step::Step(std::string& path, std::string_view token) : path_(path), size_(path.size()) {
  append_pointer_token(path, token);
}

Explainer::Step::Step(std::string& path, std::size_t ordinal) : path_(path), size_(path.size()) {
  fmt::format_to(std::back_inserter(path), "/{}", ordinal);
}

Explainer::Explainer(const SchemaModel& model, const JsonView& json, Verdicts& verdicts,
                     const SchemaReportOptions& options)
    : model_(model),
      json_(json),
      verdicts_(verdicts),
      violations_max_(options.violations_max),
      pointer_(options.pointer_prefix) {}

void Explainer::run() {
  explain(model_.root, 0, DynamicScopes::kEmpty);
}

void Explainer::explain(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  if (is_stopped()) return;
  const Subschema& schema = model_[index];
  // Of what leads no further there can be a great many, and none is the root of more.
  const bool leads_on = applies_others(schema) || json_[node].is(JsonType::kObject) ||
                        json_[node].is(JsonType::kArray);
  if (leads_on && !explained_.emplace(index, node, scope).second) return;
  if (schema.literal || verdicts_.stack_used() > kStackBytesMax) {
    report(schema, "", offset_of(node), [&](SchemaViolation& violation) {
      violation.expected = schema.literal ? "nothing here" : "a value that fits the schema";
      violation.found = shorten(json_, node);
    });
    return;
  }
  const Here here{index, schema, node, verdicts_.enter(scope, schema)};
  explain_value(here);
  if (json_[node].is(JsonType::kObject)) explain_object(here);
  if (json_[node].is(JsonType::kArray)) explain_array(here);
  explain_in_place(here);
  if (json_[node].is(JsonType::kObject)) explain_unevaluated_properties(here);
  if (json_[node].is(JsonType::kArray)) explain_unevaluated_items(here);
}

void Explainer::explain_unless_fits(SchemaIndex schema, std::uint32_t node, ScopeId scope) {
  if (!verdicts_.fits(schema, node, scope)) explain(schema, node, scope);
}

SchemaViolation* Explainer::begin_violation(const Subschema& schema, std::string_view keyword,
                                            std::size_t offset) {
  if (violations_.size() >= violations_max_) {
    ++left_out_;
    return nullptr;
  }
  SchemaViolation& violation = violations_.emplace_back();
  violation.instance_pointer = pointer_;
  violation.offset = offset;
  violation.keyword = keyword;
  violation.keyword_location = keyword_location_;
  violation.absolute_keyword_location = model_.absolute_location(schema);
  if (!keyword.empty()) {
    append_pointer_token(violation.keyword_location, keyword);
    append_pointer_token(violation.absolute_keyword_location, keyword);
  }
  return &violation;
}

void Explainer::report_unchecked(const Subschema& schema, std::string_view keyword,
                                 std::uint32_t node) {
  if (violations_.size() >= violations_max_) return;
  SchemaViolation* violation = begin_violation(schema, keyword, offset_of(node));
  violation->not_checked =
      keyword == "pattern"
          ? fmt::format("its pattern \"{}\" is too expensive on this text",
                        model_.patterns[*schema.pattern].source())
          : fmt::format("\"{}\" depends on a pattern that is too expensive on this text", keyword);
}

// Of strings the quote: nodes begin behind it.
std::size_t Explainer::offset_of(std::uint32_t node) const {
  return json_[node].offset - (json_[node].is(JsonType::kString) ? 1U : 0U);
}

std::string Explainer::characters_of(std::uint32_t node) const {
  std::string buffer;
  return std::string(json_.characters(json_[node], buffer));
}

}  // namespace bb::schema
