// bb::Publisher: client::Publisher on a thread of its own.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/host_name.h"
#include "base/try.h"
#include "bloodbank/publisher.h"
#include "client/publisher.h"
#include "client/spool_place.h"
#include "correlation/link_recorder.h"
#include "library/management_api.h"
#include "library/near_matches.h"
#include "redis/client_options.h"

namespace bb {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kGoodbye{1000};
constexpr milliseconds kLinksTimeMax{10'000};
constexpr milliseconds kLinksLook{1};

Publisher::Outcome to_public(const client::Outcome& outcome) {
  if (!outcome) return fail(outcome.error());
  switch (*outcome) {
    case client::Kept::kInQueue:
      return Published::kInQueue;
    case client::Kept::kInHistory:
      return Published::kInHistory;
    case client::Kept::kInSpool:
      break;
  }
  return Published::kInSpool;
}

// Where `bb` has its data (its settings' order, without `.env`).
Result<std::string> data_dir_of(const PublisherConfig& config) {
  if (!config.data_dir.empty()) return config.data_dir;
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (std::string folder = variable("BB_DATA_DIR"); !folder.empty()) return folder;
  if (std::string state = variable("XDG_STATE_HOME"); !state.empty()) return state + "/bloodbank";
  if (std::string home = variable("HOME"); !home.empty()) return home + "/.local/state/bloodbank";
  return fail(ErrorCode::kUsage,
              "there is no folder for the spool: set data_dir, BB_DATA_DIR or HOME");
}

Error to_error(const correlation::UnrecordedLinks& missing) {
  return {ErrorCode::kUnreachable,
          "it is not recorded what caused " + std::to_string(missing.count) +
              (missing.count == 1 ? " event: " : " events: ") + missing.reason +
              "; later, for each: " + missing.first_command()};
}

correlation::LinkRecorderOptions recorder_options(const PublisherConfig& config) {
  correlation::LinkRecorderOptions options;
  options.redis = redis::client_options(config.links);
  options.ttl = config.links_for;
  if (config.on_links_missing) {
    options.on_given_up =
        [tell = config.on_links_missing](const correlation::UnrecordedLinks& missing) {
          tell(to_error(missing));
        };
  }
  return options;
}

}  // namespace

Envelope new_event(std::string event_type, RawJson payload) {
  const auto now = std::chrono::system_clock::now();
  Envelope event;
  event.event_id = Uuid::v7(now);
  event.event_type = std::move(event_type);
  event.timestamp = std::chrono::floor<milliseconds>(now);
  event.source.host = host_name();
  event.payload = std::move(payload);
  return event;
}

class Publisher::Impl {
 public:
  Impl(PublisherConfig config, client::PublisherOptions options, std::optional<NearMatches> near)
      : config_(std::move(config)),
        work_(asio::make_work_guard(context_)),
        near_matches_(std::move(near)) {
    if (!config_.links.host.empty()) {
      recorder_.emplace(recorder_options(config_));
      options.on_spool_published = [this](const client::SpoolEntry& entry) {
        recorder_->published(entry);
      };
    }
    publisher_.emplace(context_.get_executor(), std::move(options));
    publisher_->on_settled([this](std::uint64_t number, const client::Outcome& outcome) {
      settled(number, to_public(outcome));
    });
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Impl() {
    (void)close(kGoodbye);
    publisher_.reset();
  }

  Result<void> publish(const Envelope& event, Callback on_settled) {
    if (const auto wrong = check_envelope(event); !wrong.empty()) {
      return fail(EnvelopeError{.json = std::nullopt, .structure = wrong}.to_error());
    }
    Job job{.event_type = event.event_type,
            .event_id = event.event_id.to_string(),
            .correlation_id =
                event.correlation_ids.empty() ? "" : event.correlation_ids.front().to_string(),
            .body = serialize(event),
            .link = recorder_ ? Link{event.event_id, event.correlation_ids} : Link{},
            .on_settled = std::move(on_settled)};
    const std::uint64_t bytes = job.body.size();
    std::unique_lock lock(mutex_);
    if (!has_room(bytes) && !config_.wait_for_room) {
      return fail(ErrorCode::kResourceError,
                  "as many events as may be wait for the broker's confirm: publish again later");
    }
    changed_.wait(lock, [&] { return closed_ || has_room(bytes); });
    if (closed_) return fail(ErrorCode::kClosed, "the publisher is closed");
    ++unsettled_;
    unsettled_bytes_ += bytes;
    jobs_.push_back(std::move(job));
    if (jobs_.size() == 1) asio::post(context_, [this] { send_jobs(); });
    return {};
  }

  Result<void> flush(milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, timeout, [this] { return unsettled_ == 0; })) return {};
    return fail(ErrorCode::kTimeout,
                std::to_string(unsettled_) + " events were not confirmed in time");
  }

