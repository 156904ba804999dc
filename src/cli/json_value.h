// Reading and writing JSON values that a broker's management API gave.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// kInvalidJson with the line where it stops being JSON. Bytes in strings need not be UTF-8: brokers
// take names of any bytes.
Result<boost::json::value> parse_json_value(std::string_view text);

// `value` as JSON text, its members in their order; on one line for an `indent` of 0, else with
// that many spaces for each level. What could drive a terminal is escaped; bytes that are not
// UTF-8 become U+FFFD.
std::string write_json(const boost::json::value& value, std::size_t indent = 0);

// The member at `path`, names with dots between: "client_properties.product". nullptr where there
// is none.
const boost::json::value* find_member(const boost::json::object& object, std::string_view path);

// A value as a cell of a table or in a sentence: strings without their quotes, "" for null and
// nullptr, compact JSON for what has members. Not escaped.
std::string text_of(const boost::json::value* value);

// text_of() the member at `path`.
std::string text_at(const boost::json::object& object, std::string_view path);

// The member at `path` as a whole number; 0 where there is none.
std::int64_t number_at(const boost::json::object& object, std::string_view path);

}  // namespace bb::cli
