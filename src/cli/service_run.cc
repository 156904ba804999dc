#include "cli/service_run.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "amqp/field_table.h"
#include "bloodbank/envelope.h"
#include "cli/child_process.h"
#include "cli/duration.h"
#include "cli/webhook_target.h"
#include "client/text.h"
#include "event/trace_context.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using client::Attempt;
using client::Handled;

constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL, sysexits.h

using Environment = std::vector<std::pair<std::string, std::string>>;

// A step of its own in the trace that the event belongs to; empty where it belongs to none, so that
// that of `bb subscribe` is not taken for it.
void add_trace(Environment& environment, const client::Delivery& delivery) {
  std::string traceparent;
  std::string tracestate;
  if (const auto properties = delivery.properties(); properties.headers) {
    if (const auto headers = amqp::decode_table(*properties.headers)) {
      for (const auto& [name, value] : {std::pair(event::kTraceparent, &traceparent),
                                        std::pair(event::kTracestate, &tracestate)}) {
        const amqp::FieldValue* const field = headers->find(name);
        if (field != nullptr && field->as_string() != nullptr) *value = *field->as_string();
      }
    }
  }
  const auto trace = event::parse_trace_context(traceparent, tracestate);
  const auto step = trace ? std::optional(trace->child()) : std::nullopt;
  environment.emplace_back("TRACEPARENT", step ? step->traceparent() : "");
  environment.emplace_back("TRACESTATE", step ? step->state : "");
}

Environment environment_of(const Envelope& event, const Attempt& attempt,
                           const std::string& queue) {
  Environment environment{
      {"BB_EVENT_TYPE", event.event_type},
      {"BB_EVENT_ID", event.event_id.to_string()},
      {"BB_EVENT_TIMESTAMP", format_rfc3339(event.timestamp)},
      {"BB_EVENT_SOURCE_HOST", event.source.host},
      {"BB_EVENT_SOURCE_APP", event.source.app.value_or("")},
      {"BB_CORRELATION_ID",
       event.correlation_ids.empty() ? "" : event.correlation_ids.front().to_string()},
      {"BB_EXCHANGE", attempt.exchange},
      {"BB_ROUTING_KEY", attempt.routing_key},
      {"BB_QUEUE", queue},
      {"BB_ATTEMPT", std::to_string(attempt.number)}};
  add_trace(environment, *attempt.delivery);
  return environment;
}

Handled handled_of(const ChildEnd& end, const ServiceJob& job) {
  if (!end.timed_out && end.exit_code == 0) return Handled::done();
  std::string error = end.timed_out ? fmt::format("the command did not end within {}",
                                                  format_duration(job.time_limit))
                                    : fmt::format("the command ended with {}", end.exit_code);
  if (!end.last_words.empty()) error += fmt::format(": {}", client::one_line(end.last_words));
  if (!end.timed_out && end.exit_code == kTemporaryFailure) {
    return Handled::deferred(std::move(error));
  }
  return Handled::failed(std::move(error));
}

// What is wrong with a schema may be mended; an event stays as it is.
Handled refused(const PublishGate& gate, const Error& error) {
  std::string reason = client::one_line(error.message);
  const bool is_events_fault = !gate.is_unchecked() && (error.code == ErrorCode::kInvalidPayload);
  return is_events_fault ? Handled::rejected(std::move(reason))
                         : Handled::failed(std::move(reason));
}

asio::awaitable<Handled> handle_event(const ServiceJob* job, EventChoice* choice,
                                      WebhookTarget* target, Attempt attempt) {
  const auto event = parse_any_envelope(attempt.delivery->body);
  if (!event) co_return Handled::unreadable(event.error().to_error().message);
  const auto chosen = choice->wants(attempt.routing_key, attempt.delivery->body);
  if (!chosen) co_return Handled::failed(chosen.error().message);
  if (!*chosen) co_return Handled::skipped();
  if (job->gate != nullptr) {
    const PlacedText payload{.text = event->payload, .source = "payload"};
    const auto checked = job->gate->check(event->event_type, payload, "/payload");
    if (!checked) co_return refused(*job->gate, checked.error());
  }
  if (target != nullptr) {
    std::string id = event->event_id.to_string();
    std::string body = attempt.delivery->body;
    co_return co_await target->handle(std::move(id), std::move(body), attempt.first_failed_at);
  }
  ChildOptions child;
  child.command = job->command;
  child.input = attempt.delivery->body;
  child.environment = environment_of(*event, attempt, job->subscriber.queue);
  child.time_limit = job->time_limit;
  const auto end = co_await run_child(std::move(child));
  // The machine's trouble and not the event's.
  if (!end) co_return Handled::deferred(end.error().message);
  co_return handled_of(*end, *job);
}

