// bb::Subscriber: client::Subscriber on the thread of run(), handlers on others.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/host_name.h"
#include "base/try.h"
#include "bloodbank/subscriber.h"
#include "client/service_names.h"
#include "client/signal.h"
#include "client/sqlite_deduplicator.h"
#include "client/subscriber.h"
#include "library/management_api.h"
#include "redis/client_options.h"
#include "redis/redis_deduplicator.h"
#include "registry/http_registry.h"
#include "registry/redis_registry.h"
#include "registry/registration.h"

namespace bb {
namespace {

namespace asio = boost::asio;

client::Handled to_handled(Handling handling) {
  using Kind = Handling::Kind;
  switch (handling.kind) {
    case Kind::kDone:
      return client::Handled::done();
    case Kind::kFailed:
      return client::Handled::failed(std::move(handling.error));
    case Kind::kDeferred:
      return client::Handled::deferred(std::move(handling.error));
    case Kind::kRejected:
      return client::Handled::rejected(std::move(handling.error));
  }
  return client::Handled::failed("the handler gave no answer");
}

// What somebody else is at work on; shared by both.
struct Answer {
  explicit Answer(const asio::any_io_executor& on) : executor(on), ready(on) {}

  void set(Handling given) {
    asio::post(executor, [self = self.lock(), given = std::move(given)]() mutable {
      if (self == nullptr || self->handling) return;
      self->handling = std::move(given);
      self->ready.notify();
    });
  }

  const asio::any_io_executor executor;
  client::Signal ready;
  std::optional<Handling> handling;
  std::weak_ptr<Answer> self;
};

asio::awaitable<client::Handled> handle(const Subscriber::AsyncHandler& handler,
                                        client::Attempt attempt) {
  auto envelope = parse_any_envelope(attempt.delivery->body);
  if (!envelope) co_return client::Handled::unreadable(envelope.error().to_error().message);
  Event event;
  event.envelope = *std::move(envelope);
  event.json = attempt.delivery->body;
  event.routing_key = attempt.routing_key;
  event.attempt = attempt.number;
  const auto answer = std::make_shared<Answer>(co_await asio::this_coro::executor);
  answer->self = answer;
  Subscriber::Done done = [answer](Handling handling) { answer->set(std::move(handling)); };
  handler(std::move(event), std::move(done));
  while (!answer->handling) co_await answer->ready.wait();
  co_return to_handled(*std::move(answer->handling));
}

std::string this_consumer(const std::string& service) {
  return service + "@" + host_name() + ":" + std::to_string(::getpid());
}

}  // namespace

namespace {

// What is registered, and where; `api` is of the first that there is.
struct Registering {
  registry::ServiceInstance instance;
  std::optional<client::HttpUrl> api;
  std::optional<redis::ClientOptions> redis;
};

std::unique_ptr<registry::Registration> make_registration(
    const asio::any_io_executor& executor, Registering what,
    std::function<void(const std::string&)> on_notice) {
  auto registry = what.redis ? registry::make_redis_registry(executor, *std::move(what.redis))
                             : registry::make_http_registry(*std::move(what.api));
  return std::make_unique<registry::Registration>(
      executor, std::move(registry), std::move(what.instance),
      "SubscriberConfig::management_url or registry says where", std::move(on_notice));
}

}  // namespace

class Subscriber::Impl {
 public:
  Impl(SubscriberConfig config, client::SubscriberOptions options,
       std::optional<Registering> registering, AsyncHandler handler)
      : config_(std::move(config)),
        handler_(std::move(handler)),
        subscriber_(
            context_.get_executor(), with_redis(std::move(options)),
            [this](client::Attempt attempt) { return handle(handler_, std::move(attempt)); }) {
    if (!config_.on_notice) config_.on_notice = [](const std::string&) {};
    if (registering) {
      registration_ =
          make_registration(context_.get_executor(), *std::move(registering), config_.on_notice);
    }
    subscriber_.on_connection([this](const Error* lost) {
      if (lost != nullptr) return config_.on_notice(lost->message);
      if (registration_) registration_->start();
    });
    subscriber_.on_failure([this](const client::Attempt& attempt, const client::Handled& handled) {
      config_.on_notice(attempt.routing_key + " " +
                        std::string(attempt.delivery->properties().message_id.value_or("")) +
                        ", attempt " + std::to_string(attempt.number) + ": " + handled.error);
    });
  }

  Result<void> run() {
    Result<void> ended = fail(ErrorCode::kFailure, "the subscription ended without a reason");
    asio::co_spawn(context_, run_registered(),
                   [&](const std::exception_ptr& thrown, Result<void> result) {
                     if (!thrown) ended = std::move(result);
                     context_.stop();
                   });
    context_.run();
    return ended;
  }

  void stop() {
    asio::post(context_, [this] { subscriber_.stop(); });
  }

  void keep(std::shared_ptr<asio::thread_pool> threads) { threads_ = std::move(threads); }

 private:
  client::SubscriberOptions with_redis(client::SubscriberOptions options) {
    if (config_.deduplicate_redis.host.empty()) return options;
    redis::RedisDeduplicatorOptions place;
    place.client = redis::client_options(config_.deduplicate_redis);
    place.prefix = redis::handled_prefix(options.queue);
    place.window = config_.deduplicate_for;
    options.deduplicator =
        std::make_shared<redis::RedisDeduplicator>(context_.get_executor(), std::move(place));
    return options;
  }

