#include "cli/bulk_publish.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/try.h"
#include "cli/broker_errors.h"
#include "cli/bulk_input.h"
#include "cli/bulk_lines.h"
#include "cli/bulk_report.h"
#include "cli/bulk_spool.h"
#include "cli/bulk_window.h"
#include "cli/event_transfer_watch.h"
#include "cli/link_recording.h"
#include "cli/output.h"
#include "cli/publish_reporter.h"
#include "cli/runner.h"
#include "cli/spooled_events.h"
#include "client/channel.h"
#include "client/connection.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;

// Keeps the broker busy while it syncs many events at a time to its disk.
constexpr std::size_t kInFlightMax = 4096;
constexpr std::size_t kInFlightBytesMax = 64 << 20;
// Between two attempts to find a broker again; longer where one takes its time.
constexpr std::chrono::milliseconds kRetryPause{1000};
constexpr int kRetryPauseFactor = 10;
constexpr std::chrono::seconds kRetryPauseMax{30};
// Between two looks whether another process still publishes what waits in the spool.
constexpr std::chrono::milliseconds kSpoolPause{50};
constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kOutputBytes = 32 << 10;

// Of these the line is at fault; others end the run whatever --on-error says.
bool is_fault_of_line(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidJson:
    case ErrorCode::kInvalidEnvelope:
    case ErrorCode::kInvalidPayload:
    case ErrorCode::kNoSchema:
    case ErrorCode::kUsage:
      return true;
    default:
      return false;
  }
}

// Standard output, a few kilobytes at a time.
class BufferedOutput {
 public:
  void add(std::string_view text) {
    text_ += text;
    if (text_.size() >= kOutputBytes) flush();
  }
  void flush() {
    // Of a stream the first failed write is enough to hear of.
    if (!text_.empty() && !failed_ && print_result(text_) != kExitOk) failed_ = true;
    text_.clear();
  }
  bool failed() const { return failed_; }

 private:
  std::string text_;
  bool failed_ = false;
};

// One run. Its coroutine ends with it, or is not resumed after it.
class BulkRun {
 public:
  BulkRun(const BulkOptions& options, PublishGate& gate)
      : options_(options),
        gate_(gate),
        report_(options.dry_run ? "valid" : "published", options.quiet),
        window_([this](const PlannedEvent& event, std::size_t line,
                       Fate fate) { on_settled(event, line, fate); },
                may_spool()),
        spool_(options.spool.spool_folder, options.address.exchange,
               [this](const PlannedEvent& event) { on_spooled(event); }),
        spooling_(options.spool_all) {}

  // The error is of the connection, of the input, or of a schema.
  asio::awaitable<Result<void>> run();

  // For the runner. Of a broker that may be followed by the spool the run sees for itself that it
  // does not answer.
  const Deadline& deadline() const { return may_spool() ? no_deadline_ : deadline_; }
  BulkReport& report() { return report_; }
  BufferedOutput& output() { return output_; }
  // Before the run.
  void set_links(correlation::LinkRecorder* links) { links_ = links; }
  // Events that are neither known to be published nor in the spool.
  std::size_t unconfirmed() const { return window_.size() + spool_.pending(); }
  Result<void> flush_spool() { return spool_.flush(); }
  // Whether there was no broker at the end, where there should have been one.
  bool lost_broker() const { return spooling_ && !options_.spool_all; }
  // The event of the last line that was published or spooled; "" for none.
  const std::string& last_event() const { return last_event_; }
  // What has to be said of events that are published, before the counts.
  void print_notices() const {
    if (in_history_ > 0) print_notice(in_history_notice(in_history_, options_.address.exchange));
  }
  // Whether it had come to the broker when it failed.
  bool is_broker_error() const { return at_broker_; }

