#include "server/spool_intake.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "amqp/properties.h"
#include "base/logging.h"
#include "broker/vhost.h"
#include "client/spool.h"
#include "client/spool_place.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
using client::Spool;
using client::SpoolDrain;
using client::SpoolEntry;
using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::milliseconds kDurablePoll{2};
constexpr std::chrono::milliseconds kAlarmPoll{100};
// A storage that takes longer has failed.
constexpr std::chrono::seconds kDurableMax{30};
// After damage, which somebody has to look at.
constexpr std::chrono::seconds kRetryPause{60};

// What the broker made of an entry.
struct Verdict {
  std::uint64_t number;
  std::string refusal;  // empty: it has it
};

struct Published {
  std::vector<Verdict> verdicts;
  broker::Position position = 0;  // all are safe once the storage is durable up to here
  bool storage_failed = false;
};

// Publishes one as `bb publish` would, its exchange declared.
Result<broker::PublishOutcome> publish(broker::VHost& vhost, const SpoolEntry& entry) {
  if (!entry.exchange.empty() && !vhost.has_exchange(entry.exchange)) {
    auto declared = vhost.declare_exchange(
        entry.exchange, {.type = broker::ExchangeType::kTopic, .durable = true, .arguments = {}});
    if (!declared) return fail(std::move(declared).error());
  }
  const auto decoded = amqp::decode_properties(as_bytes(entry.encoded_properties));
  if (!decoded) return fail(decoded.error());
  return vhost.publish({.exchange = entry.exchange,
                        .routing_key = entry.routing_key,
                        .properties = entry.encoded_properties,
                        .body = entry.body,
                        .decoded = *decoded});
}

Published publish_all(broker::VHost& vhost, const std::vector<SpoolEntry>& entries) {
  Published published;
  for (const SpoolEntry& entry : entries) {
    Verdict verdict{.number = entry.number, .refusal = {}};
    const auto outcome = publish(vhost, entry);
    if (!outcome) {
      verdict.refusal = outcome.error().message;
    } else if (outcome->storage_failed) {
      published.storage_failed = true;
      return published;
    } else if (outcome->refused) {
      verdict.refusal = "the broker refused it";
    } else if (!outcome->routed && !outcome->in_history && entry.mandatory) {
      verdict.refusal = "no queue received it";
    }
    if (outcome) published.position = std::max(published.position, outcome->position);
    published.verdicts.push_back(std::move(verdict));
  }
  return published;
}

Result<void> settle(SpoolDrain& drain, const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) {
    auto settled = verdict.refusal.empty() ? drain.done(verdict.number)
                                           : drain.set_aside(verdict.number, verdict.refusal);
    if (!settled) return settled;
  }
  return {};
}

}  // namespace

// One spool being emptied: shared by the coroutine and its owner, either of which may go first.
struct SpoolIntake::Run {
  Run(const asio::any_io_executor& on, broker::Broker& into, const broker::Storage& kept_by,
      std::string folder, std::string vhost)
      : executor(on),
        broker(into),
        storage(kept_by),
        path(std::move(folder)),
        vhost_name(std::move(vhost)),
        timer(on) {}

  static asio::awaitable<void> go(std::shared_ptr<Run> self);
  static asio::awaitable<Result<void>> empty(std::shared_ptr<Run> self, SpoolDrain& drain);
  asio::awaitable<void> blocking(std::function<void()> work);
  asio::awaitable<void> sleep(Clock::duration duration);
  asio::awaitable<bool> durable(broker::Position position);

  asio::any_io_executor executor;
  broker::Broker& broker;
  const broker::Storage& storage;
  const std::string path;
  const std::string vhost_name;
  asio::steady_timer timer;
  asio::thread_pool* pool = nullptr;  // the owner's; it waits for what runs there
  bool work_done = false;
  bool stopped = false;
  bool over = false;
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  std::optional<Clock::time_point> retry_at;  // set where somebody has to look at it first
};

asio::awaitable<void> SpoolIntake::Run::blocking(std::function<void()> work) {
  work_done = false;
  asio::post(*pool, [this, work = std::move(work)] {
    work();
    asio::post(executor, [this] {
      work_done = true;
      timer.cancel();
    });
  });
  while (!work_done) {
    timer.expires_at(Clock::time_point::max());
    co_await timer.async_wait(kTuple);
  }
}

asio::awaitable<void> SpoolIntake::Run::sleep(Clock::duration duration) {
  timer.expires_after(duration);
  co_await timer.async_wait(kTuple);
}

