#include "cli/dlq_change.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>

#include "amqp/constants.h"
#include "base/bytes.h"
#include "base/try.h"
#include "cli/ask.h"
#include "cli/dlq_look.h"
#include "cli/management_options.h"
#include "client/failure_headers.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using client::Delivery;

constexpr std::size_t kRefusalsTold = 10;

// One queue at work.
struct Work {
  Work(const LetterChange& what, const DlqPlace& where, Deadline& until, ChangeReport& counts,
       LetterScan& from)
      : change(what), place(where), deadline(until), report(counts), scan(from) {}

  const LetterChange& change;
  const DlqPlace& place;
  Deadline& deadline;
  ChangeReport& report;
  LetterScan& scan;
  // Published and not confirmed, by their sequence. Those of scan.batch().
  std::map<std::uint64_t, std::pair<const Delivery*, DeadLetter>> in_flight;
  std::optional<Error> failure;

  bool goes_on() const {
    return !report.interrupted && !failure && !(change.replacement && report.done > 0);
  }

  bool is_meant(const DeadLetter& letter, const Delivery& delivery) {
    if (!change.choice->chooses(letter, delivery.body)) return false;
    return !change.replacement || change.replacement->body == delivery.body;
  }

  void refuse(ErrorCode code, const std::string& message) {
    if (!report.first_refusal) report.first_refusal = code;
    if (report.refused++ < kRefusalsTold) print_error(message);
  }

  void on_confirm(const client::Confirm& confirm) {
    const auto found = in_flight.find(confirm.sequence);
    if (found == in_flight.end()) return;
    const auto [delivery, letter] = std::move(found->second);
    in_flight.erase(found);
    deadline.move_to(place.timeout);
    if (confirm.returned) {
      refuse(ErrorCode::kNoRoute,
             fmt::format("{} stays in {}: there is no queue {} any more; start its service, which "
                         "makes it, and retry",
                         letter.id, quoted_name(letter.queue), quoted_name(letter.origin)));
    } else if (confirm.nacked) {
      refuse(
          ErrorCode::kNacked,
          fmt::format("{} stays in {}: the broker refused it for the queue {}, which may be full",
                      letter.id, quoted_name(letter.queue), quoted_name(letter.origin)));
    } else if (const auto removed = scan.remove(*delivery); !removed) {
      failure = removed.error();
    } else {
      ++report.done;
    }
  }

  Result<void> publish(const DeadLetter& letter, const Delivery& delivery) {
    amqp::FieldTable table = redrive_headers(delivery, letter);
    client::OutgoingMessage message;
    message.routing_key = letter.origin;
    message.properties = delivery.properties();
    message.properties.delivery_mode = amqp::kPersistent;
    // It is not to end its life before it is handled; and a broker refuses somebody else's name.
    message.properties.expiration.reset();
    message.properties.user_id.reset();
    message.body = delivery.body;
    if (change.replacement) {
      const PlannedEvent& event = change.replacement->event;
      const client::OutgoingMessage planned = to_message(event, letter.exchange);
      message.properties.content_type = planned.properties.content_type;
      message.properties.content_encoding = planned.properties.content_encoding;
      message.properties.message_id = planned.properties.message_id;
      message.properties.correlation_id = planned.properties.correlation_id;
      message.body = event.body;
      table.set(client::kFailedRoutingKeyHeader, event.event_type);
    }
    const std::string headers = amqp::encode_table_content(table);
    message.properties.headers = as_bytes(headers);
    BB_TRY_ASSIGN(const std::uint64_t sequence, scan.channel().publish(message));
    in_flight.emplace(sequence, std::pair(&delivery, letter));
    return {};
  }

  Result<void> begin(const Delivery& delivery, const std::string& queue) {
    const DeadLetter letter = read_dead_letter(delivery, queue);
    if (!is_meant(letter, delivery)) return {};
    if (change.kind == LetterChange::Kind::kDrop) {
      BB_TRY(scan.remove(delivery));
      ++report.done;
      return {};
    }
    if (letter.origin.empty()) {
      refuse(ErrorCode::kNotFound, fmt::format("{} does not say which queue it failed in: it stays "
                                               "in {}",
                                               letter.id, quoted_name(queue)));
      return {};
    }
    return publish(letter, delivery);
  }
};