 private:
  asio::awaitable<Result<void>> publish_lines(BulkInput& input);
  asio::awaitable<Result<void>> read(BulkInput& input, LineBuffer& lines);
  asio::awaitable<Result<void>> take_line(const BulkLine& line, const std::string& source);
  asio::awaitable<Result<void>> send(PlannedEvent event, std::size_t line);
  asio::awaitable<Result<void>> publish(const PlannedEvent& event);
  asio::awaitable<Result<void>> connect();
  asio::awaitable<Result<void>> publish_spool_first();
  asio::awaitable<Result<void>> wait_for_confirms();

  bool may_spool() const { return !options_.spool.spool_folder.empty(); }
  Result<void> fall_back(Error error);
  asio::awaitable<Result<void>> look_for_broker();
  void lose_broker(std::chrono::nanoseconds pause);

  Result<PlannedEvent> plan(const BulkLine& line, const std::string& source);
  void on_confirm(const client::Confirm& confirm);
  void on_settled(const PlannedEvent& event, std::size_t line, Fate fate);
  void on_spooled(const PlannedEvent& event);
  void on_failed(std::size_t line, const Error& error) {
    report_.failed(line, error);
    stopped_ = stopped_ || !options_.skip_bad_lines;
  }
  const BulkOptions& options_;
  PublishGate& gate_;
  BulkReport report_;
  BufferedOutput output_;
  BulkWindow window_;
  BulkSpool spool_;
  Deadline deadline_;  // of what is expected of the broker
  const Deadline no_deadline_;
  std::size_t in_history_ = 0;  // events that no queue received
  std::string last_event_;
  bool stopped_ = false;                           // by a line that failed
  bool waiting_ = false;                           // for more lines
  bool at_broker_ = false;                         // what fails now is the broker's
  bool spooling_;                                  // no broker is there, or none is wanted
  std::chrono::steady_clock::time_point lost_at_;  // or not found
  std::chrono::steady_clock::time_point retry_at_;
  bool is_late_ = false;  // the broker, which is why the connection was dropped
  std::function<void()> wake_input_;
  correlation::LinkRecorder* links_ = nullptr;
  std::optional<client::Connection> connection_;
  std::optional<TransferWatch> transfer_;
  std::optional<client::Channel> channel_;
};

Result<PlannedEvent> BulkRun::plan(const BulkLine& line, const std::string& source) {
  if (line.too_long) {
    return fail(ErrorCode::kInvalidEnvelope,
                fmt::format("{}: the line is longer than {} MiB", source, kLineBytesMax >> 20));
  }
  const PlacedText text{line.text, source, line.number};
  return options_.plan.envelopes ? plan_envelope(options_.plan, text, {}, gate_)
                                 : plan_payload(options_.plan, text, gate_);
}

void BulkRun::on_confirm(const client::Confirm& confirm) {
  window_.settle(confirm.sequence, fate_of(confirm));
  // Nothing is expected of the broker while there is nothing to read.
  if (waiting_ && window_.size() == 0) {
    output_.flush();
    deadline_.move_to_never();
  } else {
    deadline_.move_to(options_.address.timeout);
  }
}

void BulkRun::on_settled(const PlannedEvent& event, std::size_t line, Fate fate) {
  if (fate == Fate::kInHistory) {
    ++in_history_;
  } else if (fate != Fate::kPublished) {
    const bool is_told = fate == Fate::kUnroutable && options_.find_near && report_.tells_next();
    const std::string near = is_told ? options_.find_near(event.event_type) : "";
    return on_failed(line, fate_error(event, fate, options_.address.exchange, near));
  }
  report_.published();
  record_link(links_, event);
  last_event_ = event.event_id;
  if (options_.print == BulkPrint::kNothing) return;
  output_.add(published_line(event, options_.address.exchange, options_.print == BulkPrint::kJson));
}

void BulkRun::on_spooled(const PlannedEvent& event) {
  report_.spooled();
  last_event_ = event.event_id;
  if (options_.print == BulkPrint::kNothing) return;
  const bool as_json = options_.print == BulkPrint::kJson;
  output_.add(published_line(event, options_.address.exchange, as_json, "spooled"));
}

