// What takes dead letters out of their queue: back to where they failed, or for good.
//
// A letter that goes back is published first, and leaves its queue once the broker has confirmed
// that the other one has it: whatever is killed in between, it is in one of them, or in both.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "bloodbank/result.h"
#include "cli/dlq_options.h"
#include "cli/planned_event.h"
#include "cli/runner.h"

namespace bb::cli {

struct LetterChange {
  enum class Kind { kRetry, kDrop };
  // What one letter, and no other, is to be from now on.
  struct Replacement {
    std::string body;  // it has now; another letter is left alone
    PlannedEvent event;
  };

  Kind kind = Kind::kRetry;
  LetterChoice* choice = nullptr;
  std::optional<std::string> letter_id;    // of the one that is meant: an error if it is not there
  std::optional<Replacement> replacement;  // of kRetry
};

struct ChangeReport {
  std::size_t waiting = 0;  // in all queues, as each was opened
  std::size_t done = 0;
  std::size_t refused = 0;  // these stay where they are
  std::optional<ErrorCode> first_refusal;
  bool interrupted = false;
};

// Changes the chosen letters of one queue after the other, from the oldest; letters that arrive
// meanwhile are left alone. With the first signal it brings to its end what is under way, and
// stops. `report` counts also when it fails. Arguments outlive the coroutine.
boost::asio::awaitable<Result<void>> change_letters(const DlqPlace& place,
                                                    const LetterChange& change, Runner& runner,
                                                    Deadline& deadline, ChangeReport& report);

// Runs that, tells what became of it, and gives the exit code.
int run_change(const DlqPlace& place, const LetterChange& change);

// The commands.
int run_dlq_retry(const DlqOptions& options);
int run_dlq_drop(const DlqOptions& options);
int run_dlq_edit(const DlqOptions& options);

}  // namespace bb::cli
