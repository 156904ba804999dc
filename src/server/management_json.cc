#include "server/management_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/json_table.h"

namespace bb::server {

namespace json = boost::json;

std::unexpected<Error> no_such(const broker::VHost& vhost, std::string_view kind,
                               std::string_view name) {
  return fail(ErrorCode::kNotFound,
              fmt::format("no {} '{}' in vhost '{}'", kind, name, vhost.name()));
}

std::string_view exchange_name(std::string_view name) {
  return name == "amq.default" ? std::string_view() : name;
}

Result<amqp::FieldTable> arguments_of(const json::object& body) {
  const json::value* const arguments = body.if_contains("arguments");
  if (arguments == nullptr) return amqp::FieldTable{};
  if (!arguments->is_object()) {
    return fail(ErrorCode::kPreconditionFailed, "'arguments' has to be an object");
  }
  return broker::table_from_json(arguments->get_object());
}

json::array sorted_by_name(json::array list) {
  const auto name_of = [](const json::value& value) {
    const json::object& object = value.get_object();
    return std::pair(std::string_view(object.at("vhost").get_string()),
                     std::string_view(object.at("name").get_string()));
  };
  std::sort(list.begin(), list.end(),
            [&](const json::value& a, const json::value& b) { return name_of(a) < name_of(b); });
  return list;
}

Result<void> check_forwarding(const ManagementCall& call, const broker::VHost& vhost,
                              broker::ResourceKind kind, std::string_view name,
                              const amqp::FieldTable& arguments, std::string_view argument) {
  const amqp::FieldValue* const value = arguments.find(argument);
  const std::string* const exchange = value == nullptr ? nullptr : value->as_string();
  if (exchange == nullptr) return {};
  BB_TRY(call.check(broker::Access::kRead, vhost, kind, name));
  return call.check(broker::Access::kWrite, vhost, broker::ResourceKind::kExchange, *exchange);
}

}  // namespace bb::server
