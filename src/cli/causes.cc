#include "cli/causes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/display_text.h"
#include "cli/input.h"
#include "cli/json_stream.h"
#include "cli/last_event.h"
#include "event/json_cursor.h"

namespace bb::cli {
namespace {

constexpr std::size_t kIdsBytesMax = 16 << 20;
constexpr std::string_view kSpace = " \t\r\n";

std::unexpected<Error> no_id(std::string_view text) {
  return fail(
      ErrorCode::kUsage,
      fmt::format("-c -: '{}' on standard input is no event id, and no JSON object that has "
                  "one",
                  shorten(escape_controls(text.substr(0, 200)), 60)));
}

Result<Uuid> id_of_object(std::string_view text) {
  if (!check_json(text) || event::json_kind(text) != event::JsonKind::kObject) return no_id(text);
  event::JsonMembers members(text);
  while (const auto member = members.next()) {
    if (member->name != "event_id" || event::json_kind(member->value) != event::JsonKind::kString) {
      continue;
    }
    if (const auto id = Uuid::parse(event::string_text(member->value))) return *id;
  }
  return no_id(text);
}

template <class Kind>
bool has(const std::vector<Cause>& causes) {
  return std::ranges::any_of(
      causes, [](const Cause& cause) { return std::holds_alternative<Kind>(cause); });
}

}  // namespace

Result<Cause> parse_cause(const std::string& text) {
  if (text == "@last") return LastEvent{};
  if (text == "-") return StandardInput{};
  BB_TRY_ASSIGN(const Uuid id, Uuid::parse(text));
  return id;
}

bool needs_standard_input(const std::vector<Cause>& causes) {
  return has<StandardInput>(causes);
}

bool needs_last_event(const std::vector<Cause>& causes) {
  return has<LastEvent>(causes);
}

Result<std::vector<Uuid>> read_ids(const std::string& text) {
  std::vector<Uuid> ids;
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first != std::string::npos && text[first] == '{') {
    for (const StreamValue& value : split_json_stream(text)) {
      BB_TRY_ASSIGN(const Uuid id, id_of_object(value.text));
      ids.push_back(id);
    }
    return ids;
  }
  for (std::size_t at = first; at < text.size(); at = text.find_first_not_of(kSpace, at)) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    const std::string_view word = std::string_view(text).substr(at, end - at);
    const auto id = Uuid::parse(word);
    if (!id) return no_id(word);
    ids.push_back(*id);
    at = end;
  }
  if (ids.empty()) {
    return fail(ErrorCode::kUsage, "-c -: there is no event id on standard input");
  }
  return ids;
}

Result<std::vector<Uuid>> resolve_causes(const std::vector<Cause>& causes,
                                         const std::string& data_dir) {
  std::vector<Uuid> events;
  const auto add = [&events](const Uuid& event) {
    if (std::ranges::find(events, event) == events.end()) events.push_back(event);
  };
  for (const Cause& cause : causes) {
    if (const Uuid* const given = std::get_if<Uuid>(&cause)) {
      add(*given);
    } else if (std::holds_alternative<LastEvent>(cause)) {
      BB_TRY_ASSIGN(const Uuid last, read_last_event(data_dir));
      add(last);
    } else {
      BB_TRY_ASSIGN(const Input input, read_input("-", kIdsBytesMax));
      BB_TRY_ASSIGN(const std::vector<Uuid> ids, read_ids(input.text));
      for (const Uuid& id : ids) add(id);
    }
  }
  return events;
}

}  // namespace bb::cli
