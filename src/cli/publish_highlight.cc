#include "cli/publish_highlight.h"

#include "cli/display_text.h"
#include "cli/terminal.h"
#include "event/json_cursor.h"

namespace bb::cli {
namespace {

class Highlighter {
 public:
  explicit Highlighter(bool colour) : colour_(colour) {}

  std::string take() && { return std::move(out_); }

  // As deep as check_json() lets a text be.
  void value(std::string_view json, std::size_t depth) {
    switch (event::json_kind(json)) {
      case event::JsonKind::kObject:
        return object(json, depth);
      case event::JsonKind::kArray:
        return array(json, depth);
      case event::JsonKind::kString:
        return painted(json, Style::kGreen);
      case event::JsonKind::kNumber:
      case event::JsonKind::kBoolean:
        return painted(json, Style::kYellow);
      case event::JsonKind::kNull:
        return painted(json, Style::kDim);
    }
  }

 private:
  void object(std::string_view json, std::size_t depth) {
    event::JsonMembers members(json);
    bool first = true;
    out_ += '{';
    while (const auto member = members.next()) {
      separate(first, depth + 1);
      painted("\"" + std::string(member->name) + "\"", Style::kCyan);
      out_ += ": ";
      value(member->value, depth + 1);
    }
    close('}', first, depth);
  }

  void array(std::string_view json, std::size_t depth) {
    event::JsonElements elements(json);
    bool first = true;
    out_ += '[';
    while (const auto element = elements.next()) {
      separate(first, depth + 1);
      value(*element, depth + 1);
    }
    close(']', first, depth);
  }

  void separate(bool& first, std::size_t depth) {
    if (!first) out_ += ',';
    first = false;
    break_line(depth);
  }
  void close(char bracket, bool empty, std::size_t depth) {
    if (!empty) break_line(depth);
    out_ += bracket;
  }
  void break_line(std::size_t depth) {
    out_ += '\n';
    out_.append(2 * depth, ' ');
  }
  void painted(std::string_view text, Style style) {
    out_ += paint(escape_controls(text), style, colour_);
  }

  bool colour_;
  std::string out_;
};

std::string indent(std::string_view json, bool colour) {
  Highlighter highlighter(colour);
  highlighter.value(event::trim_json(json), 0);
  return std::move(highlighter).take();
}

}  // namespace

std::string highlight_json(std::string_view json) {
  return indent(json, true);
}

std::string pretty_json(std::string_view json) {
  return indent(json, false);
}

}  // namespace bb::cli
