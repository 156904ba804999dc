#include "server/correlation_keeper.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <utility>

#include "amqp/properties.h"
#include "base/bytes.h"
#include "base/logging.h"
#include "base/try.h"
#include "broker/history.h"
#include "client/cloud_message.h"
#include "server/elsewhere.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
using correlation::LinkDatabase;
using std::chrono::milliseconds;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Copied in one turn of the event loop, and recorded in one transaction.
constexpr std::size_t kBatchMessages = 1024;
constexpr std::size_t kBatchBytes = 1 << 20;
constexpr std::chrono::microseconds kBatchTime{1000};
// Between two looks while nothing happens.
constexpr milliseconds kIdlePause{200};
constexpr milliseconds kFailurePause{5000};
constexpr milliseconds kPrunePause{60'000};
// A bus that takes more events in a second is busy: then reading takes one part in so many.
constexpr std::uint64_t kBusyPerSecond = 5000;
constexpr int kBusyShare = 30;
constexpr milliseconds kCatchUpTime{2000};
// Bodies read in one turn.
constexpr std::size_t kBodiesPerTurn = 64;

// As an envelope or a CloudEvent in one JSON text.
std::string event_of(const broker::Message& message) {
  if (const auto properties = amqp::decode_properties(as_bytes(message.properties()))) {
    if (auto text = client::envelope_of_binary(*properties, message.body())) {
      return *std::move(text);
    }
  }
  return std::string(message.body());
}

// What is wrong with the file, and what to do.
Error explain(Error error) {
  if (error.code == ErrorCode::kCorruptData) {
    error.message +=
        "; the file and its -wal and -shm may be removed while bb serve does not run: it is made "
        "again from the history, without links by hand";
  }
  return error;
}

// Others go first: the bus above all.
void lower_priority() {
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 15);
}

}  // namespace

CorrelationKeeper::CorrelationKeeper(asio::io_context& context, broker::Broker& broker,
                                     broker::Storage& storage, Options options)
    : context_(context),
      broker_(broker),
      storage_(storage),
      options_(std::move(options)),
      timer_(context) {}

CorrelationKeeper::~CorrelationKeeper() {
  write_thread_.join();
  read_thread_.join();
}

void CorrelationKeeper::start() {
  asio::co_spawn(context_, follow(this), asio::detached);
}

void CorrelationKeeper::stop() {
  stopping_ = true;
  timer_.cancel();
}

const broker::Queue* CorrelationKeeper::history() const {
  broker::VHost* const vhost = broker_.find_vhost("/");
  if (vhost == nullptr) return nullptr;
  const broker::Queue* const queue =
      vhost->peek_queue(broker::history_name(broker_.options().events_exchange));
  return queue != nullptr && queue->is_stream() ? queue : nullptr;
}

void CorrelationKeeper::find_place(const broker::Queue& queue) {
  const broker::StreamLog& log = queue.stream_log();
  if (stream_ != queue.id()) {
    stream_ = queue.id();
    const bool known = recorded_to_ && recorded_to_->stream == queue.id();
    next_offset_ = known ? recorded_to_->next_offset : log.first_offset();
  }
  // A log that lost its end gives those offsets to others.
  if (next_offset_ > log.next_offset()) next_offset_ = log.first_offset();
  if (next_offset_ < log.first_offset()) {
    logging::warning(
        "{} events left the history before it was recorded what caused them: more than this "
        "machine keeps up with were published for too long",
        log.first_offset() - next_offset_);
    next_offset_ = log.first_offset();
  }
}

HistoryBatch CorrelationKeeper::read_batch(const broker::Queue& queue) {
  const broker::StreamLog& log = queue.stream_log();
  const broker::Position durable = storage_.durable();
  const auto end = Clock::now() + kBatchTime;
  HistoryBatch batch;
  broker::StreamLog::Cursor cursor = log.find(next_offset_);
  while (batch.size() < kBatchMessages && batch.bytes() < kBatchBytes) {
    const auto entry = log.next(cursor);
    if (!entry || entry->position > durable) break;
    next_offset_ = entry->offset + 1;
    if (entry->position == 0) continue;
    const auto message = storage_.load(entry->position, memory_);
    if (!message) {
      logging::error("message at {}: {}", entry->position, message.error().message);
      continue;
    }
    const broker::Message& read = **message;
    batch.add(entry->offset, read.published_ms(), read.properties(), read.body());
    if (batch.size() % 16 == 0 && Clock::now() >= end) break;
  }
  return batch;
}

