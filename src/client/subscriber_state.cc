#include "client/subscriber_state.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "base/try.h"
#include "client/cloud_message.h"
#include "client/failure_headers.h"
#include "client/permission_hint.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// While somebody else handles the same event, or what we need to settle one is not there.
constexpr milliseconds kBusyPause{100};
constexpr milliseconds kTroublePause{1000};
constexpr std::size_t kHandledUntoldMax = 100'000;

// A broker that refuses for such a reason does so again.
bool is_refusal(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kInvalidUrl:
    case ErrorCode::kAccessRefused:
    case ErrorCode::kResourceLocked:
    case ErrorCode::kPreconditionFailed:
    case ErrorCode::kNotAllowed:
    case ErrorCode::kNotImplemented:
      return true;
    default:
      return false;
  }
}

std::string id_of(const Delivery& delivery) {
  return std::string(delivery.properties().message_id.value_or(""));
}

// What the deduplicator knows it by: an event that was sent back from the dead letters is to be
// handled again.
std::string claim_name(const Delivery& delivery) {
  std::string name = id_of(delivery);
  const std::size_t redrives = FailureRecord::of(delivery).redrives;
  return redrives == 0 || name.empty() ? name : fmt::format("{}#{}", name, redrives);
}

std::string delay_queue(const std::string& queue, milliseconds delay) {
  return fmt::format("{}{}{}", queue, kDelayQueueInfix, delay.count());
}

std::string dead_letter_queue(const std::string& queue) {
  return fmt::format("{}{}", queue, kDeadLetterQueueSuffix);
}

// Its messages go back to `queue`. Of the type that RabbitMQ dead-letters from without the risk of
// a loss when it is killed meanwhile
// (https://www.rabbitmq.com/quorum-queues.html#dead-lettering).
QueueOptions delay_queue_options(const std::string& queue, milliseconds delay) {
  QueueOptions options;
  options.arguments = {{"x-queue-type", "quorum"},
                       {"x-message-ttl", static_cast<std::int64_t>(delay.count())},
                       {"x-dead-letter-exchange", ""},
                       {"x-dead-letter-routing-key", queue},
                       {"x-dead-letter-strategy", "at-least-once"},
                       {"x-overflow", "reject-publish"}};
  return options;
}

// `refused` is the answer to the declaration of that queue or exchange: completed with what to do
// where one of the name is there and differs. `use` comes before that, or is empty.
std::unexpected<Error> not_declared(Error refused, std::string_view kind, std::string_view name,
                                    std::string_view use, std::string_view loss) {
  if (refused.code == ErrorCode::kPreconditionFailed &&
      refused.message.contains("inequivalent arg")) {
    refused.message += fmt::format(
        "; the {0} '{1}' exists with other settings: {2}delete it (bb {0}s show '{1}', bb {0}s "
        "delete '{1}') {3}",
        kind, name, use, loss);
  }
  return fail(std::move(refused));
}

std::unexpected<Error> queue_not_declared(Error refused, std::string_view name,
                                          std::string_view use) {
  return not_declared(std::move(refused), "queue", name, use, "once nobody needs what is in it");
}

amqp::FieldTable type_argument(QueueType type) {
  if (type == QueueType::kClassic) return {};
  return {{"x-queue-type", "quorum"}};
}

}  // namespace

SubscriberState::SubscriberState(const asio::any_io_executor& executor, SubscriberOptions options,
                                 Handler handler)
    : executor_(executor),
      options_(std::move(options)),
      handler_(std::move(handler)),
      connector_(executor, options_.connector),
      ended_(executor) {
  connector_.on_failure([this](const Error& error) { lost(error); });
}

