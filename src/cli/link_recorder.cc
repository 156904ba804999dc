#include "cli/link_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <utility>
#include <vector>

#include "base/try.h"
#include "cli/output.h"
#include "cli/redis_settings.h"
#include "correlation/event_reader.h"
#include "correlation/redis_link_store.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using correlation::Link;
using std::chrono::milliseconds;

constexpr std::size_t kBatch = 4096;
constexpr std::size_t kWaitingMax = 200'000;
constexpr milliseconds kRetryPause{100};
constexpr milliseconds kFinishTime{1000};
constexpr milliseconds kFinishTimeMax{10'000};

std::string link_command_of(const Link& link) {
  std::string command = "bb link " + link.child.to_string();
  for (const Uuid& parent : link.parents) command += " " + parent.to_string();
  return command;
}

// The server is away, or the connection to it: it may come back.
bool may_pass(ErrorCode code) {
  return code == ErrorCode::kUnreachable || code == ErrorCode::kTimeout ||
         code == ErrorCode::kClosed || code == ErrorCode::kResourceError;
}

}  // namespace

struct LinkRecorder::State {
  State(const asio::any_io_executor& of, const RedisAddress& address, std::chrono::seconds ttl)
      : client(std::make_shared<redis::Client>(of, redis_options(address))),
        store(client, ttl),
        timer(of),
        executor(of) {}

  void give_up(const Link& link) {
    ++report.missing;
    if (!report.first) report.first = link_command_of(link);
  }
  bool over() const {
    return finishing && (std::chrono::steady_clock::now() >= finish_at || !was_there);
  }

  std::shared_ptr<redis::Client> client;
  correlation::RedisLinkStore store;
  asio::steady_timer timer;
  asio::any_io_executor executor;
  correlation::EventReader reader;
  std::deque<Link> waiting;
  Report report;
  bool running = false;
  bool was_there = false;  // Redis answered once
  bool refused = false;    // for good: a wrong password
  bool finishing = false;
  std::chrono::steady_clock::time_point finish_at{};
};

Result<std::unique_ptr<LinkRecorder>> LinkRecorder::open(const asio::any_io_executor& executor,
                                                         const Settings& settings) {
  BB_TRY_ASSIGN(const bool wanted, settings.correlation_tracking(std::nullopt));
  BB_TRY_ASSIGN(const std::optional<RedisAddress> address, settings.redis());
  BB_TRY_ASSIGN(const std::chrono::seconds ttl, settings.correlation_ttl());
  if (!wanted || !address) return nullptr;
  return std::unique_ptr<LinkRecorder>(
      new LinkRecorder(std::make_shared<State>(executor, *address, ttl)));
}

LinkRecorder::~LinkRecorder() {
  state_->client->close();
  state_->timer.cancel();
}

void LinkRecorder::expect() {
  if (std::exchange(state_->running, true)) return;
  asio::co_spawn(state_->executor, run(state_), asio::detached);
}

void LinkRecorder::published(const PlannedEvent& event) {
  if (event.parents.empty()) return;
  if (const auto child = Uuid::parse(event.event_id)) add(*child, event.parents);
}

void LinkRecorder::published(std::string_view body) {
  auto event = state_->reader.read(body);
  if (event && !event->parents.empty()) add(event->id, std::move(event->parents));
}

void LinkRecorder::add(const Uuid& child, std::vector<Uuid> parents) {
  Link link(child, std::move(parents), Timestamp(std::chrono::system_clock::now()));
  if (state_->refused || state_->waiting.size() >= kWaitingMax) return state_->give_up(link);
  state_->waiting.push_back(std::move(link));
  expect();
}

// Until there is nothing to do; the first time it makes the connection.
asio::awaitable<void> LinkRecorder::run(std::shared_ptr<State> state) {
  if (!state->was_there) {
    redis::Command ping{"PING"};
    auto answer = co_await state->client->command(std::move(ping));
    if (answer) state->was_there = true;
  }
  while (!state->waiting.empty() && !state->refused) {
    const std::size_t count = std::min(kBatch, state->waiting.size());
    const auto end = state->waiting.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Link> batch(state->waiting.begin(), end);
    auto recorded = co_await state->store.record(std::move(batch));
    if (!recorded) {
      state->report.reason = recorded.error().message;
      if (may_pass(recorded.error().code)) {
        if (state->over()) break;
        state->timer.expires_after(kRetryPause);
        co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (state->over()) break;
        continue;
      }
      state->refused = recorded.error().code == ErrorCode::kAccessRefused;
      // Of the others it is not known which ones the server took.
      for (std::size_t i = 0; i < count; ++i) state->give_up(state->waiting[i]);
    } else {
      state->was_there = true;
      state->report.recorded += count;
      state->finish_at = std::chrono::steady_clock::now() + kFinishTime;
    }
    state->waiting.erase(state->waiting.begin(),
                         state->waiting.begin() + static_cast<std::ptrdiff_t>(count));
  }
  state->running = false;
}

asio::awaitable<Result<void>> LinkRecorder::finish() {
  const std::shared_ptr<State> state = state_;
  state->finishing = true;
  state->finish_at = std::chrono::steady_clock::now() + kFinishTime;
  asio::steady_timer look(state->executor);
  while (state->running && std::chrono::steady_clock::now() < state->finish_at) {
    look.expires_after(milliseconds(1));
    co_await look.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return Result<void>{};
}

LinkRecorder::Report LinkRecorder::report() const {
  Report report = state_->report;
  report.missing += state_->waiting.size();
  if (!report.first && !state_->waiting.empty()) {
    report.first = link_command_of(state_->waiting.front());
  }
  if (report.missing > 0 && report.reason.empty()) report.reason = "Redis did not answer in time";
  return report;
}

void finish_links(LinkRecorder* recorder, Runner& runner, const Result<void>& before,
                  const Deadline& deadline) {
  if (recorder == nullptr) return;
  const bool abandoned = !before && (before.error().code == ErrorCode::kTimeout ||
                                     before.error().code == ErrorCode::kInterrupted);
  if (!abandoned) {
    Deadline until = Deadline::in(kFinishTimeMax);
    until.at = std::min(until.at, deadline.latest);
    (void)runner.run(recorder->finish(), until);
  }
  const LinkRecorder::Report report = recorder->report();
  if (report.missing == 0) return;
  print_warning(fmt::format(
      "it is not recorded what caused {}: {}; {}",
      report.missing == 1 ? "the event" : fmt::format("{} of the events", report.missing),
      report.reason,
      report.missing == 1 ? fmt::format("later: {}", report.first.value_or("bb link"))
                          : fmt::format("later, for each: {}", report.first.value_or("bb link"))));
}

}  // namespace bb::cli
