#include "correlation/link_recorder.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "client/cloud_message.h"
#include "correlation/event_reader.h"
#include "correlation/redis_link_store.h"

namespace bb::correlation {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kBatch = 4096;
// Fewer than these wait a little for more to come: each batch costs both sides a wake-up.
constexpr std::size_t kFew = 1024;
constexpr milliseconds kGatherPause{5};
constexpr milliseconds kRetryPause{100};
constexpr milliseconds kFinishTime{1000};
constexpr std::chrono::seconds kTellPause{10};

// The server is away, or the connection to it: it may come back.
bool may_pass(ErrorCode code) {
  return code == ErrorCode::kUnreachable || code == ErrorCode::kTimeout ||
         code == ErrorCode::kClosed || code == ErrorCode::kResourceError;
}

}  // namespace

std::string UnrecordedLinks::first_command() const {
  std::string command = "bb link";
  if (!first) return command;
  command += " " + first->child.to_string();
  for (const Uuid& parent : first->parents) command += " " + parent.to_string();
  return command;
}

class LinkRecorder::Work {
 public:
  explicit Work(LinkRecorderOptions options)
      : options_(std::move(options)),
        client_(std::make_shared<redis::Client>(context_.get_executor(), options_.redis)),
        store_(client_, options_.ttl),
        timer_(context_) {}

  ~Work() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

  void expect() {
    const std::lock_guard lock(mutex_);
    start();
  }

  void add(Link link) {
    {
      const std::lock_guard lock(mutex_);
      if (!refused_ && waiting_.size() + in_flight_.size() < options_.waiting_max) {
        waiting_.push_back(std::move(link));
        return start();
      }
      give_up(link);
    }
    tell();
  }

  void add_body(std::string_view body) {
    std::optional<SeenEvent> event;
    {
      const std::lock_guard lock(reader_mutex_);
      event = reader_.read(body);
    }
    if (!event || event->parents.empty()) return;
    add(Link(event->id, std::move(event->parents), Timestamp(std::chrono::system_clock::now())));
  }

  void begin_finish() {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    finish_at_ = Clock::now() + kFinishTime;
    if (running_) asio::post(context_, [this] { timer_.cancel(); });
  }

  bool is_finished() const {
    const std::lock_guard lock(mutex_);
    return !running_ || Clock::now() >= finish_at_;
  }

  UnrecordedLinks unrecorded() const {
    const std::lock_guard lock(mutex_);
    UnrecordedLinks all = given_up_;
    all.count += in_flight_.size() + waiting_.size();
    if (!all.first && !in_flight_.empty()) all.first = in_flight_.front();
    if (!all.first && !waiting_.empty()) all.first = waiting_.front();
    if (all.count > 0) all.reason = reason();
    return all;
  }

 private:
  // With the lock held, as the next ones.
  void start() {
    if (std::exchange(running_, true)) return;
    asio::co_spawn(context_, run(), asio::detached);
    if (!thread_.joinable()) {
      thread_ = std::thread([this] {
        const auto guard = asio::make_work_guard(context_);
        context_.run();
      });
    }
  }
  void give_up(const Link& link) {
    ++given_up_.count;
    if (!given_up_.first) given_up_.first = link;
  }
  // Without the lock.
  void tell() {
    UnrecordedLinks missing;
    {
      const std::lock_guard lock(mutex_);
      const auto now = Clock::now();
      if (!options_.on_given_up || given_up_.count == 0 || now < tell_at_) return;
      tell_at_ = now + kTellPause;
      missing = std::exchange(given_up_, {});
      missing.reason = reason();
    }
    options_.on_given_up(missing);
  }
  // With it.
  std::string reason() const { return why_.empty() ? "Redis did not answer in time" : why_; }
  bool is_over() const {
    return stopping_ || (finishing_ && (Clock::now() >= finish_at_ || !was_there_));
  }

