#include "cli/json_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <cmath>
#include <iterator>

#include "cli/display_text.h"
#include "cli/json_text.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 128;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

void break_line(std::string& out, std::size_t indent, std::size_t depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(indent * depth, ' ');
}

void append(std::string& out, const json::value& value, std::size_t indent, std::size_t depth) {
  if (const json::string* const text = value.if_string()) {
    out += escape_controls(quote_json(view(*text)));
  } else if (const json::array* const array = value.if_array()) {
    out += '[';
    for (const json::value& element : *array) {
      if (&element != array->data()) out += ',';
      break_line(out, indent, depth + 1);
      append(out, element, indent, depth + 1);
    }
    if (!array->empty()) break_line(out, indent, depth);
    out += ']';
  } else if (const json::object* const object = value.if_object()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!std::exchange(first, false)) out += ',';
      break_line(out, indent, depth + 1);
      out += escape_controls(quote_json({member.key().data(), member.key().size()}));
      out += indent == 0 ? ":" : ": ";
      append(out, member.value(), indent, depth + 1);
    }
    if (!object->empty()) break_line(out, indent, depth);
    out += '}';
  } else if (const std::int64_t* const number = value.if_int64()) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const std::uint64_t* const large = value.if_uint64()) {
    fmt::format_to(std::back_inserter(out), "{}", *large);
  } else if (const double* const real = value.if_double()) {
    std::string digits = std::isfinite(*real) ? fmt::format("{}", *real) : "null";
    // A number with a point comes back as one: AMQP tells 1.0 from 1.
    if (digits.find_first_not_of("-0123456789") == std::string::npos) digits += ".0";
    out += digits;
  } else if (const bool* const truth = value.if_bool()) {
    out += *truth ? "true" : "false";
  } else {
    out += "null";
  }
}

}  // namespace

Result<json::value> parse_json_value(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  options.allow_invalid_utf8 = true;
  try {
    json::parser parser({}, options);
    boost::system::error_code error;
    const std::size_t parsed = parser.write_some(text.data(), text.size(), error);
    const std::string_view rest = text.substr(std::min(parsed, text.size()));
    if (!error && rest.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return parser.release();
    }
    const auto line = 1 + std::count(text.begin(), text.end() - std::ssize(rest), '\n');
    return fail(ErrorCode::kInvalidJson,
                fmt::format("line {}: {}", line,
                            error == json::error::incomplete ? "it ends before the JSON value does"
                            : error                          ? error.message()
                                                             : "something follows the JSON value"));
  } catch (const std::exception& exception) {
    return fail(ErrorCode::kInvalidJson, exception.what());
  }
}

std::string write_json(const json::value& value, std::size_t indent) {
  std::string out;
  append(out, value, indent, 0);
  return out;
}

const json::value* find_member(const json::object& object, std::string_view path) {
  const json::object* level = &object;
  for (;;) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const json::value* const value = level->if_contains({path.data(), dot});
    if (value == nullptr || dot == path.size()) return value;
    level = value->if_object();
    if (level == nullptr) return nullptr;
    path.remove_prefix(dot + 1);
  }
}

std::string text_of(const json::value* value) {
  if (value == nullptr || value->is_null()) return "";
  if (const json::string* const text = value->if_string()) return std::string(view(*text));
  return write_json(*value);
}

std::string text_at(const json::object& object, std::string_view path) {
  return text_of(find_member(object, path));
}

std::int64_t number_at(const json::object& object, std::string_view path) {
  const json::value* const value = find_member(object, path);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

}  // namespace bb::cli
