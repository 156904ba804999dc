#include "cli/link_recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/try.h"
#include "cli/output.h"
#include "redis/client_options.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using correlation::LinkRecorder;
using std::chrono::milliseconds;

constexpr milliseconds kFinishTimeMax{10'000};
constexpr milliseconds kLook{1};

asio::awaitable<Result<void>> finish(LinkRecorder& recorder) {
  recorder.begin_finish();
  asio::steady_timer look(co_await asio::this_coro::executor);
  while (!recorder.is_finished()) {
    look.expires_after(kLook);
    co_await look.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return Result<void>{};
}

}  // namespace

Result<LinkRecorderPtr> open_link_recorder(const Settings& settings) {
  BB_TRY_ASSIGN(const bool wanted, settings.correlation_tracking(std::nullopt));
  BB_TRY_ASSIGN(const std::optional<RedisConfig> address, settings.redis());
  BB_TRY_ASSIGN(const std::chrono::seconds ttl, settings.correlation_ttl());
  if (!wanted || !address) return nullptr;
  correlation::LinkRecorderOptions options;
  options.redis = redis::client_options(*address);
  options.ttl = ttl;
  return std::make_unique<LinkRecorder>(std::move(options));
}

void record_link(LinkRecorder* recorder, const PlannedEvent& event) {
  if (recorder == nullptr || event.parents.empty()) return;
  if (const auto id = Uuid::parse(event.event_id)) recorder->published(*id, event.parents);
}

std::function<void(const client::SpoolEntry&)> record_spool_links(LinkRecorder* recorder) {
  if (recorder == nullptr) return {};
  return [recorder](const client::SpoolEntry& entry) { recorder->published(entry); };
}

void finish_links(LinkRecorder* recorder, Runner& runner, const Result<void>& before,
                  const Deadline& deadline) {
  if (recorder == nullptr) return;
  const bool abandoned = !before && (before.error().code == ErrorCode::kTimeout ||
                                     before.error().code == ErrorCode::kInterrupted);
  if (!abandoned) {
    Deadline until = Deadline::in(kFinishTimeMax);
    until.at = std::min(until.at, deadline.latest);
    (void)runner.run(finish(*recorder), until);
  }
  const correlation::UnrecordedLinks missing = recorder->unrecorded();
  if (missing.count == 0) return;
  print_warning(
      missing.count == 1
          ? fmt::format("it is not recorded what caused the event: {}; later: {}", missing.reason,
                        missing.first_command())
          : fmt::format("it is not recorded what caused {} of the events: {}; later, for each: {}",
                        missing.count, missing.reason, missing.first_command()));
}

}  // namespace bb::cli