awaitable<Result<void>> change_batch(Work& work, std::string queue) {
  for (const Delivery& delivery : work.scan.batch()) {
    if (!work.goes_on()) break;
    if (auto begun = work.begin(delivery, queue); !begun) co_return begun;
    // One letter is meant.
    if (work.change.replacement && !work.in_flight.empty()) break;
    if (work.change.kind == LetterChange::Kind::kDrop) continue;
    if (auto ready = co_await work.scan.channel().writable(); !ready) co_return ready;
  }
  if (auto waited = co_await work.scan.channel().wait_unconfirmed_at_most(0); !waited) {
    co_return waited;
  }
  if (work.failure) co_return fail(*work.failure);
  co_return Result<void>{};
}

awaitable<Result<void>> change_queue(client::Connection& connection, ScannedQueue queue,
                                     const DlqPlace& place, const LetterChange& change,
                                     Deadline& deadline, ChangeReport& report) {
  const std::string name = queue.name;
  auto opened = co_await LetterScan::open(connection, std::move(queue));
  if (!opened) co_return fail(std::move(opened).error());
  LetterScan& scan = **opened;
  report.waiting += scan.total();
  // The channel is destroyed before it, and calls it no more.
  Work work(change, place, deadline, report, scan);
  scan.channel().on_confirm([&work](const client::Confirm& confirm) { work.on_confirm(confirm); });
  Result<void> result;
  while (result && work.goes_on()) {
    deadline.move_to(place.timeout);
    result = co_await scan.next();
    if (!result || scan.batch().empty()) break;
    result = co_await change_batch(work, name);
  }
  scan.channel().on_confirm({});
  if (!result) co_return result;
  deadline.move_to(place.timeout);
  co_return co_await scan.finish();
}

std::string what_is_done(const LetterChange& change, std::size_t count) {
  const std::string letters = count_of(static_cast<std::int64_t>(count), "dead letter");
  const std::string_view verb = count == 1 ? "is" : "are";
  return change.kind == LetterChange::Kind::kDrop
             ? fmt::format("{} {} dropped", letters, verb)
             : fmt::format("{} {} back in the queue of {} service", letters, verb,
                           count == 1 ? "its" : "their");
}

}  // namespace

awaitable<Result<void>> change_letters(const DlqPlace& place, const LetterChange& change,
                                       Runner& runner, Deadline& deadline, ChangeReport& report) {
  auto connected = co_await client::connect_to_any(place.connector);
  if (!connected) co_return fail(std::move(connected).error());
  client::Connection connection = *std::move(connected);
  deadline.move_to(place.timeout);
  runner.on_signal([&report] { report.interrupted = true; });
  for (const ScannedQueue& queue : place.queues) {
    if (report.interrupted || (change.replacement && report.done > 0)) break;
    ScannedQueue next = queue;
    auto changed =
        co_await change_queue(connection, std::move(next), place, change, deadline, report);
    // It was there when the broker was asked for the queues.
    const bool gone = !changed && changed.error().code == ErrorCode::kNotFound && !place.is_named &&
                      connection.is_open();
    if (!changed && !gone) co_return changed;
  }
  co_await connection.close();
  co_return Result<void>{};
}

int run_change(const DlqPlace& place, const LetterChange& change) {
  ChangeReport report;
  Deadline deadline = Deadline::in(client::round_time_max(place.connector));
  Runner runner;
  runner.catch_signals();
  auto done = place.queues.empty()
                  ? Result<void>{}
                  : runner.run(change_letters(place, change, runner, deadline, report), deadline);
  const std::string what = what_is_done(change, report.done);
  if (!done) {
    const int exit_code = cli::report(
        explain_letters(std::move(done).error(), place, what + ", the others stay where they are"));
    return report.done > 0 && exit_code != kExitInterrupted ? kExitPartial : exit_code;
  }
  if (report.done == 0 && report.refused == 0 && !report.interrupted) {
    if (change.letter_id) {
      return cli::report({ErrorCode::kNotFound,
                          fmt::format("the dead letter {} is no longer there: somebody else has it",
                                      *change.letter_id)});
    }
    say_no_letters(place, report.waiting);
    return kExitOk;
  }
  if (report.refused > kRefusalsTold) {
    print_error(fmt::format("and {} more", report.refused - kRefusalsTold));
  }
  print_done(report.interrupted ? what + ", the others stay where they are" : what);
  if (report.interrupted) return kExitInterrupted;
  if (report.refused == 0) return kExitOk;
  return report.done > 0 ? kExitPartial : error_info(*report.first_refusal).exit_code;
}