  Result<void> close(milliseconds timeout) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(closed_, true)) return {};
      changed_.notify_all();
    }
    std::promise<Result<void>> done;
    asio::post(context_, [&] {
      send_jobs();
      asio::co_spawn(context_, publisher_->close(timeout),
                     [&](const std::exception_ptr&, Result<void> result) {
                       for (auto& [number, job] : std::exchange(unrouted_, {})) {
                         finish(std::move(job.pending), fail(job.error));
                       }
                       {
                         const std::lock_guard lock(mutex_);
                         stopped_ = true;
                       }
                       changed_.notify_all();
                       context_.stop();
                       done.set_value(std::move(result));
                     });
    });
    Result<void> result = done.get_future().get();
    thread_.join();
    if (recorder_) finish_links();
    return result;
  }

  Result<void> wait_connected(milliseconds timeout) {
    // The coroutine may outlive this call.
    const auto outcome = std::make_shared<std::optional<Result<void>>>();
    std::unique_lock lock(mutex_);
    if (!stopped_) {
      asio::co_spawn(context_, publisher_->wait_connected(timeout),
                     [this, outcome](const std::exception_ptr&, Result<void> result) {
                       const std::lock_guard inner(mutex_);
                       *outcome = std::move(result);
                       changed_.notify_all();
                     });
    }
    changed_.wait(lock, [&] { return stopped_ || outcome->has_value(); });
    if (outcome->has_value()) return *std::move(*outcome);
    return fail(ErrorCode::kClosed, "the publisher is closed");
  }

 private:
  struct Link {
    Uuid event;
    std::vector<Uuid> parents;
  };
  struct Job {
    std::string event_type;
    std::string event_id;
    std::string correlation_id;
    std::string body;
    Link link;
    Callback on_settled;
  };
  struct Pending {
    std::uint64_t bytes;
    Link link;
    Callback on_settled;
    std::string event_type;
  };
  // The way to nowhere of an event is looked into.
  struct Unrouted {
    Pending pending;
    Error error;
  };

  bool has_room(std::uint64_t bytes) const {
    return unsettled_ == 0 || (unsettled_ < config_.unconfirmed_max &&
                               unsettled_bytes_ + bytes <= config_.unconfirmed_bytes_max);
  }

  // On the thread.
  void send_jobs() {
    std::vector<Job> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs.swap(jobs_);
    }
    for (Job& job : jobs) {
      client::OutgoingMessage message;
      message.routing_key = job.event_type;
      message.body = job.body;
      message.properties.content_type = "application/json";
      message.properties.content_encoding = "utf-8";
      message.properties.delivery_mode = 2;
      message.properties.message_id = job.event_id;
      if (!job.correlation_id.empty()) message.properties.correlation_id = job.correlation_id;
      const std::uint64_t bytes = job.body.size();
      const auto number = publisher_->publish(message);
      if (!number) {
        finish({bytes, {}, std::move(job.on_settled), {}}, fail(number.error()));
        continue;
      }
      pending_.emplace(*number, Pending{bytes, std::move(job.link), std::move(job.on_settled),
                                        near_matches_ ? std::move(job.event_type) : ""});
    }
  }

  // Bounded by the recorder: by a second in which Redis takes nothing, and by kLinksTimeMax.
  void finish_links() {
    const auto until = std::chrono::steady_clock::now() + kLinksTimeMax;
    recorder_->begin_finish();
    while (!recorder_->is_finished() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(kLinksLook);
    }
    const correlation::UnrecordedLinks missing = recorder_->unrecorded();
    if (missing.count > 0 && config_.on_links_missing) {
      config_.on_links_missing(to_error(missing));
    }
  }

  void settled(std::uint64_t number, const Outcome& outcome) {
    auto entry = pending_.extract(number);
    if (!entry) return;
    if (near_matches_ && !outcome && outcome.error().code == ErrorCode::kNoRoute) {
      const std::string event_type = entry.mapped().event_type;
      unrouted_.emplace(number, Unrouted{std::move(entry.mapped()), outcome.error()});
      asio::co_spawn(context_, look_into(number, event_type), asio::detached);
      return;
    }
    finish(std::move(entry.mapped()), outcome);
  }

  asio::awaitable<void> look_into(std::uint64_t number, std::string event_type) {
    const std::string near = co_await near_matches_->find(std::move(event_type));
    auto entry = unrouted_.extract(number);
    if (!entry) co_return;
    Unrouted& unrouted = entry.mapped();
    if (!near.empty()) unrouted.error.message += "; it nearly matches " + near;
    finish(std::move(unrouted.pending), fail(unrouted.error));
  }

  void finish(Pending pending, const Outcome& outcome) {
    // What goes to the spool gets its link when it leaves it.
    if (recorder_ && outcome && *outcome != Published::kInSpool) {
      recorder_->published(pending.link.event, std::move(pending.link.parents));
    }
    {
      const std::lock_guard lock(mutex_);
      --unsettled_;
      unsettled_bytes_ -= pending.bytes;
    }
    changed_.notify_all();
    if (pending.on_settled) pending.on_settled(outcome);
  }

  const PublisherConfig config_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::optional<NearMatches> near_matches_;  // on the thread alone
  std::optional<correlation::LinkRecorder> recorder_;
  std::optional<client::Publisher> publisher_;  // on the thread alone
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::unordered_map<std::uint64_t, Unrouted> unrouted_;  // on the thread
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> jobs_;
  std::size_t unsettled_ = 0;
  std::uint64_t unsettled_bytes_ = 0;
  bool closed_ = false;
  bool stopped_ = false;  // nothing runs on the thread any more
};

