#include "cli/dlq_look.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/try.h"
#include "cli/async_output.h"
#include "cli/broker_errors.h"
#include "cli/management_options.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

// That an ID may mean before it is given up.
constexpr std::size_t kCandidatesMax = 5;

awaitable<Result<bool>> print_output(AsyncOutput& output, std::string& text, Deadline& deadline,
                                     std::chrono::milliseconds timeout, LookReport& report) {
  if (text.empty()) co_return true;
  // A pager may take as long as it likes.
  deadline.move_to_never();
  const auto written = co_await output.write(text);
  deadline.move_to(timeout);
  text.clear();
  if (!written) co_return fail(written.error());
  report.reader_gone = *written == Written::kReaderGone;
  co_return !report.reader_gone;
}

awaitable<Result<bool>> look_at_queue(client::Connection& connection, ScannedQueue queue,
                                      const LetterVisitor& visitor, AsyncOutput& output,
                                      Deadline& deadline, std::chrono::milliseconds timeout,
                                      LookReport& report) {
  const std::string name = queue.name;
  auto opened = co_await LetterScan::open(connection, std::move(queue));
  if (!opened) co_return fail(std::move(opened).error());
  LetterScan& scan = **opened;
  report.waiting += scan.total();
  bool goes_on = true;
  std::string text;
  while (goes_on) {
    deadline.move_to(timeout);
    if (auto got = co_await scan.next(); !got) co_return fail(std::move(got).error());
    if (scan.batch().empty()) break;
    for (const client::Delivery& delivery : scan.batch()) {
      const auto visited = visitor.visit(read_dead_letter(delivery, name), delivery, text);
      if (!visited) co_return fail(visited.error());
      goes_on = *visited;
      if (!goes_on) break;
    }
    const auto printed = co_await print_output(output, text, deadline, timeout, report);
    if (!printed) co_return fail(printed.error());
    goes_on = goes_on && *printed;
  }
  deadline.move_to(timeout);
  if (auto finished = co_await scan.finish(); !finished) co_return fail(finished.error());
  co_return goes_on;
}

}  // namespace

awaitable<Result<void>> look_at_letters(const DlqPlace& place, const LetterVisitor& visitor,
                                        Deadline& deadline, LookReport& report) {
  const auto executor = co_await asio::this_coro::executor;
  AsyncOutput output(executor, STDOUT_FILENO);
  auto connected = co_await client::connect_to_any(place.connector);
  if (!connected) co_return fail(std::move(connected).error());
  client::Connection connection = *std::move(connected);
  deadline.move_to(place.timeout);
  for (const ScannedQueue& queue : place.queues) {
    ScannedQueue next = queue;
    const auto looked = co_await look_at_queue(connection, std::move(next), visitor, output,
                                               deadline, place.timeout, report);
    // It was there when the broker was asked for the queues.
    const bool gone = !looked && looked.error().code == ErrorCode::kNotFound && !place.is_named &&
                      connection.is_open();
    if (gone) continue;
    if (!looked) co_return fail(looked.error());
    if (!*looked) break;
  }
  co_await connection.close();
  co_return Result<void>{};
}

Result<LookReport> run_look(const DlqPlace& place, const LetterVisitor& visitor) {
  LookReport report;
  if (place.queues.empty()) return report;
  Deadline deadline = Deadline::in(client::round_time_max(place.connector));
  Runner runner;
  runner.catch_signals();
  auto done = runner.run(look_at_letters(place, visitor, deadline, report), deadline);
  if (!done) return fail(explain_letters(std::move(done).error(), place, ""));
  return report;
}

Result<FoundLetter> find_letter(const DlqPlace& place, const std::string& id) {
  std::vector<FoundLetter> found;
  LetterVisitor visitor;
  visitor.visit = [&](const DeadLetter& letter, const client::Delivery& delivery,
                      std::string&) -> Result<bool> {
    if (!means_letter(id, letter.id)) return true;
    const bool is_known = std::ranges::any_of(found, [&](const FoundLetter& other) {
      return other.letter.id == letter.id && other.letter.queue == letter.queue;
    });
    if (!is_known) found.push_back({letter, delivery});
    return found.size() < kCandidatesMax;
  };
  BB_TRY_ASSIGN(const LookReport report, run_look(place, visitor));
  if (found.empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no dead letter {}{}", quoted_name(id),
                            report.waiting == 0 ? ", nor any other"
                                                : fmt::format(", of {}; 'bb dlq list' shows them",
                                                              report.waiting)));
  }
  if (found.size() == 1) return std::move(found.front());
  std::string candidates;
  for (const FoundLetter& each : found) {
    candidates += fmt::format("{}{} in {}", candidates.empty() ? "" : ", ", each.letter.id,
                              quoted_name(each.letter.queue));
  }
  return fail(ErrorCode::kUsage,
              fmt::format("{} may be {}{}: give more of it, or --queue", quoted_name(id),
                          candidates, found.size() == kCandidatesMax ? ", ..." : ""));
}

void say_no_letters(const DlqPlace& place, std::size_t waiting) {
  if (waiting > 0) {
    print_done(fmt::format("no dead letters like that, of {}", waiting));
  } else if (place.is_named) {
    print_done(fmt::format("no dead letters in {}", quoted_name(place.queues.front().name)));
  } else if (place.queues.empty()) {
    print_done("no dead letters: no queue has a name that ends in .dlq");
  } else {
    print_done(fmt::format("no dead letters in {}", count_of(std::ssize(place.queues), "queue")));
  }
}

Error explain_letters(Error error, const DlqPlace& place, std::string_view consequence) {
  if (error.code == ErrorCode::kNotFound && place.is_named && error.message.contains("no queue")) {
    return {error.code,
            fmt::format("there is no queue {}: a service makes it when it starts; 'bb dlq list' "
                        "without --service and --queue looks at all there are",
                        quoted_name(place.queues.front().name))};
  }
  return explain(std::move(error), place.connector.urls, "", consequence);
}

}  // namespace bb::cli