Result<CorrelationKeeper::Recorded> CorrelationKeeper::record(const HistoryBatch& batch,
                                                              LinkDatabase::Progress progress) {
  const HistoryBatch::Contents contents = batch.read(event_reader_);
  BB_TRY(writing_->record_history(contents.links, contents.places, progress));
  return Recorded{contents.links.size()};
}

// True: there may be more at once.
asio::awaitable<bool> CorrelationKeeper::record_some() {
  const broker::Queue* const queue = history();
  if (queue == nullptr) co_return false;
  find_place(*queue);
  const std::uint64_t from = next_offset_;
  const auto began = Clock::now();
  const auto batch = std::make_shared<const HistoryBatch>(read_batch(*queue));
  const auto work = Clock::now() - began;
  if (next_offset_ == from) co_return false;
  const LinkDatabase::Progress progress{*stream_, next_offset_};
  std::function<Result<Recorded>()> job = [this, batch, progress] {
    return record(*batch, progress);
  };
  auto recorded = co_await run_elsewhere(write_thread_, std::move(job));
  if (!recorded) {
    next_offset_ = from;
    if (!std::exchange(failing_, true)) {
      logging::warning("what caused the events since is not recorded yet: {}",
                       recorded.error().message);
    }
    co_await pause(kFailurePause);
    co_return true;
  }
  if (std::exchange(failing_, false)) logging::info("what caused the events is recorded again");
  recorded_to_ = progress;
  recorded_ += recorded->links;
  co_await pause(pause_after(work));
  co_return true;
}

CorrelationKeeper::Clock::duration CorrelationKeeper::pause_after(Clock::duration work) {
  const auto now = Clock::now();
  const std::uint64_t published = broker_.counters().published;
  const std::uint64_t since = published - std::exchange(published_seen_, published);
  const auto passed = now - std::exchange(published_seen_at_, now);
  const bool busy =
      std::chrono::duration<double>(passed).count() * kBusyPerSecond < static_cast<double>(since);
  return busy && waiting_ == 0 ? work * kBusyShare : Clock::duration::zero();
}

asio::awaitable<void> CorrelationKeeper::pause(Clock::duration duration) {
  if (stopping_ || duration <= Clock::duration::zero()) co_return;
  timer_.expires_after(duration);
  co_await timer_.async_wait(kTuple);
}

asio::awaitable<void> CorrelationKeeper::prune() {
  const broker::Queue* const queue = history();
  const std::uint64_t first = queue == nullptr ? 0 : queue->stream_log().first_offset();
  std::function<Result<bool>()> job = [this, first] { return writing_->prune(first); };
  const auto more = co_await run_elsewhere(write_thread_, std::move(job));
  if (!more || !*more) prune_at_ = Clock::now() + kPrunePause;
}

Result<void> CorrelationKeeper::open_files() {
  lower_priority();
  correlation::LinkDatabaseOptions database;
  database.path = options_.path;
  database.ttl = options_.ttl;
  auto writing = LinkDatabase::open(database);
  if (!writing) return fail(explain(std::move(writing).error()));
  writing_ = *std::move(writing);
  BB_TRY_ASSIGN(reading_, LinkDatabase::open(database));
  BB_TRY_ASSIGN(recorded_to_, writing_->progress());
  return {};
}

asio::awaitable<Result<void>> CorrelationKeeper::opened() {
  asio::steady_timer look(context_);
  while (!opened_ && !stopping_) {
    look.expires_after(milliseconds(1));
    co_await look.async_wait(kTuple);
  }
  if (opened_) co_return *opened_;
  co_return fail(ErrorCode::kConnectionForced, "the broker is stopping");
}

asio::awaitable<void> CorrelationKeeper::follow(CorrelationKeeper* self) {
  std::function<Result<void>()> open = [self] { return self->open_files(); };
  self->opened_ = co_await run_elsewhere(self->write_thread_, std::move(open));
  if (!*self->opened_) {
    logging::error("it is not kept what caused which event: {}", self->opened_->error().message);
    co_return;
  }
  while (!self->stopping_) {
    if (co_await self->record_some()) continue;
    if (Clock::now() >= self->prune_at_) co_await self->prune();
    if (self->waiting_ > 0) {
      // What they wait for is not durable yet.
      co_await self->pause(milliseconds(1));
    } else {
      co_await self->pause(kIdlePause);
    }
  }
}

