#include "broker/json_table.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <type_traits>
#include <variant>

#include "amqp/constants.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

namespace json = boost::json;

json::value value_to_json(const amqp::FieldValue& field) {
  return std::visit(
      [](const auto& value) -> json::value {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, bool>) {
          return value;
        } else if constexpr (std::is_integral_v<T>) {
          if constexpr (std::is_signed_v<T>) {
            return std::int64_t{value};
          } else {
            return std::uint64_t{value};
          }
        } else if constexpr (std::is_floating_point_v<T>) {
          return double{value};
        } else if constexpr (std::is_same_v<T, amqp::Decimal>) {
          return value.value / std::pow(10.0, value.scale);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return json::string(value);
        } else if constexpr (std::is_same_v<T, amqp::FieldBytes>) {
          return json::string(value.value);
        } else if constexpr (std::is_same_v<T, amqp::FieldTimestamp>) {
          return value.seconds;
        } else if constexpr (std::is_same_v<T, amqp::FieldArray>) {
          json::array array;
          for (const amqp::FieldValue& element : value) array.push_back(value_to_json(element));
          return array;
        } else {
          return to_json(value);
        }
      },
      field.value);
}

amqp::FieldTable build(const json::object& object);

amqp::FieldValue value_from_json(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return {};
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64();
    case json::kind::uint64:
      return value.get_uint64();
    case json::kind::double_:
      return value.get_double();
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::array: {
      amqp::FieldArray array;
      for (const json::value& element : value.get_array()) {
        array.push_back(value_from_json(element));
      }
      return array;
    }
    case json::kind::object:
      return build(value.get_object());
  }
  return {};
}

amqp::FieldTable build(const json::object& object) {
  amqp::FieldTable table;
  for (const auto& member : object) {
    table.append(std::string(member.key()), value_from_json(member.value()));
  }
  return table;
}

bool names_fit(const json::value& value) {
  if (const json::array* const array = value.if_array()) {
    return std::ranges::all_of(*array, names_fit);
  }
  const json::object* const object = value.if_object();
  return object == nullptr || std::ranges::all_of(*object, [](const json::key_value_pair& member) {
           return member.key().size() <= amqp::kShortStringMaxBytes && names_fit(member.value());
         });
}

}  // namespace

json::object to_json(const amqp::FieldTable& table) {
  json::object object;
  for (const auto& [name, value] : table.entries()) {
    if (!object.contains(name)) object.emplace(name, value_to_json(value));
  }
  return object;
}

Result<amqp::FieldTable> table_from_json(const json::object& object) {
  const bool fits = std::ranges::all_of(object, [](const json::key_value_pair& member) {
    return member.key().size() <= amqp::kShortStringMaxBytes && names_fit(member.value());
  });
  if (!fits) {
    return fail(ErrorCode::kPreconditionFailed, "the name of a field is longer than 255 bytes");
  }
  amqp::FieldTable table = build(object);
  if (const auto checked = amqp::check_table(as_bytes(amqp::encode_table_content(table)));
      !checked) {
    return fail(ErrorCode::kPreconditionFailed, checked.error().message);
  }
  return table;
}

}  // namespace bb::broker
