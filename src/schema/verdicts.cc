#include "schema/verdicts.h"

#include <algorithm>
#include <utility>

#include "schema/keyed_hash.h"
#include "schema/scalar_keywords.h"

namespace bb::schema {
namespace {

// Steps are questions and searches for patterns. The second number leaves room for texts that are
// large and harmless.
constexpr std::uint64_t kStepsMax = 5'000'000;
constexpr std::uint64_t kStepsMaxPerNode = 64;

// Of stack, which is the only thing that recursion uses up: texts are at most kJsonDepthMax deep,
// but nothing bounds the schemas between one level and the next.
constexpr std::size_t kStackBytesMax = 4 * 1024 * 1024;

// Searches that are given up, each after a tenth of a second: from then on none is begun that might
// have to be.
constexpr std::size_t kGivenUpMax = 8;

// Below, a look at all of them is as fast as a map.
constexpr std::size_t kFewProperties = 8;

const char* stack_position() {
  return static_cast<const char*>(__builtin_frame_address(0));
}

}  // namespace

std::size_t Verdicts::KeyHash::operator()(const Key& key) const {
  KeyedHash hash;
  hash.add(std::uint64_t{key.schema} << 32 | key.node);
  hash.add(std::uint64_t{key.scope});
  return hash.value();
}

Verdicts::Verdicts(const SchemaModel& model, const JsonView& json)
    : model_(model),
      json_(json),
      scopes_(model),
      steps_left_(kStepsMax + kStepsMaxPerNode * json.node_count),
      stack_base_(stack_position()) {}

void Verdicts::fail_with(std::string message) {
  if (!error_) error_ = Error{ErrorCode::kInvalidSchema, std::move(message)};
}

void Verdicts::fail_at(std::string_view reason, const Subschema& schema) {
  fail_with(std::string(reason) + ", at " + model_.absolute_location(schema));
}

std::size_t Verdicts::stack_used() const {
  const std::ptrdiff_t bytes = stack_base_ - stack_position();
  return static_cast<std::size_t>(bytes < 0 ? -bytes : bytes);
}

bool Verdicts::step() {
  if (error_) return false;
  if (steps_left_ == 0) {
    fail_with("it is too complex: its alternatives multiply on this text");
    return false;
  }
  --steps_left_;
  return true;
}

bool Verdicts::fits(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  if (!step()) return false;
  const Subschema& schema = model_[index];
  if (schema.literal) return *schema.literal;
  const ScopeId within = enter(scope, schema);
  // Each answer is in doubt for reasons of its own, and hands them on to who asked.
  const bool was_in_doubt = std::exchange(in_doubt_, false);
  const Answer answer =
      applies_others(schema) ? answer_once(index, node, within) : answer_anew(index, node, within);
  in_doubt_ = was_in_doubt || answer == Answer::kUnknown;
  return answer == Answer::kYes;
}

Verdicts::Answer Verdicts::answer_anew(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  const bool answer = decide(index, node, scope);
  if (in_doubt_) return Answer::kUnknown;
  return answer ? Answer::kYes : Answer::kNo;
}

Verdicts::Answer Verdicts::answer_once(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  const Subschema& schema = model_[index];

  const Key key{index, node, scope};
  const auto [kept, is_new] = answers_.try_emplace(key, Answer::kPending);
  if (!is_new) {
    if (kept->second != Answer::kPending) return kept->second;
    fail_at("it refers to itself for ever", schema);
    return Answer::kNo;
  }
  if (stack_used() > kStackBytesMax) {
    fail_at("it is too deep for this text", schema);
    return Answer::kNo;
  }
  const Answer answer = answer_anew(index, node, scope);
  answers_[key] = answer;
  return answer;
}

bool Verdicts::decide(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  const Subschema& schema = model_[index];
  const JsonNode& value = json_[node];
  if ((schema.types & mask_of(value.type)) == 0) return false;
  if (!fits_constant(schema, json_, node, equality_scratch_)) return false;
  if (!fits_enumeration(schema, json_, node, equality_scratch_)) return false;
  switch (value.type) {
    case JsonType::kNull:
    case JsonType::kBoolean:
      break;
    case JsonType::kInteger:
    case JsonType::kNumber:
      if (find_number_faults(schema, json_, value).any()) return false;
      break;
    case JsonType::kString:
      if (!decide_string(schema, value)) return false;
      break;
    case JsonType::kArray:
      if (!decide_array(schema, node, scope)) return false;
      break;
    case JsonType::kObject:
      if (!decide_object(index, node, scope)) return false;
      break;
  }
  return decide_in_place(schema, node, scope) && decide_unevaluated(index, node, scope);
}

bool Verdicts::decide_string(const Subschema& schema, const JsonNode& node) {
  const bool looks_inside =
      schema.length_min || schema.length_max || schema.pattern || schema.format != Format::kNone;
  if (!looks_inside) return true;
  const std::string_view text = json_.characters(node, string_buffer_);
  if (schema.length_min || schema.length_max) {
    const std::uint64_t length = count_characters(text);
    if (schema.length_min && length < *schema.length_min) return false;
    if (schema.length_max && length > *schema.length_max) return false;
  }
  return (!schema.pattern || matches(*schema.pattern, text)) && matches_format(schema.format, text);
}

bool Verdicts::matches(std::uint32_t pattern, std::string_view text) {
  if (!step()) return false;
  const Pattern& compiled = model_.patterns[pattern];
  if (compiled.is_linear()) {
    return compiled.search(text, pattern_scratch_) == Pattern::Outcome::kMatch;
  }
  KeyedHash hash;
  hash.add(text);
  const std::pair key{pattern, hash.value()};
  if (given_up_.size() < kGivenUpMax && !given_up_.contains(key)) {
    const Pattern::Outcome outcome = compiled.search(text, pattern_scratch_);
    if (outcome != Pattern::Outcome::kTooExpensive) return outcome == Pattern::Outcome::kMatch;
    given_up_.insert(key);
  }
  in_doubt_ = true;
  if (!pattern_error_) {
    pattern_error_ = Error{ErrorCode::kInvalidSchema, "its pattern \"" + compiled.source() +
                                                          "\" is too expensive on this text"};
  }
  return false;
}

SchemaIndex Verdicts::find_property(SchemaIndex index, std::string_view name) {
  const auto& properties = model_[index].properties;
  if (properties.size() <= kFewProperties) {
    const auto at =
        std::find_if(properties.begin(), properties.end(),
                     [&](const NamedSchema& property) { return property.name == name; });
    return at == properties.end() ? kNoSchema : at->schema;
  }
  auto& map = properties_[index];
  if (map.empty()) {
    for (const NamedSchema& property : properties) map.emplace(property.name, property.schema);
  }
  const auto at = map.find(name);
  return at == map.end() ? kNoSchema : at->second;
}

bool Verdicts::is_additional(SchemaIndex index, std::string_view name) {
  if (find_property(index, name) != kNoSchema) return false;
  const auto& patterns = model_[index].pattern_properties;
  return std::none_of(patterns.begin(), patterns.end(), [&](const PatternSchema& candidate) {
    return matches(candidate.pattern, name);
  });
}

std::uint64_t Verdicts::count_contained(const Subschema& schema, std::uint32_t array,
                                        ScopeId scope) {
  std::uint64_t count = 0;
  for (auto at = array + 1; at < json_[array].next; at = json_[at].next) {
    if (fits(schema.contains, at, scope)) ++count;
  }
  return count;
}

}  // namespace bb::schema
