#include "cli/record_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "cli/display_text.h"
#include "cli/json_value.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

// RabbitMQ's insides. -o json has them.
constexpr auto kLeftOut = std::to_array<std::string_view>(
    {"garbage_collection", "backing_queue_status", "reductions", "effective_policy_definition"});

bool is_left_out(std::string_view name, const json::value& value) {
  if (std::find(kLeftOut.begin(), kLeftOut.end(), name) != kLeftOut.end()) return true;
  if (!name.ends_with("_details")) return false;
  return value.is_object() && value.get_object().contains("rate");
}

using Lines = std::vector<std::pair<std::string, std::string>>;

void add_lines(Lines& lines, const std::string& prefix, const json::object& object) {
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    const json::value& value = member.value();
    if (is_left_out(key, value)) continue;
    std::string name = prefix + std::string(key);
    if (value.is_object()) {
      add_lines(lines, name + ".", value.get_object());
      continue;
    }
    std::string text;
    if (value.is_array() && !value.get_array().empty() && value.get_array().front().is_object()) {
      text = fmt::format("{}, which -o json has", value.get_array().size());
    } else if (value.is_array()) {
      for (const json::value& element : value.get_array()) {
        text += (text.empty() ? "" : ", ") + text_of(&element);
      }
    } else {
      text = text_of(&value);
    }
    // Of a binding: what AMQP calls "".
    if (text.empty() && name == "source") text = "(default)";
    if (!text.empty()) lines.emplace_back(std::move(name), std::move(text));
  }
}

}  // namespace

std::string render_records(const json::array& records, OutputFormat format) {
  std::string out;
  for (const json::value& record : records) {
    if (format == OutputFormat::kJson) out += out.empty() ? "[\n" : ",\n";
    out += write_json(record);
    if (format == OutputFormat::kNdjson) out += '\n';
  }
  if (format == OutputFormat::kJson) out += out.empty() ? "[]\n" : "\n]\n";
  return out;
}

std::string render_record(const json::object& record, OutputFormat format) {
  if (format == OutputFormat::kJson) return write_json(record, 2) + "\n";
  if (format == OutputFormat::kNdjson) return write_json(record) + "\n";
  Lines lines;
  add_lines(lines, "", record);
  // The name first, for it is what was asked for.
  std::stable_partition(lines.begin(), lines.end(),
                        [](const auto& line) { return line.first == "name"; });
  std::size_t width = 0;
  for (auto& [name, text] : lines) {
    name = escape_controls(name);
    width = std::max(width, display_width(name));
  }
  std::string out;
  for (const auto& [name, text] : lines) {
    out += name + ":";
    out.append(width + 1 - display_width(name), ' ');
    out += escape_controls(text) + "\n";
  }
  return out;
}

}  // namespace bb::cli
