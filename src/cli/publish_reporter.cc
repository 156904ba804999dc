#include "cli/publish_reporter.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/display_text.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/terminal.h"

namespace bb::cli {

std::string published_line(const PlannedEvent& event, std::string_view exchange, bool as_json,
                           std::string_view status) {
  if (!as_json) return event.event_id + "\n";
  return fmt::format(
      "{{\"event_id\":{},\"event_type\":{},\"exchange\":{},\"routing_key\":{},\"schema\":{},"
      "\"status\":{}}}\n",
      quote_json(event.event_id), quote_json(event.event_type), quote_json(exchange),
      quote_json(event.event_type), event.schema_id.empty() ? "null" : quote_json(event.schema_id),
      quote_json(status));
}

Error fate_error(const PlannedEvent& event, Fate fate, std::string_view exchange,
                 std::string_view near) {
  if (fate == Fate::kUnroutable && !near.empty()) {
    return {
        ErrorCode::kNoRoute,
        fmt::format("no queue received '{0}': the event {1} was not kept; it nearly matches {2} "
                    "('bb route {0}' tells more)",
                    event.event_type, event.event_id, near)};
  }
  if (fate == Fate::kUnroutable) {
    return {ErrorCode::kNoRoute,
            fmt::format("no queue received '{0}': the event {1} was not kept; subscribe first "
                        "(bb subscribe '{0}'), or give its service a durable queue (--queue)",
                        event.event_type, event.event_id)};
  }
  return {ErrorCode::kNacked,
          fmt::format("the broker refused the event {} ('{}'): no subscriber gets it; "
                      "where the exchange validates events (bb serve --validate), the queue "
                      "'{}.quarantine' has it with the reason, and `bb validate --envelope` tells "
                      "what is wrong; else a queue is full, or the broker's disk: its log and "
                      "limit_refusals_total in its /metrics tell",
                      event.event_id, event.event_type, exchange)};
}

std::string in_history_notice(const PlannedEvent& event, std::string_view exchange,
                              std::string_view near) {
  return fmt::format(
      "bb: no queue received '{}': the event {} is in the history '{}.history' alone{}{}",
      event.event_type, event.event_id, exchange, near.empty() ? "" : "; it nearly matches ", near);
}

std::string in_history_notice(std::size_t events, std::string_view exchange) {
  return fmt::format(
      "bb: no queue received {} of the events: the history '{}.history' alone has "
      "them",
      events, exchange);
}

void PublishReporter::on_settled(const PlannedEvent& event, Fate fate) {
  if (fate == Fate::kUnknown) return;
  ++settled_;
  if (fate == Fate::kInHistory) {
    unrouted_.emplace_back(&event, fate);
  } else if (fate == Fate::kUnroutable) {
    unrouted_.emplace_back(&event, fate);
    if (!first_failure_) first_failure_ = ErrorCode::kNoRoute;
    return;
  } else if (fate != Fate::kPublished) {
    const Error error = fate_error(event, fate, exchange_);
    if (!first_failure_) first_failure_ = error.code;
    print_error(error.message);
    return;
  }
  ++published_;
  // Of a stream the first failed write is enough to hear of.
  if (!output_failed_ && print_result(published_line(event, exchange_, json_output_)) != kExitOk) {
    output_failed_ = true;
  }
}

void PublishReporter::tell_unrouted() {
  for (const auto& [event, fate] : std::exchange(unrouted_, {})) {
    const std::string near = find_near_(event->event_type);
    if (fate == Fate::kInHistory) {
      print_notice(escape_controls(in_history_notice(*event, exchange_, near)));
    } else {
      print_error(fate_error(*event, fate, exchange_, near).message);
    }
  }
}

void PublishReporter::on_spooled(std::span<const PlannedEvent> events) {
  std::string lines;
  for (const PlannedEvent& event : events) {
    lines += published_line(event, exchange_, json_output_, "spooled");
  }
  output_failed_ = print_result(lines) != kExitOk || output_failed_;
}

int PublishReporter::finish(const std::vector<PlannedEvent>& events) const {
  if (published_ > 0 && !json_output_ && !quiet_) print_summary(events);
  if (!first_failure_) return output_failed_ ? kExitFailure : kExitOk;
  return published_ > 0 ? kExitPartial : error_info(*first_failure_).exit_code;
}

void PublishReporter::print_summary(const std::vector<PlannedEvent>& events) const {
  const Terminal terminal = inspect_terminal(STDERR_FILENO);
  // For a person alone: in a script, silence is success.
  if (!terminal.interactive) return;
  const std::string published = paint("published", Style::kGreen, terminal.colour);
  if (events.size() != 1) {
    print_notice(
        fmt::format("{} {} of {} events to {}", published, published_, events.size(), exchange_));
    return;
  }
  const PlannedEvent& event = events.front();
  print_notice(fmt::format(
      "{} {} {} to {}, {}", published, paint(event.event_type, Style::kCyan, terminal.colour),
      event.event_id, exchange_,
      event.schema_id.empty() ? "not validated" : fmt::format("valid by {}", event.schema_id)));
}

}  // namespace bb::cli
