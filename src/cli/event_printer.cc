#include "cli/event_printer.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>

#include "cli/display_text.h"
#include "cli/json_text.h"

namespace bb::cli {
namespace {

// The second line of an event stands below its type.
constexpr std::string_view kIndent = "             ";
constexpr std::size_t kDefaultWidth = 80;  // of a terminal that does not say

std::string undecodable(const ReceivedMessage& message) {
  const bool is_text = is_valid_utf8(message.body);
  return fmt::format("{{\"undecodable\":{{\"routing_key\":{},\"content_type\":{},\"{}\":{}}}}}",
                     quote_json(message.routing_key),
                     message.content_type ? quote_json(*message.content_type) : "null",
                     is_text ? "body" : "body_base64",
                     quote_json(is_text ? std::string(message.body) : encode_base64(message.body)));
}

std::string source_name(const Source& source) {
  return source.app && !source.app->empty() ? *source.app : source.host;
}

}  // namespace

std::string short_id(const Uuid& id) {
  return id.to_string().substr(28);
}

std::string format_local_time(Timestamp time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t since_epoch = std::chrono::system_clock::to_time_t(seconds);
  std::tm local{};
  if (::localtime_r(&since_epoch, &local) == nullptr) return "??:??:??.???";
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     (milliseconds - seconds).count());
}

EventPrinter::EventPrinter(OutputFormat format, Terminal terminal)
    : format_(format), terminal_(terminal) {}

Rendered EventPrinter::render(const ReceivedMessage& message) {
  const auto envelope = parse_any_envelope(message.body);
  const Envelope* const event = envelope ? &*envelope : nullptr;
  Rendered rendered;
  if (!envelope) {
    rendered.notice = fmt::format("a message with routing key '{}' is no event: {}",
                                  message.routing_key, envelope.error().to_error().message);
  }
  rendered.output =
      format_ == OutputFormat::kText ? render_text(message, event) : render_json(message, event);
  return rendered;
}

std::string EventPrinter::finish() {
  if (format_ != OutputFormat::kJson) return "";
  return first_ ? "[]\n" : "\n]\n";
}

std::string EventPrinter::render_text(const ReceivedMessage& message,
                                      const Envelope* envelope) const {
  const bool colour = terminal_.colour;
  std::string head;
  std::string body;
  if (envelope == nullptr) {
    head =
        fmt::format("{} {}  {}",
                    paint(format_local_time(std::chrono::system_clock::now()), Style::kDim, colour),
                    paint(escape_controls(message.routing_key), Style::kCyan, colour),
                    paint("not an event", Style::kRed, colour));
    body = escape_controls(message.body);
  } else {
    std::string ids = short_id(envelope->event_id);
    if (!envelope->correlation_ids.empty()) {
      ids += fmt::format(" <- {}", short_id(envelope->correlation_ids.front()));
    }
    head = fmt::format(
        "{} {}  {}  {}", paint(format_local_time(envelope->timestamp), Style::kDim, colour),
        paint(escape_controls(envelope->event_type), Style::kCyan, colour),
        escape_controls(source_name(envelope->source)), paint(ids, Style::kDim, colour));
    body = escape_controls(minify_json(envelope->payload));
  }
  return join_lines(head, body);
}

std::string EventPrinter::join_lines(std::string_view head, std::string_view body) const {
  if (!terminal_.interactive) return fmt::format("{}  {}\n", head, body);
  const std::size_t width = terminal_.width.value_or(kDefaultWidth);
  const std::size_t room = width > kIndent.size() ? width - kIndent.size() : width;
  return fmt::format("{}\n{}{}\n", head, kIndent, shorten(body, room));
}

std::string EventPrinter::render_json(const ReceivedMessage& message, const Envelope* envelope) {
  std::string line;
  if (envelope == nullptr) {
    line = undecodable(message);
  } else if (parse_envelope(message.body)) {
    line = minify_json(message.body);
  } else {
    line = minify_json(serialize(*envelope));
  }
  // Within JSON, the escape of a character is the character.
  if (terminal_.interactive) line = escape_controls(line);
  if (format_ == OutputFormat::kNdjson) return line + "\n";
  const std::string_view separator = first_ ? "[\n" : ",\n";
  first_ = false;
  return fmt::format("{}{}", separator, line);
}

}  // namespace bb::cli