  // On the thread. Whether there is something to be recorded.
  bool take_batch() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty() || refused_ || stopping_) {
      running_ = false;
      return false;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(kBatch, waiting_.size()));
    in_flight_.assign(std::make_move_iterator(waiting_.begin()),
                      std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    return true;
  }
  enum class Next : std::uint8_t { kGoOn, kGather, kRetry, kStop };
  Next after(const Result<void>& recorded) {
    const std::lock_guard lock(mutex_);
    if (recorded) {
      was_there_ = true;
      finish_at_ = Clock::now() + kFinishTime;
      in_flight_.clear();
      return waiting_.size() < kFew && !finishing_ ? Next::kGather : Next::kGoOn;
    }
    why_ = recorded.error().message;
    if (may_pass(recorded.error().code)) {
      if (!is_over()) return Next::kRetry;
      running_ = false;
      return Next::kStop;
    }
    refused_ = recorded.error().code == ErrorCode::kAccessRefused;
    // It is not known which ones the server took.
    for (const Link& link : in_flight_) give_up(link);
    in_flight_.clear();
    if (refused_) {
      for (const Link& link : std::exchange(waiting_, {})) give_up(link);
    }
    return Next::kGoOn;
  }

  // Until there is nothing to do; the first time it makes the connection.
  asio::awaitable<void> run() {
    if (!was_there_) {
      redis::Command ping{"PING"};
      const auto answer = co_await client_->command(std::move(ping));
      const std::lock_guard lock(mutex_);
      if (answer) was_there_ = true;
    }
    while (take_batch()) {
      for (;;) {
        // A copy: they may have to be told of.
        std::vector<Link> batch = in_flight_;
        const auto recorded = co_await store_.record(std::move(batch));
        const Next next = after(recorded);
        if (!recorded) tell();
        if (next == Next::kStop) co_return;
        if (next == Next::kGather || next == Next::kRetry) {
          timer_.expires_after(next == Next::kGather ? kGatherPause : kRetryPause);
          co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        if (next != Next::kRetry) break;
      }
    }
  }

  const LinkRecorderOptions options_;
  asio::io_context context_{1};
  std::shared_ptr<redis::Client> client_;  // on the thread, as the next two
  RedisLinkStore store_;
  asio::steady_timer timer_;

  std::mutex reader_mutex_;
  EventReader reader_;

  mutable std::mutex mutex_;
  std::deque<Link> waiting_;
  std::vector<Link> in_flight_;  // the thread alone changes them
  UnrecordedLinks given_up_;
  std::string why_;  // the last failure
  Clock::time_point tell_at_{};
  bool running_ = false;    // run() is at work
  bool was_there_ = false;  // Redis answered once
  bool refused_ = false;    // for good: a wrong password
  bool finishing_ = false;
  bool stopping_ = false;
  Clock::time_point finish_at_{};
  std::thread thread_;
};

LinkRecorder::LinkRecorder(LinkRecorderOptions options)
    : work_(std::make_unique<Work>(std::move(options))) {}
LinkRecorder::~LinkRecorder() = default;

void LinkRecorder::expect() {
  work_->expect();
}

void LinkRecorder::published(const Uuid& event, std::vector<Uuid> parents) {
  if (parents.empty()) return;
  work_->add(Link(event, std::move(parents), Timestamp(std::chrono::system_clock::now())));
}

void LinkRecorder::published(std::string_view body) {
  work_->add_body(body);
}

void LinkRecorder::published(const client::SpoolEntry& entry) {
  const auto binary = client::envelope_of_binary(entry.message().properties, entry.body);
  work_->add_body(binary ? *binary : entry.body);
}

void LinkRecorder::begin_finish() {
  work_->begin_finish();
}
bool LinkRecorder::is_finished() const {
  return work_->is_finished();
}
UnrecordedLinks LinkRecorder::unrecorded() const {
  return work_->unrecorded();
}

}  // namespace bb::correlation