asio::awaitable<void> run_target(std::shared_ptr<WebhookTarget> target) {
  co_await target->run();
}

std::string what_follows(const ServiceJob& job, const Attempt& attempt, const Handled& handled) {
  switch (handled.kind) {
    case Handled::Kind::kDone:
    case Handled::Kind::kSkipped:
    case Handled::Kind::kLeft:
      return "";
    case Handled::Kind::kDeferred:
      return "it will be tried again";
    case Handled::Kind::kFailed:
      if (attempt.number < job.subscriber.retry.attempts_max) {
        return fmt::format("attempt {} of {}, it will be tried again", attempt.number,
                           job.subscriber.retry.attempts_max);
      }
      return fmt::format("attempt {} of {}, it is in {}.dlq now", attempt.number,
                         job.subscriber.retry.attempts_max, job.subscriber.queue);
    case Handled::Kind::kRejected:
    case Handled::Kind::kUnreadable:
      return fmt::format("it is in {}.dlq now", job.subscriber.queue);
  }
  return "";
}

}  // namespace

asio::awaitable<Result<ServiceEnd>> run_service(const ServiceJob& job, Runner& runner,
                                                Deadline& deadline) {
  const auto executor = co_await asio::this_coro::executor;
  client::Subscriber* running = nullptr;
  std::optional<ServiceEnd> end;
  const auto stop = [&](ServiceEnd reason) {
    if (end) return;
    end = reason;
    running->stop();
  };
  std::shared_ptr<WebhookTarget> target;
  if (job.webhook) {
    auto sender = webhook::WebhookSender::make(*job.webhook);
    if (!sender) {
      Error error = std::move(sender).error();
      if (error.code == ErrorCode::kAccessRefused) {
        error.message += WebhookTarget::kAllowPrivateHint;
      }
      co_return fail(std::move(error));
    }
    target = std::make_shared<WebhookTarget>(executor, *std::move(sender), job.on_notice,
                                             [&] { stop(ServiceEnd::kGone); });
    asio::co_spawn(executor, run_target(target), asio::detached);
  }
  EventChoice choice(job.choice);
  client::Handler handler = [&](Attempt attempt) {
    return handle_event(&job, &choice, target.get(), std::move(attempt));
  };
  client::SubscriberOptions options = job.subscriber;
  if (job.redis_deduplicator) {
    options.deduplicator =
        std::make_shared<redis::RedisDeduplicator>(executor, *job.redis_deduplicator);
  }
  client::Subscriber subscriber(executor, std::move(options), std::move(handler));
  running = &subscriber;
  bool told = false;
  std::string last_lost;  // it is tried again for ever, and told once
  subscriber.on_connection([&](const Error* lost) {
    if (lost != nullptr) {
      if (lost->message != last_lost) job.on_notice(lost->message);
      last_lost = lost->message;
    } else if (!std::exchange(told, true)) {
      job.on_subscribed();
    } else {
      last_lost.clear();
      job.on_notice("receiving again");
    }
  });
  subscriber.on_failure([&](const Attempt& attempt, const Handled& handled) {
    job.on_notice(fmt::format("{} {}: {}; {}", attempt.routing_key,
                              attempt.delivery->properties().message_id.value_or("without an id"),
                              handled.error, what_follows(job, attempt, handled)));
  });
  asio::steady_timer timer(executor);
  if (!deadline.is_never()) {
    timer.expires_at(std::exchange(deadline, Deadline()).at);
    timer.async_wait([&](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      if (target) target->stop();
      stop(ServiceEnd::kTimeout);
    });
  }
  runner.on_signal([&] {
    // What the endpoint does not take now goes back to the queue.
    if (target) target->stop();
    stop(ServiceEnd::kInterrupted);
  });
  auto result = co_await subscriber.run(job.first_timeout);
  runner.on_signal({});
  timer.cancel();
  if (target) target->stop();
  if (!result) co_return fail(std::move(result).error());
  if (!told && end == ServiceEnd::kTimeout) {
    co_return fail(ErrorCode::kTimeout, "no broker answered in time");
  }
  co_return end.value_or(ServiceEnd::kCount);
}

}  // namespace bb::cli
