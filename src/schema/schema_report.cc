// SchemaViolation and SchemaReport as text and as JSON; what they say is in bloodbank/schema.h.
#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "bloodbank/schema.h"
#include "event/json_string.h"

namespace bb {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// Names and values come from texts that anybody may have sent: a terminal sees none of their
// control characters.
std::string shown(std::string_view text) {
  return printable(text, text.size());
}

// A half of a surrogate pair that a name escapes has no UTF-8.
std::string as_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = utf8_character_bytes(text);
    if (size == 0) {
      out += kReplacementCharacter;
      text.remove_prefix(1);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out;
}

std::string place(std::string_view name, std::size_t line, std::size_t column) {
  if (line == 0) return shown(name);
  return fmt::format("{}:{}:{}", shown(name), line, column);
}

std::string json_reason(const JsonError& error) {
  return "not JSON: " + error.reason;
}

std::string schema_reason(const Error& error) {
  return "the schema cannot be applied: " + error.message;
}

// Builds one JSON object.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  void add(std::string_view name, std::string_view value) {
    begin(name);
    event::append_json_string(out_, as_utf8(value));
  }
  void add(std::string_view name, std::size_t value) {
    begin(name);
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void add_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  void add_place(std::size_t line, std::size_t column) {
    if (line == 0) return;
    add("line", line);
    add("column", column);
  }
  // The name alone: the value follows by hand.
  void begin(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    event::append_json_string(out_, name);
    out_ += ':';
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_violation(std::string& out, const SchemaViolation& violation) {
  ObjectWriter unit(out);
  unit.add("keywordLocation", violation.keyword_location);
  unit.add_unless_empty("absoluteKeywordLocation", violation.absolute_keyword_location);
  unit.add("instanceLocation", violation.instance_pointer);
  unit.add("error", violation.message());
  unit.add_place(violation.line, violation.column);
  unit.add_unless_empty("expected", violation.expected);
  unit.add_unless_empty("found", violation.found);
  unit.add_unless_empty("suggestion", violation.suggestion);
  unit.add_unless_empty("notChecked", violation.not_checked);
  unit.end();
}

// What stands in the way of a verdict, as if the whole text were at fault: readers of the standard
// format know no other place for it.
void append_obstacle(std::string& out, std::string_view reason, std::size_t line,
                     std::size_t column) {
  ObjectWriter unit(out);
  unit.add("keywordLocation", "");
  unit.add("instanceLocation", "");
  unit.add("error", reason);
  unit.add_place(line, column);
  unit.end();
}

}  // namespace

std::string SchemaViolation::message() const {
  if (!not_checked.empty()) return "not checked: " + shown(not_checked);
  if (expected.empty()) return "found " + shown(found);
  if (found.empty()) return "expected " + shown(expected);
  return fmt::format("expected {}, but found {}", shown(expected), shown(found));
}

std::string SchemaReport::to_text(std::string_view name) const {
  std::string text;
  const auto out = std::back_inserter(text);
  if (json_error) {
    fmt::format_to(out, "{}: {}\n", place(name, json_error->line, json_error->column),
                   shown(json_reason(*json_error)));
  }
  if (schema_error && unfinished.empty()) {
    fmt::format_to(out, "{}: {}\n", shown(name), shown(schema_reason(*schema_error)));
  }
  for (const SchemaViolation& violation : violations) {
    fmt::format_to(out, "{}: ", place(name, violation.line, violation.column));
    if (!violation.instance_pointer.empty()) {
      fmt::format_to(out, "{}: ", shown(violation.instance_pointer));
    }
    fmt::format_to(out, "{}\n", violation.message());
    const auto& where = violation.absolute_keyword_location.empty()
                            ? violation.keyword_location
                            : violation.absolute_keyword_location;
    fmt::format_to(out, "  schema: {}\n", shown(where));
    if (!violation.suggestion.empty()) {
      fmt::format_to(out, "  {}\n", shown(violation.suggestion));
    }
  }
  if (left_out > 0) {
    fmt::format_to(out, "{}: {} more that {} wrong\n", shown(name), left_out,
                   left_out == 1 ? "is" : "are");
  }
  if (!unfinished.empty()) {
    fmt::format_to(out, "{}: not everything was checked: {}\n", shown(name), shown(unfinished));
  }
  return text;
}

std::string SchemaReport::to_basic_json() const {
  if (valid) return R"({"valid":true})";
  std::string text;
  ObjectWriter output(text);
  output.begin("valid");
  text += "false";
  output.begin("errors");
  text += '[';
  const auto next = [&text] {
    if (text.back() != '[') text += ',';
  };
  if (json_error) {
    next();
    append_obstacle(text, json_reason(*json_error), json_error->line, json_error->column);
  }
  if (schema_error && unfinished.empty()) {
    next();
    append_obstacle(text, schema_reason(*schema_error), 0, 0);
  }
  for (const SchemaViolation& violation : violations) {
    next();
    append_violation(text, violation);
  }
  text += ']';
  if (left_out > 0) output.add("leftOut", left_out);
  output.add_unless_empty("unfinished", unfinished);
  output.end();
  return text;
}

}  // namespace bb
