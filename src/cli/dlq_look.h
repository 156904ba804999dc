// Looking at dead letters: they stay where they are.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/dead_letter.h"
#include "cli/dlq_options.h"
#include "cli/runner.h"
#include "client/message.h"

namespace bb::cli {

// What is done with each letter.
struct LetterVisitor {
  // Whether to go on. What it puts into `output` is printed.
  std::function<Result<bool>(const DeadLetter& letter, const client::Delivery& delivery,
                             std::string& output)>
      visit;
};

struct LookReport {
  std::size_t waiting = 0;   // in all queues, as each was opened
  bool reader_gone = false;  // nobody reads standard output any more
};

// Visits the letters of one queue after the other, from the oldest. Arguments outlive the
// coroutine.
boost::asio::awaitable<Result<void>> look_at_letters(const DlqPlace& place,
                                                     const LetterVisitor& visitor,
                                                     Deadline& deadline, LookReport& report);

// Runs that with signals caught; errors are explained.
Result<LookReport> run_look(const DlqPlace& place, const LetterVisitor& visitor);

// A letter and what it came with.
struct FoundLetter {
  DeadLetter letter;
  client::Delivery delivery;
};

// The one letter that `id` means. kNotFound; kUsage where it means several, with those.
Result<FoundLetter> find_letter(const DlqPlace& place, const std::string& id);

// That no letter is meant, of so many that wait.
void say_no_letters(const DlqPlace& place, std::size_t waiting);

// `error`, met there, with what the user can do about it; `consequence` as of explain().
Error explain_letters(Error error, const DlqPlace& place, std::string_view consequence);

// The commands.
int run_dlq_list(const DlqOptions& options);
int run_dlq_show(const DlqOptions& options);
int run_dlq_export(const DlqOptions& options);

}  // namespace bb::cli