// False where it does not become that.
asio::awaitable<bool> SpoolIntake::Run::durable(broker::Position position) {
  const auto give_up = Clock::now() + kDurableMax;
  while (storage.durable() < position) {
    if (stopped || Clock::now() > give_up) co_return false;
    co_await sleep(kDurablePoll);
  }
  co_return true;
}

asio::awaitable<Result<void>> SpoolIntake::Run::empty(std::shared_ptr<Run> self,
                                                      SpoolDrain& drain) {
  while (!self->stopped) {
    if (self->broker.memory_alarm() || self->broker.disk_alarm()) {
      co_await self->sleep(kAlarmPoll);
      continue;
    }
    Result<std::vector<SpoolEntry>> batch;
    std::function<void()> read = [&] { batch = drain.next_batch(); };
    co_await self->blocking(std::move(read));
    if (!batch) co_return fail(std::move(batch).error());
    broker::VHost* const vhost = self->broker.find_vhost(self->vhost_name);
    if (batch->empty() || vhost == nullptr || self->stopped) break;
    const Published published = publish_all(*vhost, *batch);
    const bool safe = co_await self->durable(published.position);
    if (!safe) co_return fail(ErrorCode::kIo, "the broker could not keep the events");
    Result<void> settled;
    std::function<void()> forget = [&] { settled = settle(drain, published.verdicts); };
    co_await self->blocking(std::move(forget));
    if (!settled) co_return settled;
    for (const Verdict& verdict : published.verdicts) {
      ++(verdict.refusal.empty() ? self->taken : self->refused);
    }
    if (published.storage_failed) break;
  }
  co_return Result<void>{};
}

asio::awaitable<void> SpoolIntake::Run::go(std::shared_ptr<Run> self) {
  std::optional<SpoolDrain> drain;
  Result<void> result;
  std::function<void()> open = [&] {
    auto spool = Spool::open(self->path, client::SpoolOptions{});
    auto begun =
        spool ? spool->try_begin_drain() : Result<std::optional<SpoolDrain>>(fail(spool.error()));
    if (!begun) {
      result = fail(begun.error());
    } else if (*begun) {
      drain.emplace(**std::move(begun));
    }
  };
  co_await self->blocking(std::move(open));
  if (drain) {
    result = co_await empty(self, *drain);
    std::function<void()> close = [&] {
      auto closed = drain->close();
      if (result) result = std::move(closed);
    };
    co_await self->blocking(std::move(close));
  }
  if (self->taken > 0) {
    logging::info("{} events that waited in the spool {} are published", self->taken, self->path);
  }
  if (self->refused > 0) {
    logging::warning("{} events of the spool {} were refused: bb spool list --refused",
                     self->refused, self->path);
  }
  if (!result && !self->stopped) {
    logging::warning("spool: {}", result.error().message);
    self->retry_at = Clock::now() + kRetryPause;
  }
  self->over = true;
}

SpoolIntake::SpoolIntake(asio::any_io_executor executor, broker::Broker& broker,
                         const broker::Storage& storage)
    : executor_(std::move(executor)), broker_(broker), storage_(storage) {}

SpoolIntake::~SpoolIntake() {
  stop();
  if (pool_) pool_->join();
}

void SpoolIntake::start(std::string data_dir, std::uint16_t port) {
  data_dir_ = std::move(data_dir);
  port_ = port;
}

void SpoolIntake::tick() {
  if (running_) {
    if (!running_->over) return;
    if (running_->retry_at && Clock::now() < *running_->retry_at) return;
    running_.reset();
    pool_.reset();
  }
  struct stat status{};
  if (data_dir_.empty() || ::stat(client::spools_folder(data_dir_).c_str(), &status) != 0) return;
  for (const auto& [name, vhost] : broker_.vhosts()) {
    std::string path = client::spool_path(data_dir_, "localhost", port_, name);
    if (Spool::is_empty(path)) continue;
    running_ = std::make_shared<Run>(executor_, broker_, storage_, std::move(path), name);
    pool_ = std::make_unique<asio::thread_pool>(1);
    running_->pool = pool_.get();
    asio::co_spawn(executor_, Run::go(running_), asio::detached);
    return;
  }
}

void SpoolIntake::stop() {
  data_dir_.clear();
  if (!running_ || running_->over) return;
  running_->stopped = true;
  running_->timer.cancel();
}

}  // namespace bb::server
