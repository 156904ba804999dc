#include "schema/code_generator.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/assert.h"

namespace bb::schema {
namespace {

bool has_branches(const Subschema& s) {
  return !s.any_of.empty() || !s.one_of.empty() || s.not_schema != kNoSchema ||
         s.if_schema != kNoSchema;
}

bool has_object_keywords(const Subschema& s) {
  return !s.properties.empty() || !s.pattern_properties.empty() ||
         s.additional_properties != kNoSchema || s.property_names != kNoSchema ||
         !s.required.empty() || !s.dependent_required.empty() || !s.dependent_schemas.empty() ||
         s.properties_min || s.properties_max;
}

bool has_array_keywords(const Subschema& s) {
  return !s.prefix_items.empty() || s.items != kNoSchema || s.contains != kNoSchema ||
         s.items_min || s.items_max || s.unique_items;
}

bool has_string_keywords(const Subschema& s) {
  return s.length_min || s.length_max || s.pattern || s.format != Format::kNone;
}

bool has_number_keywords(const Subschema& s) {
  return s.minimum || s.maximum || s.exclusive_minimum || s.exclusive_maximum || s.divisor;
}

bool is_unevaluated(const Subschema& s) {
  return s.unevaluated_properties != kNoSchema || s.unevaluated_items != kNoSchema;
}

// Something of its own to check, types apart.
bool asserts_here(const Subschema& s) {
  return s.constant || s.has_enumeration || has_string_keywords(s) || has_number_keywords(s) ||
         has_object_keywords(s) || has_array_keywords(s) || has_branches(s) || is_unevaluated(s) ||
         s.dynamic;
}

// Nothing but references and parts.
bool leads_elsewhere(const Subschema& s) {
  return !s.literal && !s.has_type && !asserts_here(s) &&
         (s.reference != kNoSchema || !s.all_of.empty());
}

bool is_plain_reference(const Subschema& s) {
  return !s.literal && s.reference != kNoSchema && s.all_of.empty() && !s.has_type &&
         !asserts_here(s);
}

bool contains(const std::vector<SchemaIndex>& sorted, SchemaIndex schema) {
  return std::ranges::binary_search(sorted, schema);
}

// More than any schema made by hand; beyond, parts are called.
constexpr std::size_t kMergedMax = 64;

}  // namespace

SchemaIndex follow_plain_references(const SchemaModel& model, SchemaIndex schema) {
  // A model has no endless loops: see find_endless_loop().
  while (is_plain_reference(model[schema])) schema = model[schema].reference;
  return schema;
}

Program generate(const SchemaModel& model) {
  return CodeGenerator(model).run();
}

Program CodeGenerator::run() {
  const ResourceIndex root_resource = model_[model_.root].resource;
  program_.root_resource = root_resource;
  program_.uses_dynamic_scope = model_.uses_dynamic_scope;
  program_.root = target(model_.root, false, root_resource);
  for (std::size_t number = 0; number < pending_.size(); ++number) {
    pc_of_.push_back(static_cast<std::uint32_t>(program_.code.size()));
    const Pending pending = pending_[number];
    if (pending.is_scope) {
      program_.code.push_back(
          {.op = Op::kScope, .tracked = false, .target = pending.inner, .a = pending.resource});
    } else {
      emit(pending);
    }
    program_.code.push_back({});
  }
  resolve_all();
  return std::move(program_);
}

// Merging makes a block for each set of schemas that meets at a value, and sets of n schemas can be
// very many: past a few for each schema there is, it ends.
bool CodeGenerator::may_merge() const {
  return !model_.uses_dynamic_scope && pending_.size() <= 4 * model_.schemas.size() + 64;
}

CodeGenerator::SchemaSetKey CodeGenerator::flatten(const std::vector<SchemaIndex>& schemas) const {
  std::vector<SchemaIndex> found;
  std::vector<SchemaIndex> waiting(schemas.rbegin(), schemas.rend());
  const bool merges = may_merge();
  while (!waiting.empty()) {
    const SchemaIndex index = waiting.back();
    waiting.pop_back();
    if (std::ranges::find(found, index) != found.end()) continue;
    found.push_back(index);
    const Subschema& schema = model_[index];
    // What is evaluated within counts for it alone: it stays as it is.
    if (!merges || is_unevaluated(schema) || found.size() + waiting.size() >= kMergedMax) continue;
    if (schema.reference != kNoSchema) waiting.push_back(schema.reference);
    waiting.insert(waiting.end(), schema.all_of.begin(), schema.all_of.end());
  }
  std::ranges::sort(found);
  return found;
}

// What only leads to others says nothing beside them: without it, all who refer to a schema share
// its block.
CodeGenerator::SchemaSetKey CodeGenerator::reduce(const SchemaSetKey& all) const {
  SchemaSetKey left;
  for (const SchemaIndex index : all) {
    const Subschema& schema = model_[index];
    const auto is_here = [&all](SchemaIndex part) { return contains(all, part); };
    const bool says_nothing = leads_elsewhere(schema) &&
                              (schema.reference == kNoSchema || is_here(schema.reference)) &&
                              std::ranges::all_of(schema.all_of, is_here);
    if (!says_nothing) left.push_back(index);
  }
  return left;
}

Target CodeGenerator::target(SchemaIndex index, bool tracked, ResourceIndex from) {
  if (!tracked && !model_.uses_dynamic_scope) return target_of_all({index});
  if (!model_.uses_dynamic_scope) index = follow_plain_references(model_, index);
  const Subschema& schema = model_[index];
  if (schema.literal) return {.at = 0, .types = *schema.literal ? kAnyType : TypeMask{0}};
  Target out{.at = 0, .types = schema.types};
  if (!asserts_here(schema) && schema.reference == kNoSchema && schema.all_of.empty()) return out;
  out.kind = Target::Kind::kBlock;
  out.at = block({index}, tracked ? Variant::kTracked : Variant::kPlain);
  if (model_.uses_dynamic_scope && schema.resource != from) {
    out.at = scope_block(schema.resource, out);
  }
  return out;
}

Target CodeGenerator::target_of_all(const std::vector<SchemaIndex>& schemas) {
  const SchemaSetKey all = flatten(schemas);
  Target out;
  bool asserts = false;
  for (const SchemaIndex index : all) {
    const Subschema& schema = model_[index];
    if (schema.literal) {
      if (!*schema.literal) return {.at = 0, .types = 0};
      continue;
    }
    out.types &= schema.types;
    const auto is_outside = [&](SchemaIndex part) { return !contains(all, part); };
    asserts |= asserts_here(schema) ||
               (schema.reference != kNoSchema && is_outside(schema.reference)) ||
               std::ranges::any_of(schema.all_of, is_outside);
  }
  if (!asserts || out.types == 0) return out;
  out.kind = Target::Kind::kBlock;
  out.at = block(reduce(all), Variant::kPlain, all);
  out.is_repeatable = true;
  return out;
}

// Two sets that reduce to the same may share the block of either: each holds what the other leaves
// out but for schemas that only lead to what both hold.
std::uint32_t CodeGenerator::block(SchemaSetKey schemas, Variant variant, SchemaSetKey merged) {
  const auto number = static_cast<std::uint32_t>(pending_.size());
  const auto [known, is_new] = blocks_.emplace(std::pair(schemas, variant), number);
  if (is_new) {
    pending_.push_back(
        {.schemas = std::move(schemas), .variant = variant, .merged = std::move(merged)});
  }
  return known->second;
}

std::uint32_t CodeGenerator::scope_block(ResourceIndex resource, Target inner) {
  const auto number = static_cast<std::uint32_t>(pending_.size());
  const auto [known, is_new] = scope_blocks_.emplace(inner.at, number);
  if (is_new) {
    pending_.push_back({.schemas = {},
                        .variant = Variant::kPlain,
                        .merged = {},
                        .is_scope = true,
                        .resource = resource,
                        .inner = inner});
  }
  return known->second;
}

void CodeGenerator::add(Op op, std::size_t rule, bool tracked) {
  program_.code.push_back(
      {.op = op, .tracked = tracked, .target = {}, .a = static_cast<std::uint32_t>(rule)});
}

// The cheap ones first.
void CodeGenerator::emit(const Pending& pending) {
  const SchemaSetKey& schemas = pending.schemas;
  const SchemaSetKey& merged = pending.merged;
  const Variant variant = pending.variant;
  const bool tracked = variant != Variant::kPlain;
  SchemaSetKey open;  // those that are not a record of their own
  for (const SchemaIndex index : schemas) {
    if (is_unevaluated(model_[index]) && variant != Variant::kRecord) continue;
    if (!model_[index].literal) open.push_back(index);
  }
  for (const SchemaIndex index : open) {
    const Subschema& schema = model_[index];
    emit_values(schema);
    if (has_string_keywords(schema)) emit_strings(schema);
    if (has_number_keywords(schema)) emit_numbers(schema);
  }
  emit_objects(open, tracked);
  for (const SchemaIndex index : open) {
    if (has_array_keywords(model_[index])) emit_array(model_[index], tracked);
  }
  for (const SchemaIndex index : open) emit_references(model_[index], merged, tracked);
  for (const SchemaIndex index : open) emit_in_place(model_[index], merged, tracked);
  if (variant == Variant::kRecord) {
    emit_unevaluated(model_[schemas.front()]);
    return;
  }
  for (const SchemaIndex index : schemas) {
    if (!is_unevaluated(model_[index])) continue;
    const Target inside{
        .at = block({index}, Variant::kRecord), .types = kAnyType, .kind = Target::Kind::kBlock};
    program_.code.push_back({.op = Op::kTrack, .tracked = tracked, .target = inside, .a = 0});
  }
}

void CodeGenerator::emit_objects(const SchemaSetKey& schemas, bool tracked) {
  // additionalProperties is about the names beside it, so that a schema with it keeps a rule of its
  // own.
  std::vector<const Subschema*> together;
  for (const SchemaIndex index : schemas) {
    const Subschema& schema = model_[index];
    if (!has_object_keywords(schema)) continue;
    if (may_merge() && schema.additional_properties == kNoSchema &&
        schema.property_names == kNoSchema) {
      together.push_back(&schema);
    } else {
      emit_object({&schema}, tracked);
    }
  }
  if (!together.empty()) emit_object(together, tracked);
}

void CodeGenerator::emit_unevaluated(const Subschema& schema) {
  UnevaluatedRule rule;
  if (schema.unevaluated_properties != kNoSchema) {
    rule.properties = target(schema.unevaluated_properties, false, schema.resource);
  }
  if (schema.unevaluated_items != kNoSchema) {
    rule.items = target(schema.unevaluated_items, false, schema.resource);
  }
  program_.unevaluated.push_back(rule);
  add(Op::kUnevaluated, program_.unevaluated.size() - 1);
}

void CodeGenerator::emit_references(const Subschema& schema, const SchemaSetKey& beside,
                                    bool tracked) {
  if (schema.reference != kNoSchema && !contains(beside, schema.reference)) {
    emit_call(schema.reference, tracked, schema.resource);
  }
  if (!schema.dynamic) return;
  const DynamicReference& dynamic = *schema.dynamic;
  if (!dynamic.is_dynamic) return emit_call(dynamic.fallback, tracked, schema.resource);
  DynamicRule rule;
  rule.fallback = target(dynamic.fallback, tracked, schema.resource);
  for (const Resource& resource : model_.resources) {
    const SchemaIndex found = resource.find_dynamic_anchor(dynamic.anchor);
    rule.by_resource.push_back(
        found == kNoSchema ? std::nullopt : std::optional(target(found, tracked, schema.resource)));
  }
  program_.dynamics.push_back(std::move(rule));
  add(Op::kDynamic, program_.dynamics.size() - 1);
}

void CodeGenerator::emit_call(SchemaIndex index, bool tracked, ResourceIndex from) {
  const Target to = target(index, tracked, from);
  if (to.kind == Target::Kind::kNothing && to.types == kAnyType) return;
  program_.code.push_back({.op = Op::kCall, .tracked = tracked, .target = to, .a = 0});
}

void CodeGenerator::emit_in_place(const Subschema& schema, const SchemaSetKey& beside,
                                  bool tracked) {
  for (const SchemaIndex part : schema.all_of) {
    if (!contains(beside, part)) emit_call(part, tracked, schema.resource);
  }
  if (!schema.any_of.empty()) emit_branches(Op::kAnyOf, schema.any_of, tracked, schema.resource);
  if (!schema.one_of.empty()) emit_branches(Op::kOneOf, schema.one_of, tracked, schema.resource);
  if (schema.not_schema != kNoSchema) {
    program_.code.push_back({.op = Op::kNot,
                             .tracked = false,
                             .target = target(schema.not_schema, false, schema.resource),
                             .a = 0});
  }
  // Alone, `if` has an effect only on what counts as evaluated.
  const bool has_consequence = schema.then_schema != kNoSchema || schema.else_schema != kNoSchema;
  if (schema.if_schema != kNoSchema && (has_consequence || tracked)) {
    ConditionRule rule{.condition = target(schema.if_schema, tracked, schema.resource),
                       .then_target = {},
                       .else_target = {}};
    if (schema.then_schema != kNoSchema) {
      rule.then_target = target(schema.then_schema, tracked, schema.resource);
    }
    if (schema.else_schema != kNoSchema) {
      rule.else_target = target(schema.else_schema, tracked, schema.resource);
    }
    program_.conditions.push_back(rule);
    add(Op::kIf, program_.conditions.size() - 1, tracked);
  }
}

void CodeGenerator::emit_branches(Op op, const std::vector<SchemaIndex>& schemas, bool tracked,
                                  ResourceIndex from) {
  BranchRule rule;
  for (const SchemaIndex schema : schemas) rule.branches.push_back(target(schema, tracked, from));
  rule.discriminator = discriminator(schemas);
  program_.branches.push_back(std::move(rule));
  add(op, program_.branches.size() - 1, tracked);
}

// A block of one instruction is not worth entering.
void CodeGenerator::resolve(Target& target) const {
  if (target.kind != Target::Kind::kBlock) return;
  target.at = pc_of_[target.at];
  const Instruction& first = program_.code[target.at];
  if (first.tracked || program_.code[target.at + (first.op == Op::kEnd ? 0 : 1)].op != Op::kEnd)
    return;
  switch (first.op) {
    case Op::kEnd:
      target.kind = Target::Kind::kNothing;
      return;
    case Op::kString:
      target.kind = Target::Kind::kString;
      break;
    case Op::kNumber:
      target.kind = Target::Kind::kNumber;
      break;
    case Op::kValue:
      target.kind = Target::Kind::kValue;
      break;
    case Op::kObject:
      target.kind = Target::Kind::kObject;
      break;
    case Op::kArray:
      target.kind = Target::Kind::kArray;
      break;
    default:
      return;
  }
  target.at = first.a;
}

void CodeGenerator::resolve_all() {
  const auto each = [this](auto& targets) {
    for (auto& target : targets) resolve(target);
  };
  const auto maybe = [this](std::optional<Target>& target) {
    if (target) resolve(*target);
  };
  resolve(program_.root);
  for (Instruction& instruction : program_.code) resolve(instruction.target);
  for (ObjectRule& rule : program_.objects) {
    for (PropertyEntry& entry : rule.properties) resolve(entry.target);
    for (PatternEntry& entry : rule.patterns) resolve(entry.target);
    for (DependentEntry& entry : rule.dependents) maybe(entry.target);
    maybe(rule.additional);
    maybe(rule.property_names);
  }
  for (ArrayRule& rule : program_.arrays) {
    each(rule.prefix);
    maybe(rule.items);
    maybe(rule.contains);
  }
  for (BranchRule& rule : program_.branches) each(rule.branches);
  for (ConditionRule& rule : program_.conditions) {
    resolve(rule.condition);
    maybe(rule.then_target);
    maybe(rule.else_target);
  }
  for (DynamicRule& rule : program_.dynamics) {
    for (auto& target : rule.by_resource) maybe(target);
    resolve(rule.fallback);
  }
  for (UnevaluatedRule& rule : program_.unevaluated) {
    maybe(rule.properties);
    maybe(rule.items);
  }
}

}  // namespace bb::schema