namespace {

// Narrows `place` and `choice` to the one letter that is meant.
Result<FoundLetter> narrow(DlqPlace& place, LetterChoice& choice, const std::string& id) {
  BB_TRY_ASSIGN(FoundLetter found, find_letter(place, id));
  std::erase_if(place.queues,
                [&](const ScannedQueue& queue) { return queue.name != found.letter.queue; });
  choice.only_id(found.letter.id);
  return found;
}

Result<std::size_t> count_letters(const DlqPlace& place, LetterChoice& choice) {
  std::size_t count = 0;
  LetterVisitor visitor;
  visitor.visit = [&](const DeadLetter& letter, const Delivery& delivery,
                      std::string&) -> Result<bool> {
    if (choice.chooses(letter, delivery.body)) ++count;
    return true;
  };
  BB_TRY_ASSIGN(const LookReport report, run_look(place, visitor));
  if (count == 0) say_no_letters(place, report.waiting);
  return count;
}

// The number of letters that may be dropped; 0: there are none.
Result<std::size_t> ask_for_drop(const DlqOptions& options, DlqPlace& place, LetterChange& change) {
  LetterChoice& choice = *change.choice;
  if (!options.yes && !can_ask()) BB_TRY(confirm("Drop dead letters for good?", false));
  if (options.id) {
    BB_TRY_ASSIGN(const FoundLetter found, narrow(place, choice, *options.id));
    change.letter_id = found.letter.id;
    BB_TRY(confirm(fmt::format("Drop the dead letter {} ({}) in {} for good?", found.letter.id,
                               found.letter.is_event ? found.letter.event_type : "no event",
                               quoted_name(found.letter.queue)),
                   options.yes));
    return 1;
  }
  if (options.yes) return 1;
  BB_TRY_ASSIGN(const std::size_t count, count_letters(place, choice));
  if (count == 0) return 0;
  const std::string queues = place.queues.size() == 1
                                 ? fmt::format("in {}", quoted_name(place.queues.front().name))
                                 : fmt::format("in {} queues", place.queues.size());
  BB_TRY(confirm(fmt::format("Drop {} {} for good?",
                             count_of(static_cast<std::int64_t>(count), "dead letter"), queues),
                 options.yes));
  return count;
}

Result<int> retry(const DlqOptions& options) {
  BB_TRY(check_one_choice(options));
  BB_TRY_ASSIGN(DlqPlace place, find_dlq_place(options));
  LetterChoice choice = LetterChoice::of(options);
  LetterChange change;
  if (options.id) {
    BB_TRY_ASSIGN(const FoundLetter found, narrow(place, choice, *options.id));
    change.letter_id = found.letter.id;
  }
  change.choice = &choice;
  return run_change(place, change);
}

Result<int> drop(const DlqOptions& options) {
  BB_TRY(check_one_choice(options));
  BB_TRY_ASSIGN(DlqPlace place, find_dlq_place(options));
  LetterChoice choice = LetterChoice::of(options);
  LetterChange change;
  change.kind = LetterChange::Kind::kDrop;
  change.choice = &choice;
  BB_TRY_ASSIGN(const std::size_t count, ask_for_drop(options, place, change));
  if (count == 0) return kExitOk;
  return run_change(place, change);
}

}  // namespace

int run_dlq_retry(const DlqOptions& options) {
  const auto done = retry(options);
  return done ? *done : report(done.error());
}

int run_dlq_drop(const DlqOptions& options) {
  const auto done = drop(options);
  return done ? *done : report(done.error());
}

}  // namespace bb::cli
