#include "cli/order_key.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "schema/json_document.h"
#include "schema/json_pointer.h"

namespace bb::cli {

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