awaitable<Result<void>> SubscriberState::run(Pointer self, milliseconds first_timeout) {
  const auto first_deadline = Clock::now() + first_timeout;
  bool is_first = true;
  while (!self->stopping_) {
    // Not in one expression: of what a conditional operator with a co_await gives, g++ 12 destroys
    // two.
    Result<Connection> connection = fail(ErrorCode::kClosed, "");
    if (is_first) {
      connection = co_await self->connector_.connect_once();
    } else {
      connection = co_await self->connector_.connect();
    }
    if (self->stopping_) break;
    if (!connection) {
      if (!is_first) break;
      if (is_refusal(connection.error().code) || Clock::now() >= first_deadline) {
        co_return fail(std::move(connection).error());
      }
      co_await self->connector_.pause();
      continue;
    }
    auto opened = co_await open(self, *std::move(connection));
    if (!opened) {
      if (is_first && is_refusal(opened.error().code)) {
        co_return fail(self->explain(std::move(opened).error()));
      }
      // Later on it may be a node that starts: what was right once will be again.
      self->lost(self->explain(std::move(opened).error()));
      co_await self->connector_.pause();
      continue;
    }
    is_first = false;
    self->connector_.lasted();
    const SessionPointer session = *std::move(opened);
    self->session_ = session;
    if (self->on_connection) self->on_connection(nullptr);
    while (self->goes_on(session) && !session->failure) co_await session->changed.wait();
    self->line_.clear();  // it comes again
    if (self->stopping_) {
      co_await wind_down(self, session);
      break;
    }
    self->lost(session->failure ? *session->failure : session->channel.failure());
    self->session_.reset();
  }
  while (self->running_ > 0) co_await self->ended_.wait();
  self->session_.reset();
  co_return Result<void>{};
}

awaitable<Result<SubscriberState::SessionPointer>> SubscriberState::open(Pointer self,
                                                                         Connection connection) {
  auto channel = co_await connection.open_channel();
  if (!channel) co_return fail(std::move(channel).error());
  const auto session =
      std::make_shared<Session>(std::move(connection), *std::move(channel), self->executor_);
  session->channel.on_closed([weak = std::weak_ptr(session)](const Error&) {
    if (const auto alive = weak.lock()) alive->changed.notify();
  });
  if (auto enabled = session->channel.enable_confirms(); !enabled) {
    co_return fail(std::move(enabled).error());
  }
  if (auto declared = co_await declare(self, session); !declared) {
    co_return fail(std::move(declared).error());
  }
  if (auto consuming = co_await consume(self, session); !consuming) {
    co_return fail(std::move(consuming).error());
  }
  co_return session;
}

// Options are named first: of temporaries in a co_await expression g++ 12 destroys some twice.
awaitable<Result<void>> SubscriberState::declare(Pointer self, SessionPointer session) {
  const SubscriberOptions& options = self->options_;
  Channel& channel = session->channel;
  const ExchangeOptions exchange;
  if (auto done = co_await channel.declare_exchange(options.exchange, exchange); !done) {
    co_return not_declared(std::move(done).error(), "exchange", options.exchange,
                           "subscribe to another, or ", "with its bindings once nobody needs it");
  }
  QueueOptions queue;
  queue.arguments = type_argument(options.queue_type);
  if (options.order_key) queue.arguments.set("x-single-active-consumer", true);
  if (auto done = co_await channel.declare_queue(options.queue, queue); !done) {
    co_return queue_not_declared(std::move(done).error(), options.queue,
                                 "subscribe with those, or ");
  }
  QueueOptions dead_letters;
  dead_letters.arguments = type_argument(options.queue_type);
  const std::string dead_letter_name = dead_letter_queue(options.queue);
  auto declared = co_await channel.declare_queue(dead_letter_name, dead_letters);
  if (!declared) {
    co_return queue_not_declared(std::move(declared).error(), dead_letter_name, "");
  }
  // With an order they would not be used.
  for (const milliseconds delay : options.retry.delays()) {
    if (options.order_key) break;
    const QueueOptions delayed = delay_queue_options(options.queue, delay);
    const std::string name = delay_queue(options.queue, delay);
    auto done = co_await channel.declare_queue(name, delayed);
    if (!done) co_return queue_not_declared(std::move(done).error(), name, "");
  }
  const amqp::FieldTable no_arguments;
  for (const std::string& pattern : options.patterns) {
    auto bound =
        co_await channel.bind_queue(options.queue, options.exchange, pattern, no_arguments);
    if (!bound) co_return bound;
  }
  co_return Result<void>{};
}

