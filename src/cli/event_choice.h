// Which of the events that came are wanted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "filter/filter.h"

namespace bb::cli {

// Each condition that is set has to hold.
struct EventChoiceOptions {
  std::vector<std::string> patterns = {};  // one of them matches the routing key; empty: any key
  std::vector<std::string> ignored = {};   // none of them does
  std::optional<filter::Filter> where = {};
  // Of the event's own time; a message without one is wanted.
  std::optional<Timestamp> not_before = {};
  std::optional<Timestamp> before = {};
};

// Not thread-safe: one for each thread.
class EventChoice {
 public:
  explicit EventChoice(EventChoiceOptions options) : options_(std::move(options)) {}

  // Errors: those of `where`, which cannot be asked of what is no JSON.
  Result<bool> wants(std::string_view routing_key, std::string_view body);

 private:
  bool is_in_time(std::string_view body) const;

  EventChoiceOptions options_;
  filter::FilterScratch scratch_;
};

}  // namespace bb::cli
