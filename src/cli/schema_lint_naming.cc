#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/schema_lint.h"
#include "cli/schema_places.h"
#include "schema/repository_document.h"
#include "schema/repository_names.h"
#include "schema/repository_source.h"

namespace bb::cli {
namespace {

using schema::find_member;
using schema::JsonType;
using schema::JsonView;
using schema::text_at;

// [a-z][a-z0-9_]*
bool is_snake_case(std::string_view word) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !word.empty() && is_letter(word.front()) &&
         std::all_of(word.begin(), word.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_plain_event_type(std::string_view text) {
  std::size_t words = 0;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_snake_case(text.substr(0, dot))) return false;
    ++words;
    if (dot == std::string_view::npos) return words >= 2;
    text.remove_prefix(dot + 1);
  }
}

class NamingCheck {
 public:
  NamingCheck(const JsonView& document, std::string_view path,
              const std::function<void(std::uint32_t, std::string)>& add)
      : document_(document), path_(path), add_(add) {}

  void run() {
    const std::string_view folder = schema::file_name_of(schema::folder_of(path_));
    const bool is_event = folder == "events" || folder == "commands";
    check_id();
    if (is_event) check_event();
    for (const std::string_view keyword : {"title", "description"}) {
      if (text_at(document_, member(keyword)).empty()) {
        add_(0, fmt::format("\"{}\" is missing", keyword));
      }
    }
    if (is_event || !holds_only_definitions()) check_examples();
    check_names();
  }

 private:
  std::optional<std::uint32_t> member(std::string_view name) const {
    return find_member(document_, 0, name);
  }

  void check_id() {
    const std::string expected = fmt::format("{}{}", schema::kSchemaUriPrefix, path_);
    const auto id = member("$id");
    if (!id) {
      add_(0, fmt::format("\"$id\" is missing: it is \"{}\" here", expected));
    } else if (text_at(document_, id) != expected) {
      add_(*id, fmt::format("\"$id\" is not that of the file's place, \"{}\"", expected));
    }
  }

  void check_event() {
    const auto name = schema::parse_versioned_name(schema::file_name_of(path_));
    if (!name) {
      add_(0, "the file is not named \"<event type>.v<N>.schema.json\"");
    } else if (!is_plain_event_type(name->stem)) {
      add_(0, fmt::format("the file's name begins with no event type: \"{}\"", name->stem));
    } else if (const std::string_view component = schema::component_of(name->stem);
               schema::file_name_of(schema::folder_of(schema::folder_of(path_))) != component) {
      add_(0, fmt::format("schemas of \"{}\" belong in the folder \"{}\"", name->stem, component));
    }
    check_annotations(name ? name->stem : std::string_view());
  }

  void check_annotations(std::string_view event_type) {
    const auto annotations = member("x-bloodbank");
    const auto declared = annotations ? find_member(document_, *annotations, "event_type")
                                      : std::optional<std::uint32_t>();
    if (!declared) {
      add_(0, "\"x-bloodbank\" with \"event_type\" is missing");
      return;
    }
    if (!event_type.empty() && text_at(document_, declared) != event_type) {
      add_(*declared,
           fmt::format("\"x-bloodbank.event_type\" is not that of the file's name, \"{}\"",
                       event_type));
    }
    const auto kind = find_member(document_, *annotations, "kind");
    const std::string kind_text = text_at(document_, kind);
    if (kind_text != "event" && kind_text != "command") {
      add_(kind.value_or(*annotations),
           "\"x-bloodbank.kind\" is neither \"event\" nor \"command\"");
    }
  }

  // Nothing but definitions for others: there is no value that it could be an example of.
  bool holds_only_definitions() const {
    return member("$defs") && !member("type") && !member("properties") && !member("allOf") &&
           !member("anyOf") && !member("oneOf") && !member("$ref");
  }

  void check_examples() {
    const auto examples = member("examples");
    if (!examples || !document_[*examples].is(JsonType::kArray) || document_[*examples].size == 0) {
      add_(examples.value_or(0), "\"examples\" is missing or empty");
    }
  }

  void check_names() {
    for (const SchemaName& name : find_schema_places(document_).names) {
      if (is_snake_case(name.text)) continue;
      add_(name.node, fmt::format("\"{}\" in \"{}\" is not snake_case", name.text, name.keyword));
    }
  }

  const JsonView& document_;
  std::string_view path_;
  const std::function<void(std::uint32_t, std::string)>& add_;
};

}  // namespace

void check_schema_naming(const JsonView& document, std::string_view path,
                         const std::function<void(std::uint32_t, std::string)>& add) {
  if (!document[0].is(JsonType::kObject)) return;
  NamingCheck(document, path, add).run();
}

}  // namespace bb::cli