awaitable<Result<void>> SubscriberState::consume(Pointer self, SessionPointer session) {
  if (auto done = co_await session->channel.set_prefetch(self->options_.prefetch); !done) {
    co_return done;
  }
  const ConsumeOptions options;
  // The channel is the session's: it must not own it.
  std::function<void(Delivery)> on_delivery = [self = self.get(),
                                               weak = std::weak_ptr(session)](Delivery delivery) {
    if (const auto alive = weak.lock()) self->on_delivery(alive, std::move(delivery));
  };
  std::function<void()> on_cancelled = [weak = std::weak_ptr(session),
                                        queue = self->options_.queue] {
    const auto alive = weak.lock();
    if (!alive) return;
    alive->failure = {ErrorCode::kNotFound,
                      fmt::format("the broker ended the subscription: the queue '{}' was deleted, "
                                  "or its node is gone",
                                  queue)};
    alive->changed.notify();
  };
  const std::string queue = self->options_.queue;
  auto tag = co_await session->channel.consume(queue, options, std::move(on_delivery),
                                               std::move(on_cancelled));
  if (!tag) co_return fail(std::move(tag).error());
  session->consumer_tag = *std::move(tag);
  co_return Result<void>{};
}

awaitable<void> SubscriberState::wind_down(Pointer self, SessionPointer session) {
  const std::string tag = session->consumer_tag;
  if (!session->failure) (void)co_await session->channel.cancel(tag);
  while (self->running_ > 0) co_await self->ended_.wait();
  for (const auto& [delivery_tag, multiple] : session->acks.take()) {
    (void)session->channel.ack(delivery_tag, multiple);
  }
  (void)co_await session->channel.close();
  co_await session->connection.close();
}

void SubscriberState::on_delivery(const SessionPointer& session, Delivery delivery) {
  read_cloud_event(delivery);
  session->acks.delivered(delivery.delivery_tag);
  if (stopping_) return;
  std::string key = options_.order_key ? options_.order_key(delivery) : std::string();
  line_.push({std::move(key), std::move(delivery)});
  start_work(session);
}

void SubscriberState::start_work(const SessionPointer& session) {
  const auto may_begin = [this] {
    return running_ < options_.concurrency && !stopping_ &&
           (!options_.finish_max || counts.finished() + running_ < *options_.finish_max);
  };
  while (may_begin()) {
    auto next = line_.next();
    if (!next) return;
    ++running_;
    asio::co_spawn(executor_, work(shared_from_this(), session, *std::move(next)), asio::detached);
  }
}

awaitable<void> SubscriberState::work(Pointer self, SessionPointer session, WorkLine::Work work) {
  const auto delivery = std::make_shared<const Delivery>(std::move(work.delivery));
  const bool settled = co_await settle(self, session, delivery);
  if (settled && session->is_open()) {
    self->acknowledge(session, *delivery);
  } else if (settled && self->handled_untold_.size() < kHandledUntoldMax) {
    if (std::string id = claim_name(*delivery); !id.empty())
      self->handled_untold_.insert(std::move(id));
  }
  --self->running_;
  if (self->options_.finish_max && self->counts.finished() >= *self->options_.finish_max) {
    self->stop();
  }
  self->line_.finish(work.key);
  if (self->session_ && self->session_->is_open()) self->start_work(self->session_);
  if (self->running_ == 0) self->ended_.notify();
}

