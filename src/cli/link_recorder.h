// Records in Redis what caused the events that were published, beside the publishing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "cli/planned_event.h"
#include "cli/runner.h"
#include "cli/settings.h"

namespace bb::cli {

// Nothing here makes publishing wait or fail. Links go to Redis in the background, in batches while
// there are many; those that cannot get there are kept, up to a bound, and tried again. On one
// executor.
class LinkRecorder {
 public:
  struct Report {
    std::size_t recorded = 0;
    std::size_t missing = 0;           // links that are not recorded
    std::optional<std::string> first;  // of these, as the command that records it
    std::string reason;                // why
  };

  // nullptr where CORRELATION_TRACKING is off or no REDIS_HOST is set. kUsage for wrong settings.
  // The executor outlives the recorder.
  static Result<std::unique_ptr<LinkRecorder>> open(const boost::asio::any_io_executor& executor,
                                                    const Settings& settings);
  ~LinkRecorder();

  // There will be links: connects.
  void expect();
  // The event was published. One without parents has no link.
  void published(const PlannedEvent& event);
  // The same of a message's body.
  void published(std::string_view body);
  // Until all that can be recorded is, but not longer than a second in which Redis takes nothing,
  // nor than ten seconds; not if Redis was away all the time.
  boost::asio::awaitable<Result<void>> finish();

  Report report() const;

 private:
  struct State;
  explicit LinkRecorder(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void add(const Uuid& child, std::vector<Uuid> parents);
  static boost::asio::awaitable<void> run(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

// finish(), within `deadline` too, and one warning for all links that are not recorded then.
// `recorder` may be nullptr. `before` is what the last run of `runner` gave: after one that was
// abandoned there is the warning alone.
void finish_links(LinkRecorder* recorder, Runner& runner, const Result<void>& before,
                  const Deadline& deadline);

}  // namespace bb::cli
