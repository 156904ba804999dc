#include "event/agent_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::event {
namespace {

constexpr std::array<std::string_view, 9> kAgentTypes{"claude-code", "claude-chat",  "gemini-cli",
                                                      "gemini-code", "letta",        "agno",
                                                      "smolagent",   "atomic-agent", "custom"};

enum class Rule { kAgentType, kString, kArray, kStringArray, kObject, kCodeState };

struct FieldRule {
  std::string_view name;
  Rule rule;
};

constexpr std::array<FieldRule, 10> kContextFields{{
    {"type", Rule::kAgentType},
    {"name", Rule::kString},
    {"system_prompt", Rule::kString},
    {"instance_id", Rule::kString},
    {"mcp_servers", Rule::kArray},
    {"file_references", Rule::kStringArray},
    {"url_references", Rule::kStringArray},
    {"code_state", Rule::kCodeState},
    {"checkpoint_id", Rule::kString},
    {"meta", Rule::kObject},
}};

constexpr std::array<FieldRule, 5> kCodeStateFields{{
    {"repo_url", Rule::kString},
    {"branch", Rule::kString},
    {"working_diff", Rule::kString},
    {"branch_diff", Rule::kString},
    {"last_commit_hash", Rule::kString},
}};

const std::string& expected_agent_type() {
  static const std::string text = fmt::format("one of {}", fmt::join(kAgentTypes, ", "));
  return text;
}

const FieldRule* find_rule(std::span<const FieldRule> rules, std::string_view name) {
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const FieldRule& r) { return r.name == name; });
  return rule == rules.end() ? nullptr : &*rule;
}

// The kind of the value, with an error for one that is neither null nor of the `wanted` kind.
JsonKind require_kind(JsonKind wanted, std::string_view value, const std::string& pointer,
                      std::string_view expected, StructuralErrors& errors) {
  const JsonKind kind = json_kind(value);
  if (kind != wanted && kind != JsonKind::kNull) errors.add(pointer, expected, value);
  return kind;
}

void check_agent_type(std::string_view value, const std::string& pointer,
                      StructuralErrors& errors) {
  if (json_kind(value) == JsonKind::kString) {
    const std::string name = decode_json_string(string_text(value)).text;
    if (std::find(kAgentTypes.begin(), kAgentTypes.end(), name) != kAgentTypes.end()) return;
  }
  errors.add(pointer, expected_agent_type(), value);
}

void check_string_array(std::string_view value, const std::string& pointer,
                        StructuralErrors& errors) {
  if (require_kind(JsonKind::kArray, value, pointer, "an array of strings or null", errors) !=
      JsonKind::kArray) {
    return;
  }
  JsonElements elements(value);
  for (std::size_t index = 0; const auto element = elements.next(); ++index) {
    if (json_kind(*element) != JsonKind::kString) {
      errors.add(pointer_to(pointer, index), expected::kString, *element);
    }
  }
}

void check_code_state(std::string_view value, const std::string& pointer,
                      StructuralErrors& errors) {
  if (require_kind(JsonKind::kObject, value, pointer, expected::kObjectOrNull, errors) !=
      JsonKind::kObject) {
    return;
  }
  JsonMembers members(value);
  while (const auto member = members.next()) {
    const std::string name = decode_json_string(member->name).text;
    if (find_rule(kCodeStateFields, name) == nullptr) continue;
    require_kind(JsonKind::kString, member->value, pointer_to(pointer, name),
                 expected::kStringOrNull, errors);
  }
}

void check_field(Rule rule, std::string_view value, const std::string& pointer,
                 StructuralErrors& errors) {
  switch (rule) {
    case Rule::kAgentType:
      check_agent_type(value, pointer, errors);
      break;
    case Rule::kString:
      require_kind(JsonKind::kString, value, pointer, expected::kStringOrNull, errors);
      break;
    case Rule::kArray:
      require_kind(JsonKind::kArray, value, pointer, "an array or null", errors);
      break;
    case Rule::kStringArray:
      check_string_array(value, pointer, errors);
      break;
    case Rule::kObject:
      require_kind(JsonKind::kObject, value, pointer, expected::kObjectOrNull, errors);
      break;
    case Rule::kCodeState:
      check_code_state(value, pointer, errors);
      break;
  }
}

}  // namespace

void check_agent_context(std::string_view value, std::string_view pointer,
                         StructuralErrors& errors) {
  if (json_kind(value) != JsonKind::kObject) {
    errors.add(std::string(pointer), expected::kObjectOrNull, value);
    return;
  }
  bool has_type = false;
  JsonMembers members(value);
  while (const auto member = members.next()) {
    const std::string name = decode_json_string(member->name).text;
    const FieldRule* field = find_rule(kContextFields, name);
    if (field == nullptr) continue;
    has_type |= field->rule == Rule::kAgentType;
    check_field(field->rule, member->value, pointer_to(pointer, name), errors);
  }
  if (!has_type) errors.add_missing(pointer_to(pointer, "type"), expected_agent_type());
}

}  // namespace bb::event
