// The dynamic scope of JSON Schema (2020-12 core §7.1): which schema resources were entered on the
// way to a keyword, and what a reference finds there.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "schema/schema_model.h"

namespace bb::schema {

// The resources in scope, as a number: the same number for the same resources in the same order. A
// resource that is in scope already adds nothing, for the outermost wins.
using ScopeId = std::uint32_t;

class DynamicScopes {
 public:
  // `model` outlives this.
  explicit DynamicScopes(const SchemaModel& model) : model_(model) {}

  static constexpr ScopeId kEmpty = 0;

  // `scope` with `resource` innermost.
  ScopeId enter(ScopeId scope, ResourceIndex resource);

  // What the reference refers to in `scope`.
  SchemaIndex resolve(ScopeId scope, const DynamicReference& reference) const;

 private:
  struct Entry {
    ScopeId outer;
    ResourceIndex resource;
  };

  bool contains(ScopeId scope, ResourceIndex resource) const;

  const SchemaModel& model_;
  std::vector<Entry> entries_{{kEmpty, 0}};  // the first stands for the empty scope
  std::unordered_map<std::uint64_t, ScopeId> inner_;
};

}  // namespace bb::schema