// It is looked for after that pause.
void BulkRun::lose_broker(std::chrono::nanoseconds pause) {
  lost_at_ = std::chrono::steady_clock::now();
  retry_at_ = lost_at_ + pause;
  at_broker_ = false;
  is_late_ = false;
  transfer_.reset();
  channel_.reset();
  connection_.reset();
  deadline_.move_to_never();
}

// Where one is, what waits in the spool is published, and then the lines again.
asio::awaitable<Result<void>> BulkRun::look_for_broker() {
  const auto begin = std::chrono::steady_clock::now();
  if (options_.spool_all || begin < retry_at_) co_return Result<void>{};
  if (auto kept = spool_.flush(); !kept) co_return kept;
  report_.clear();
  const auto connected = co_await connect();
  if (connected) {
    spooling_ = false;
    window_.restart();
    co_return Result<void>{};
  }
  lose_broker(std::clamp<std::chrono::nanoseconds>(
      kRetryPauseFactor * (std::chrono::steady_clock::now() - begin), kRetryPause, kRetryPauseMax));
  if (is_for_spool(connected.error().code, false)) co_return Result<void>{};
  at_broker_ = true;
  co_return connected;
}

// The broker failed with `error`: the spool goes on from there, or the error stays one.
Result<void> BulkRun::fall_back(Error error) {
  if (std::exchange(is_late_, false)) error = {ErrorCode::kTimeout, "no answer in time"};
  if (!may_spool() || !is_for_spool(error.code, false)) return fail(std::move(error));
  lose_broker(kRetryPause);
  spooling_ = true;
  report_.clear();
  const std::string confirmed = fmt::format("{} events are confirmed", report_.counts().good);
  print_error(explain(std::move(error), options_.address.connector.urls, options_.address.exchange,
                      confirmed + "; the others go to the spool and will be published from there "
                                  "(bb spool status)")
                  .message);
  while (window_.size() > 0) BB_TRY(spool_.add(window_.take_front()));
  return {};
}

asio::awaitable<Result<void>> BulkRun::connect() {
  at_broker_ = true;
  deadline_.move_to(client::round_time_max(options_.address.connector));
  auto connected = co_await client::connect_to_any(options_.address.connector);
  if (!connected) co_return fail(std::move(connected).error());
  deadline_.move_to(options_.address.timeout);
  connection_.emplace(*std::move(connected));
  const auto executor = co_await asio::this_coro::executor;
  std::function<void()> on_late;
  if (may_spool()) {
    on_late = [this, executor] {
      if (!at_broker_ && window_.size() == 0) return;  // nothing is expected of it
      is_late_ = true;
      // It ends the watch as well, which is not to happen within it.
      asio::post(executor, [this] {
        if (connection_) connection_->drop();
        wake_input_();
      });
    };
  }
  transfer_.emplace(executor, *connection_, options_.address.timeout, deadline_,
                    std::move(on_late));
  transfer_->expect_all();
  if (auto first = co_await publish_spool_first(); !first) co_return first;
  auto opened = co_await connection_->open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  channel_.emplace(*std::move(opened));
  // Not waited for: if the exchange is of another kind, the channel closes with that error and the
  // next call gives it.
  client::ExchangeOptions exchange;
  exchange.no_wait = true;
  auto declared = co_await channel_->declare_exchange(options_.address.exchange, exchange);
  if (!declared) co_return declared;
  if (auto enabled = channel_->enable_confirms(); !enabled) co_return enabled;
  channel_->on_confirm([this](const client::Confirm& confirm) { on_confirm(confirm); });
  channel_->on_closed([this](const Error&) { wake_input_(); });
  at_broker_ = false;
  co_return Result<void>{};
}

// In front of the events of this run. Another process that is at it gets some time.
asio::awaitable<Result<void>> BulkRun::publish_spool_first() {
  const auto end = std::chrono::steady_clock::now() + options_.address.timeout;
  for (;;) {
    auto first =
        co_await publish_spool(*connection_, options_.spool, options_.address.timeout, deadline_);
    const bool is_busy = !first && first.error().code == ErrorCode::kResourceLocked;
    if (!is_busy || std::chrono::steady_clock::now() >= end) co_return first;
    asio::steady_timer timer(co_await asio::this_coro::executor, kSpoolPause);
    co_await timer.async_wait(asio::use_awaitable);
    deadline_.move_to(options_.address.timeout);
  }
}

