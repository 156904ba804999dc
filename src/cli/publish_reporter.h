// What `bb publish` says of events whose fate is known.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "cli/event_publisher.h"
#include "cli/planned_event.h"

namespace bb::cli {

// One line for standard output, line break included: the id alone, or as JSON all that there is to
// know.
std::string published_line(const PlannedEvent& event, std::string_view exchange, bool as_json,
                           std::string_view status = "published");

// Why an event that the broker answered for was not published. `fate` is kUnroutable or kRefused;
// `near` are the bindings that an unroutable one nearly matches, as near_bindings_text() has them.
Error fate_error(const PlannedEvent& event, Fate fate, std::string_view exchange,
                 std::string_view near = "");

// What is said of an event that the history alone keeps, and of several.
std::string in_history_notice(const PlannedEvent& event, std::string_view exchange,
                              std::string_view near = "");
std::string in_history_notice(std::size_t events, std::string_view exchange);

// Prints what became of each event, and remembers it for the exit code.
class PublishReporter {
 public:
  // The bindings that an event type nearly matches, as near_bindings_text() has them.
  using FindNear = std::function<std::string(const std::string& event_type)>;

  // `quiet` keeps the summary for a person from being printed. `find_near` may block: it is asked
  // when the events are settled.
  PublishReporter(bool json_output, bool quiet, std::string exchange, FindNear find_near)
      : json_output_(json_output),
        quiet_(quiet),
        exchange_(std::move(exchange)),
        find_near_(std::move(find_near)) {}

  // `event` outlives the reporter.
  void on_settled(const PlannedEvent& event, Fate fate);

  // They are in the spool.
  void on_spooled(std::span<const PlannedEvent> events);

  std::size_t published() const { return published_; }
  // The first ones; the others have no answer.
  std::size_t settled() const { return settled_; }

  // What was put off about the events that no queue received. At the end of every run.
  void tell_unrouted();

  // Of a run whose connection did not fail: the notice for a person, and the exit code.
  int finish(const std::vector<PlannedEvent>& events) const;

 private:
  void print_summary(const std::vector<PlannedEvent>& events) const;

  bool json_output_;
  bool quiet_;
  std::string exchange_;
  FindNear find_near_;
  std::vector<std::pair<const PlannedEvent*, Fate>> unrouted_;
  std::size_t published_ = 0;
  std::size_t settled_ = 0;
  std::optional<ErrorCode> first_failure_;
  bool output_failed_ = false;
};

}  // namespace bb::cli