awaitable<bool> SubscriberState::settle(Pointer self, SessionPointer session,
                                        DeliveryPointer delivery) {
  const std::string event_id = claim_name(*delivery);
  if (delivery->redelivered && self->handled_untold_.erase(event_id) > 0) {
    ++self->counts.duplicates;
    co_return true;
  }
  Deduplicator* const deduplicator = self->options_.deduplicator.get();
  if (deduplicator == nullptr || event_id.empty()) {
    co_return co_await handle(self, session, delivery);
  }
  switch (co_await claim(self, session, delivery, event_id)) {
    case Claim::kDone:
      ++self->counts.duplicates;
      co_return true;
    case Claim::kBusy:
      co_return false;
    case Claim::kNew:
      break;
  }
  co_return co_await handle(self, session, delivery);
}

// kBusy: it is not to be waited for any longer.
awaitable<Claim> SubscriberState::claim(Pointer self, SessionPointer session,
                                        DeliveryPointer delivery, std::string event_id) {
  while (self->goes_on(session)) {
    const auto claimed = co_await self->options_.deduplicator->claim(event_id);
    if (claimed && *claimed != Claim::kBusy) co_return *claimed;
    if (!claimed) self->report(delivery, claimed.error());
    co_await pause(self, claimed ? kBusyPause : kTroublePause);
  }
  co_return Claim::kBusy;
}

awaitable<bool> SubscriberState::handle(Pointer self, SessionPointer session,
                                        DeliveryPointer delivery) {
  Deduplicator* const deduplicator = self->options_.deduplicator.get();
  const std::string event_id = deduplicator == nullptr ? std::string() : claim_name(*delivery);
  FailureRecord record = FailureRecord::of(*delivery);
  bool settled = false;
  bool is_dead = false;
  for (;;) {
    const Attempt attempt(delivery, record);
    const Handled handled = co_await call_handler(self, attempt);
    if (handled.kind == Handled::Kind::kLeft) break;
    if (handled.kind == Handled::Kind::kSkipped) {
      ++self->counts.skipped;
      settled = true;
      break;
    }
    if (handled.kind == Handled::Kind::kDone) {
      ++self->counts.handled;
      if (event_id.empty()) co_return true;
      const auto kept = co_await deduplicator->done(event_id);
      if (!kept) self->report(delivery, kept.error());
      co_return true;
    }
    ++(handled.kind == Handled::Kind::kDeferred ? self->counts.deferred : self->counts.failed);
    if (self->on_failure) self->on_failure(attempt, handled);
    const bool is_deferred = handled.kind == Handled::Kind::kDeferred;
    const bool is_last = !is_deferred && (handled.kind != Handled::Kind::kFailed ||
                                          attempt.number >= self->options_.retry.attempts_max);
    if (is_last || !self->options_.order_key) {
      settled = co_await move_on(self, session, delivery, record, handled, is_last);
      is_dead = settled && is_last;
      break;
    }
    ++(is_deferred ? record.deferrals : record.attempts);
    if (record.first_failed_at.empty()) {
      record.first_failed_at =
          format_rfc3339(std::chrono::floor<milliseconds>(std::chrono::system_clock::now()));
    }
    co_await pause(self, self->options_.retry.delay(record.attempts + record.deferrals));
    if (!self->goes_on(session)) break;
  }
  if (!event_id.empty() && is_dead) {
    // If it comes again, it is one dead letter all the same.
    const auto kept = co_await deduplicator->done(event_id);
    if (!kept) self->report(delivery, kept.error());
  } else if (!event_id.empty()) {
    const auto released = co_await deduplicator->release(event_id);
    if (!released) self->report(delivery, released.error());
  }
  co_return settled;
}

awaitable<Handled> SubscriberState::call_handler(Pointer self, Attempt attempt) {
  try {
    co_return co_await self->handler_(std::move(attempt));
  } catch (const std::exception& exception) {
    co_return Handled::failed(exception.what());
  } catch (...) {
    co_return Handled::failed("the handler threw something that is no std::exception");
  }
}