// Waits for room before it.
asio::awaitable<Result<void>> BulkRun::publish(const PlannedEvent& event) {
  if (!channel_) {
    if (auto connected = co_await connect(); !connected) co_return connected;
    at_broker_ = true;
  }
  if (window_.size() >= kInFlightMax || window_.body_bytes() >= kInFlightBytesMax) {
    // Of those without an answer: there may be few, with many behind them that have one.
    auto waited = co_await channel_->wait_unconfirmed_at_most(channel_->unconfirmed_count() / 2);
    if (!waited) co_return waited;
  }
  if (auto ready = co_await channel_->writable(); !ready) co_return ready;
  const auto sent = channel_->publish(to_message(event, options_.address.exchange));
  if (!sent) co_return fail(sent.error());
  transfer_->published();
  co_return Result<void>{};
}

asio::awaitable<Result<void>> BulkRun::send(PlannedEvent event, std::size_t line) {
  if (options_.dry_run) {
    output_.add(event.body + "\n");
    report_.published();
    co_return Result<void>{};
  }
  if (spooling_) {
    auto looked = co_await look_for_broker();
    if (!looked) {
      const auto kept = spool_.add(std::move(event));
      co_return kept ? looked : kept;
    }
  }
  if (!spooling_) {
    at_broker_ = true;
    auto published = co_await publish(event);
    if (published) {
      at_broker_ = false;
      if (window_.size() == 0) deadline_.move_to(options_.address.timeout);
      window_.add(std::move(event), line);
      co_return Result<void>{};
    }
    auto fallen = fall_back(std::move(published).error());
    if (!fallen) co_return fallen;
  }
  co_return spool_.add(std::move(event));
}