  asio::awaitable<Result<void>> run_registered() {
    auto ended = co_await subscriber_.run(config_.connect_timeout);
    if (registration_) co_await registration_->stop();
    co_return ended;
  }

  SubscriberConfig config_;
  AsyncHandler handler_;
  asio::io_context context_{1};
  client::Subscriber subscriber_;
  std::unique_ptr<registry::Registration> registration_;
  std::shared_ptr<asio::thread_pool> threads_;  // of handlers that wait
};

namespace {

Result<client::SubscriberOptions> to_options(const SubscriberConfig& config) {
  client::SubscriberOptions options;
  if (config.service.empty()) return fail(ErrorCode::kUsage, "a subscriber needs a service's name");
  BB_TRY(client::check_service_name(config.service));
  if (config.patterns.empty()) return fail(ErrorCode::kUsage, "a subscriber needs a pattern");
  BB_TRY_ASSIGN(options.connector.urls, client::broker_urls(config.urls));
  options.connector.connect.timeout = config.connect_timeout;
  options.connector.connect.connection_name = config.service;
  options.exchange = config.exchange;
  options.patterns = config.patterns;
  options.queue = client::service_queue(config.exchange, config.service);
  options.consumer = this_consumer(config.service);
  if (config.quorum) options.queue_type = client::QueueType::kQuorum;
  options.prefetch = config.prefetch;
  options.concurrency = std::max<std::size_t>(config.concurrency, 1);
  options.retry.attempts_max = std::max<std::size_t>(config.attempts_max, 1);
  options.retry.first = config.retry_delay;
  options.retry.factor = config.retry_factor;
  options.retry.most = config.retry_delay_max;
  if (config.order_key) {
    options.order_key = [key = config.order_key](const client::Delivery& delivery) -> std::string {
      auto envelope = parse_any_envelope(delivery.body);
      if (!envelope) return {};
      Event event;
      event.envelope = *std::move(envelope);
      event.json = delivery.body;
      event.routing_key = delivery.routing_key;
      return key(event);
    };
  }
  if (!config.deduplicate_file.empty() && !config.deduplicate_redis.host.empty()) {
    return fail(ErrorCode::kUsage,
                "events are remembered in deduplicate_file or in deduplicate_redis, not in both");
  }
  if (!config.deduplicate_file.empty()) {
    client::SqliteDeduplicatorOptions file;
    file.path = config.deduplicate_file;
    file.window = config.deduplicate_for;
    BB_TRY_ASSIGN(options.deduplicator, client::SqliteDeduplicator::open(std::move(file)));
  }
  return options;
}

Result<std::optional<Registering>> to_registering(const SubscriberConfig& config,
                                                  const client::SubscriberOptions& options) {
  const bool in_redis = !config.registry.host.empty();
  if (!in_redis && config.management_url.empty()) return std::nullopt;
  const amqp::Url& broker = options.connector.urls.front();
  Registering registering;
  if (in_redis) {
    registering.redis = redis::client_options(config.registry);
  } else {
    BB_TRY_ASSIGN(registering.api, management_api(config.management_url, broker));
  }
  if (!registry::is_service_name(config.service)) {
    return fail(ErrorCode::kUsage,
                "the name of a service that is registered has letters, digits, "
                "'.', '_' and '-' alone, 100 of them at most");
  }
  registry::ServiceInstance& instance = registering.instance;
  instance.key = {broker.vhost, config.exchange, config.service};
  instance.queue = options.queue;
  instance.patterns = config.patterns;
  instance.host = host_name();
  instance.pid = ::getpid();
  instance.version = config.version;
  instance.health_url = config.health_url;
  if (config.expire.count() > 0) instance.expire = config.expire;
  instance.started_at = std::chrono::system_clock::now();
  return registering;
}

}  // namespace

Result<Subscriber> Subscriber::create_async(SubscriberConfig config, AsyncHandler handler) {
  BB_TRY_ASSIGN(client::SubscriberOptions options, to_options(config));
  BB_TRY_ASSIGN(auto registering, to_registering(config, options));
  return Subscriber(std::make_unique<Impl>(std::move(config), std::move(options),
                                           std::move(registering), std::move(handler)));
}

Result<Subscriber> Subscriber::create(SubscriberConfig config, Handler handler) {
  const auto threads =
      std::make_shared<asio::thread_pool>(std::max<std::size_t>(config.concurrency, 1));
  AsyncHandler on_threads = [threads = threads.get(), handler = std::move(handler)](Event event,
                                                                                    Done done) {
    asio::post(*threads, [&handler, event = std::move(event), done = std::move(done)] {
      try {
        done(handler(event));
      } catch (const std::exception& exception) {
        done(Handling::failed(exception.what()));
      } catch (...) {
        done(Handling::failed("the handler threw something that is no std::exception"));
      }
    });
  };
  BB_TRY_ASSIGN(Subscriber subscriber, create_async(std::move(config), std::move(on_threads)));
  subscriber.impl_->keep(threads);
  return subscriber;
}

Subscriber::Subscriber(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subscriber::Subscriber(Subscriber&&) noexcept = default;
Subscriber& Subscriber::operator=(Subscriber&&) noexcept = default;
Subscriber::~Subscriber() = default;

Result<void> Subscriber::run() {
  return impl_->run();
}
void Subscriber::stop() {
  impl_->stop();
}

}  // namespace bb