awaitable<bool> SubscriberState::move_on(Pointer self, SessionPointer session,
                                         DeliveryPointer delivery, FailureRecord record,
                                         Handled handled, bool is_last) {
  const SubscriberOptions& options = self->options_;
  Failure failure{.queue = options.queue,
                  .consumer = options.consumer,
                  .error = handled.error,
                  .at = std::chrono::system_clock::now(),
                  .deferred = handled.kind == Handled::Kind::kDeferred};
  if (handled.kind == Handled::Kind::kUnreadable) {
    failure.reason = kReasonUnreadable;
  } else if (handled.kind == Handled::Kind::kRejected) {
    failure.reason = kReasonRejected;
  } else if (is_last) {
    failure.reason = kReasonAttempts;
  }
  const std::string target =
      is_last
          ? dead_letter_queue(options.queue)
          : delay_queue(options.queue, options.retry.delay(record.attempts + record.deferrals + 1));
  const std::string headers =
      amqp::encode_table_content(failure_headers(*delivery, record, failure));
  OutgoingMessage message;
  message.routing_key = target;
  message.properties = delivery->properties();
  message.properties.headers = as_bytes(headers);
  message.properties.delivery_mode = 2;
  // Neither may end its life before it is handled, nor stay its author's: a broker refuses
  // somebody else's name.
  message.properties.expiration.reset();
  message.properties.user_id.reset();
  message.body = delivery->body;
  while (session->is_open()) {
    const auto confirm = co_await session->channel.publish_and_wait(message);
    if (!confirm) break;
    if (!confirm->nacked && !confirm->returned) {
      if (is_last) ++self->counts.dead_lettered;
      co_return true;
    }
    self->report(delivery,
                 {confirm->returned ? ErrorCode::kNoRoute : ErrorCode::kNacked,
                  fmt::format("the queue '{}' did not take the event; it stays in '{}' until it "
                              "does",
                              target, options.queue)});
    if (self->stopping_) break;
    co_await pause(self, kTroublePause);
    // Somebody may have deleted it.
    if (confirm->returned && session->is_open()) (void)co_await declare(self, session);
  }
  co_return false;
}

awaitable<void> SubscriberState::pause(Pointer self, milliseconds duration) {
  if (self->stopping_) co_return;
  asio::steady_timer timer(self->executor_, duration);
  self->pauses_.insert(&timer);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  self->pauses_.erase(&timer);
}

void SubscriberState::acknowledge(const SessionPointer& session, const Delivery& delivery) {
  if (!session->acks.done(delivery.delivery_tag)) return;
  // With whatever else is done in this turn.
  asio::post(executor_, [session] {
    for (const auto& [delivery_tag, multiple] : session->acks.take()) {
      if (!session->channel.ack(delivery_tag, multiple)) return;
    }
  });
}

void SubscriberState::report(const DeliveryPointer& delivery, const Error& error) {
  if (!on_failure) return;
  on_failure(Attempt(delivery, FailureRecord::of(*delivery)), Handled::failed(error.message));
}

void SubscriberState::lost(const Error& error) {
  if (on_connection) on_connection(&error);
}

Error SubscriberState::explain(Error error) const {
  if (error.code == ErrorCode::kAccessRefused &&
      error.message.find("access to ") != std::string::npos) {
    error.message += "; what a service needs: " +
                     service_permissions(connector_.url().user, options_.exchange, options_.queue);
  }
  return error;
}

void SubscriberState::stop() {
  if (std::exchange(stopping_, true)) return;
  connector_.stop();
  for (asio::steady_timer* const timer : pauses_) timer->cancel();
  if (session_) session_->changed.notify();
}

void SubscriberState::drop() {
  on_connection = nullptr;
  on_failure = nullptr;
  stop();
}

}  // namespace bb::client
