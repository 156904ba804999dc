#include "schema/code_generator.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/assert.h"

namespace bb::schema {
namespace {

bool has_in_place(const Subschema& s) {
  return !s.all_of.empty() || !s.any_of.empty() || !s.one_of.empty() || s.not_schema != kNoSchema ||
         s.if_schema != kNoSchema || !s.dependent_schemas.empty();
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

// Nothing but, perhaps, a type and references.
bool asserts_types_at_most(const Subschema& s) {
  return !s.constant && !s.has_enumeration && !has_string_keywords(s) && !has_number_keywords(s) &&
         !has_object_keywords(s) && !has_array_keywords(s) && !has_in_place(s) &&
         !is_unevaluated(s);
}

bool is_plain_reference(const Subschema& s) {
  return !s.literal && s.reference != kNoSchema && !s.dynamic && !s.has_type &&
         asserts_types_at_most(s);
}

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
      emit(pending.schema, pending.variant);
    }
    program_.code.push_back({});
  }
  resolve_all();
  return std::move(program_);
}

Target CodeGenerator::target(SchemaIndex index, bool tracked, ResourceIndex from) {
  if (!model_.uses_dynamic_scope) index = follow_plain_references(model_, index);
  const Subschema& schema = model_[index];
  if (schema.literal) {
    return {.pc = Target::kNoBlock, .types = *schema.literal ? kAnyType : TypeMask{0}};
  }
  Target out{.pc = Target::kNoBlock, .types = schema.types};
  if (asserts_types_at_most(schema) && schema.reference == kNoSchema && !schema.dynamic) return out;
  out.pc = block(index, tracked ? Variant::kTracked : Variant::kPlain);
  if (model_.uses_dynamic_scope && schema.resource != from) {
    out.pc = scope_block(schema.resource, out);
  }
  return out;
}

std::uint32_t CodeGenerator::block(SchemaIndex schema, Variant variant) {
  const auto number = static_cast<std::uint32_t>(pending_.size());
  const std::uint64_t key =
      static_cast<std::uint64_t>(schema) << 8 | static_cast<std::uint64_t>(variant);
  const auto [known, is_new] = blocks_.emplace(key, number);
  if (is_new) pending_.push_back({.schema = schema, .variant = variant});
  return known->second;
}

std::uint32_t CodeGenerator::scope_block(ResourceIndex resource, Target inner) {
  const auto number = static_cast<std::uint32_t>(pending_.size());
  const auto [known, is_new] = scope_blocks_.emplace(inner.pc, number);
  if (is_new) {
    pending_.push_back({.schema = 0,
                        .variant = Variant::kPlain,
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

void CodeGenerator::emit(SchemaIndex index, Variant variant) {
  const Subschema& schema = model_[index];
  if (is_unevaluated(schema) && variant != Variant::kRecord) {
    const Target inside{.pc = block(index, Variant::kRecord), .types = kAnyType};
    program_.code.push_back(
        {.op = Op::kTrack, .tracked = variant == Variant::kTracked, .target = inside, .a = 0});
    return;
  }
  // The cheap ones first.
  const bool tracked = variant != Variant::kPlain;
  emit_values(schema);
  if (has_string_keywords(schema)) emit_strings(schema);
  if (has_number_keywords(schema)) emit_numbers(schema);
  if (has_object_keywords(schema)) emit_object(schema, tracked);
  if (has_array_keywords(schema)) emit_array(schema, tracked);
  emit_references(schema, tracked);
  emit_in_place(schema, tracked);
  if (variant == Variant::kRecord) {
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
}

void CodeGenerator::emit_references(const Subschema& schema, bool tracked) {
  if (schema.reference != kNoSchema) emit_call(schema.reference, tracked, schema.resource);
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
  if (to.pc == Target::kNoBlock && to.types == kAnyType) return;
  program_.code.push_back({.op = Op::kCall, .tracked = tracked, .target = to, .a = 0});
}

void CodeGenerator::emit_in_place(const Subschema& schema, bool tracked) {
  for (const SchemaIndex part : schema.all_of) emit_call(part, tracked, schema.resource);
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

void CodeGenerator::resolve(Target& target) const {
  if (target.pc != Target::kNoBlock) target.pc = pc_of_[target.pc];
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
