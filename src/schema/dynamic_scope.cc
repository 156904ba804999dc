#include "schema/dynamic_scope.h"

namespace bb::schema {

bool DynamicScopes::contains(ScopeId scope, ResourceIndex resource) const {
  for (; scope != kEmpty; scope = entries_[scope].outer) {
    if (entries_[scope].resource == resource) return true;
  }
  return false;
}

ScopeId DynamicScopes::enter(ScopeId scope, ResourceIndex resource) {
  if (!model_.uses_dynamic_scope || contains(scope, resource)) return scope;
  const auto next = static_cast<ScopeId>(entries_.size());
  const auto [at, is_new] = inner_.try_emplace(std::uint64_t{scope} << 32 | resource, next);
  if (is_new) entries_.push_back({scope, resource});
  return at->second;
}

SchemaIndex DynamicScopes::resolve(ScopeId scope, const DynamicReference& reference) const {
  SchemaIndex found = reference.fallback;
  if (!reference.is_dynamic) return found;
  for (; scope != kEmpty; scope = entries_[scope].outer) {
    const auto anchor =
        model_.resources[entries_[scope].resource].find_dynamic_anchor(reference.anchor);
    if (anchor != kNoSchema) found = anchor;  // and one further out may follow
  }
  return found;
}

}  // namespace bb::schema