asio::awaitable<Result<void>> BulkRun::take_line(const BulkLine& line, const std::string& source) {
  if (!line.too_long && is_blank(line.text)) co_return Result<void>{};
  auto event = plan(line, source);
  if (event) co_return co_await send(*std::move(event), line.number);
  if (gate_.is_unchecked()) {
    event.error().message.insert(0, "not checked: ");
  } else if (!is_fault_of_line(event.error().code)) {
    co_return fail(std::move(event).error());
  }
  on_failed(line.number, event.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> BulkRun::read(BulkInput& input, LineBuffer& lines) {
  // Lets confirms and signals come through.
  co_await asio::post(asio::use_awaitable);
  if (auto kept = spool_.flush(); !kept) co_return kept;
  if (spooling_ && input.may_wait()) {
    if (auto looked = co_await look_for_broker(); !looked) co_return looked;
  }
  asio::steady_timer next_look(co_await asio::this_coro::executor);
  if (spooling_ && !options_.spool_all) {
    next_look.expires_at(retry_at_);
    next_look.async_wait([this](const boost::system::error_code& error) {
      if (!error) wake_input_();
    });
  }
  waiting_ = input.may_wait();
  if (waiting_ && window_.size() == 0) {
    output_.flush();
    deadline_.move_to_never();
  }
  auto result = co_await input.read(lines);
  waiting_ = false;
  if (channel_ && !channel_->is_open()) {
    at_broker_ = true;
    if (auto fallen = fall_back(channel_->failure()); !fallen) co_return fallen;
  }
  // Woken for the sake of a channel that is closed, which has been seen to, or of the next look.
  if (!result && result.error().code == ErrorCode::kInterrupted) co_return Result<void>{};
  if (deadline_.is_never() && channel_) {
    deadline_.move_to(options_.address.timeout);
  }
  co_return result;
}

asio::awaitable<Result<void>> BulkRun::publish_lines(BulkInput& input) {
  LineBuffer lines(kLineBytesMax, kReadBytes);
  for (bool more = true; more && !stopped_;) {
    while (!stopped_) {
      const auto line = lines.next();
      if (!line) break;
      if (auto taken = co_await take_line(*line, input.name()); !taken) co_return taken;
      std::optional<double> share;
      if (const auto total = input.total_bytes(); total && *total > 0) {
        share = static_cast<double>(lines.consumed_bytes()) / static_cast<double>(*total);
      }
      report_.draw(share);
    }
    more = !lines.is_finished();
    if (!more || stopped_) break;
    if (auto result = co_await read(input, lines); !result) co_return result;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> BulkRun::wait_for_confirms() {
  if (spooling_) {
    // However long the pause is meant to be.
    retry_at_ = std::min(retry_at_, lost_at_ + kRetryPause);
    if (auto looked = co_await look_for_broker(); !looked) co_return looked;
  }
  if (channel_) {
    at_broker_ = true;
    auto waited = co_await channel_->wait_unconfirmed_at_most(0);
    if (waited) {
      at_broker_ = false;
      co_await connection_->close();
    } else {
      auto fallen = fall_back(std::move(waited).error());
      if (!fallen) co_return fallen;
    }
  }
  co_return spool_.flush();
}

asio::awaitable<Result<void>> BulkRun::run() {
  const auto executor = co_await asio::this_coro::executor;
  auto input = BulkInput::open(executor, *options_.plan.lines_file);
  if (!input) co_return fail(std::move(input).error());
  wake_input_ = [&input] { input->wake(); };
  Result<void> result = co_await publish_lines(*input);
  wake_input_ = [] {};
  if (!result && at_broker_) co_return result;
  // What was sent before the fault of a line, a schema or the input is still waited for.
  Result<void> confirmed = co_await wait_for_confirms();
  co_return confirmed ? result : confirmed;
}

int interrupted(BulkRun& run) {
  run.output().flush();
  run.report().clear();
  run.print_notices();
  run.report().finish("interrupted: ", run.unconfirmed());
  return kExitInterrupted;
}

}  // namespace

int publish_in_bulk(BulkOptions options, PublishGate& gate) {
  Runner runner;
  runner.catch_signals();
  LinkRecorderPtr links;
  if (options.settings != nullptr && !options.dry_run) {
    auto opened = open_link_recorder(*options.settings);
    if (!opened) return report(opened.error());
    links = *std::move(opened);
  }
  options.spool.on_spool_published = record_spool_links(links.get());
  // It goes before the runner: its connection must not outlive the event loop.
  BulkRun run(options, gate);
  run.set_links(links.get());
  Result<void> result = runner.run(run.run(), run.deadline());
  // However it ended: what is taken for the spool belongs there.
  const Result<void> kept = run.flush_spool();
  if (!kept && (result || result.error() != kept.error())) print_error(kept.error().message);
  if (options.on_last && !run.last_event().empty()) options.on_last(run.last_event());
  finish_links(links.get(), runner, result, Deadline());
  if (!result && result.error().code == ErrorCode::kInterrupted) return interrupted(run);
  run.output().flush();
  run.report().clear();
  int exit_code = run.report().exit_code();
  if (!result) {
    Error error = std::move(result).error();
    if (run.is_broker_error() || error.code == ErrorCode::kTimeout) {
      error = explain(std::move(error), options.address.connector.urls, options.address.exchange,
                      fmt::format("{} events are confirmed", run.report().counts().good));
    }
    exit_code = report(error);
    if (options.spool.spool_problem && is_for_spool(error.code, false)) {
      exit_code = report(no_spool(*options.spool.spool_problem));
    }
  } else if (exit_code == kExitOk && run.lost_broker()) {
    exit_code = error_info(ErrorCode::kUnreachable).exit_code;
  }
  run.print_notices();
  run.report().finish("", run.unconfirmed());
  if (exit_code == kExitOk && run.output().failed()) return kExitFailure;
  return exit_code;
}

}  // namespace bb::cli