Result<Publisher> Publisher::start(PublisherConfig config) {
  client::PublisherOptions options;
  BB_TRY_ASSIGN(options.connector.urls, client::broker_urls(config.urls));
  options.connector.connect.timeout = config.connect_timeout;
  options.connector.connect.connection_name = config.name;
  options.exchange = config.exchange;
  if (config.spool) {
    BB_TRY_ASSIGN(const std::string data_dir, data_dir_of(config));
    BB_TRY_ASSIGN(options.spool, client::spool_folder(data_dir, options.connector.urls.front()));
    options.spool_after = config.spool_after;
    options.on_spool_trouble = config.on_spool_trouble;
  }
  std::optional<NearMatches> near;
  if (!config.management_url.empty()) {
    const amqp::Url& broker = options.connector.urls.front();
    BB_TRY_ASSIGN(client::HttpUrl api, management_api(config.management_url, broker));
    near.emplace(std::move(api), broker.vhost, config.exchange);
  }
  // The bounds are kept here, where there is somebody to wait.
  options.unsettled_max = SIZE_MAX;
  options.unsettled_bytes_max = UINT64_MAX;
  return Publisher(std::make_unique<Impl>(std::move(config), std::move(options), std::move(near)));
}

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::Publisher(Publisher&&) noexcept = default;
Publisher& Publisher::operator=(Publisher&&) noexcept = default;
Publisher::~Publisher() = default;

Publisher::Outcome Publisher::publish(const Envelope& event) {
  // The callback may outlive this call by a moment: after it has set the value.
  const auto done = std::make_shared<std::promise<Outcome>>();
  BB_TRY(impl_->publish(event, [done](const Outcome& outcome) { done->set_value(outcome); }));
  return done->get_future().get();
}

Result<void> Publisher::publish(const Envelope& event, Callback on_settled) {
  return impl_->publish(event, std::move(on_settled));
}
Result<void> Publisher::flush(milliseconds timeout) {
  return impl_->flush(timeout);
}
Result<void> Publisher::close(milliseconds timeout) {
  return impl_->close(timeout);
}
Result<void> Publisher::wait_connected(milliseconds timeout) {
  return impl_->wait_connected(timeout);
}

}  // namespace bb
