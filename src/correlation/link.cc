#include "correlation/link.h"

#include <string>
#include <utility>

#include "correlation/unique_ids.h"
#include "event/json_cursor.h"

namespace bb::correlation {
namespace {

void append_member(std::string& object, std::string_view name, std::string_view value) {
  if (object.size() > 1) object += ',';
  object += '"';
  object += name;
  object += "\":";
  object += value;
}

bool has_member(std::string_view object, std::string_view name) {
  event::JsonMembers members(object);
  while (const auto member = members.next()) {
    if (member->name == name) return true;
  }
  return false;
}

RawJson merge_objects(std::string_view known, std::string_view more) {
  std::string merged = "{";
  event::JsonMembers members(known);
  while (const auto member = members.next()) {
    if (!has_member(more, member->name)) append_member(merged, member->name, member->value);
  }
  members = event::JsonMembers(more);
  while (const auto member = members.next()) append_member(merged, member->name, member->value);
  return merged + "}";
}

}  // namespace

Link merge(const Link& known, const Link& more) {
  Link merged = known;
  UniqueIds parents(known.parents);
  for (const Uuid& parent : more.parents) parents.add(parent);
  merged.parents = std::move(parents).take();
  merged.metadata = merge_objects(known.metadata, more.metadata);
  return merged;
}

bool is_metadata(std::string_view text) {
  return check_json(text) && event::json_kind(text) == event::JsonKind::kObject;
}

}  // namespace bb::correlation
