#include "cli/order_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/try.h"
#include "cli/display_text.h"
#include "event/envelope_fields.h"
#include "schema/json_document.h"
#include "schema/json_pointer.h"
#include "schema/nearest_name.h"

namespace bb::cli {
namespace {

bool is_field(std::string_view name) {
  return std::ranges::find(event::kEnvelopeFieldNames, name) != event::kEnvelopeFieldNames.end() ||
         std::ranges::find(event::kLegacyFieldNames, name) != event::kLegacyFieldNames.end() ||
         name == event::kLegacyCorrelationId;
}

Result<void> check_first_name(const std::string& name) {
  if (is_field(name)) return {};
  const auto meant = schema::nearest_name(name, event::kEnvelopeFieldNames);
  return fail(ErrorCode::kUsage,
              fmt::format("an event has no field '{0}'{1}; a field of its payload is payload.{0}",
                          escape_controls(name),
                          meant ? fmt::format(" (did you mean '{}'?)", *meant) : ""));
}

}  // namespace

Result<std::function<std::string(const client::Delivery&)>> order_key(std::string_view path) {
  std::vector<std::string> names;
  for (std::string_view rest = path;;) {
    const std::size_t dot = rest.find('.');
    names.emplace_back(rest.substr(0, dot));
    if (names.back().empty()) {
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is no field of an event; source.app and payload.session_id are "
                              "examples of some",
                              path));
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  BB_TRY(check_first_name(names.front()));
  const auto reader = std::make_shared<schema::JsonReader>();
  return [names = std::move(names), reader](const client::Delivery& delivery) -> std::string {
    if (!reader->read(delivery.body)) return {};
    const schema::JsonView& json = reader->view();
    std::uint32_t node = 0;
    for (const std::string& name : names) {
      const auto member = schema::find_member(json, node, name);
      if (!member) return {};
      node = *member;
    }
    return std::string(json.source(node));
  };
}

}  // namespace bb::cli
