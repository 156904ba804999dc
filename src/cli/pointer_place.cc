#include "cli/pointer_place.h"

#include <cstdint>
#include <string>

#include "event/json_scanner.h"
#include "schema/json_pointer.h"

namespace bb::cli {

PointerPlace PointerPlaces::find(std::string_view pointer) const {
  if (!is_json_) return {};
  const schema::JsonView& json = reader_.view();
  schema::PointerTokens tokens(pointer);
  std::uint32_t node = 0;
  std::string buffer;
  while (const auto token = tokens.next()) {
    const auto child = schema::find_child(json, node, *token, buffer);
    if (!child) break;
    node = *child;
  }
  // Strings begin behind their quote.
  const std::size_t quote = json[node].is(schema::JsonType::kString) ? 1 : 0;
  const JsonError place = event::locate(text_, {json[node].offset - quote, ""});
  return {place.line, place.column};
}

}  // namespace bb::cli