std::uint64_t CorrelationKeeper::missing(const broker::Queue& queue, std::uint64_t end) const {
  const bool known = recorded_to_ && recorded_to_->stream == queue.id();
  const std::uint64_t from = known ? recorded_to_->next_offset : 0;
  return end - std::min(end, std::max(from, queue.stream_log().first_offset()));
}

asio::awaitable<std::uint64_t> CorrelationKeeper::catch_up() {
  if (const auto ready = co_await opened(); !ready) co_return 0;
  const auto until = Clock::now() + kCatchUpTime;
  const broker::Queue* queue = history();
  const std::uint64_t end = queue == nullptr ? 0 : queue->stream_log().next_offset();
  ++waiting_;
  timer_.cancel();
  asio::steady_timer look(context_);
  while (queue != nullptr && missing(*queue, end) > 0 && !stopping_ && Clock::now() < until) {
    look.expires_after(milliseconds(1));
    co_await look.async_wait(kTuple);
    queue = history();
  }
  --waiting_;
  co_return queue == nullptr ? 0 : missing(*queue, end);
}

asio::awaitable<Result<correlation::Graph>> CorrelationKeeper::walk(
    Uuid event, correlation::Direction direction, correlation::WalkLimits limits) {
  if (auto ready = co_await opened(); !ready) co_return fail(std::move(ready).error());
  std::function<Result<correlation::Graph>()> job = [this, event, direction, limits] {
    return reading_->walk(event, direction, limits);
  };
  co_return co_await run_elsewhere(read_thread_, std::move(job));
}

asio::awaitable<Result<correlation::Neighbours>> CorrelationKeeper::neighbours(Uuid event) {
  if (auto ready = co_await opened(); !ready) co_return fail(std::move(ready).error());
  std::function<Result<correlation::Neighbours>()> job = [this, event] {
    return reading_->neighbours(event);
  };
  co_return co_await run_elsewhere(read_thread_, std::move(job));
}

asio::awaitable<Result<correlation::Link>> CorrelationKeeper::add(correlation::Link more) {
  if (auto ready = co_await opened(); !ready) co_return fail(std::move(ready).error());
  // What the event says itself is recorded first, or it would take the place of this.
  co_await catch_up();
  std::function<Result<correlation::Link>()> job = [this, more = std::move(more)] {
    return writing_->add(more);
  };
  co_return co_await run_elsewhere(write_thread_, std::move(job));
}

asio::awaitable<Result<std::vector<std::string>>> CorrelationKeeper::bodies(
    std::vector<Uuid> events, std::size_t bytes_max) {
  if (auto ready = co_await opened(); !ready) co_return fail(std::move(ready).error());
  using Offsets = std::unordered_map<Uuid, std::uint64_t, correlation::UuidHash>;
  std::function<Result<Offsets>()> job = [this, events] { return reading_->find_offsets(events); };
  auto offsets = co_await run_elsewhere(read_thread_, std::move(job));
  if (!offsets) co_return fail(std::move(offsets).error());
  std::vector<std::string> bodies;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i % kBodiesPerTurn == kBodiesPerTurn - 1) co_await asio::post(asio::use_awaitable);
    const broker::Queue* const queue = history();
    const auto offset = offsets->find(events[i]);
    std::string body;
    if (queue != nullptr && stream_ == queue->id() && offset != offsets->end()) {
      broker::StreamLog::Cursor cursor = queue->stream_log().find(offset->second);
      const auto entry = queue->stream_log().next(cursor);
      if (entry && entry->offset == offset->second && entry->position != 0) {
        if (const auto message = storage_.load(entry->position, memory_))
          body = event_of(**message);
      }
    }
    if (!bodies.empty() && bytes + body.size() > bytes_max) break;
    bytes += body.size();
    bodies.push_back(std::move(body));
  }
  co_return bodies;
}

CorrelationKeeper::Status CorrelationKeeper::status() const {
  Status status;
  const broker::Queue* const queue = history();
  if (queue == nullptr) return status;
  status.has_history = true;
  const std::uint64_t end = queue->stream_log().next_offset();
  status.behind = missing(*queue, end);
  status.next_offset = end - status.behind;
  status.recorded = recorded_;
  return status;
}

}  // namespace bb::server
