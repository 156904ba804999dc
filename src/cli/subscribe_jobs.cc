#include "cli/subscribe_jobs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "amqp/constants.h"
#include "base/host_name.h"
#include "base/try.h"
#include "cli/duration.h"
#include "cli/order_key.h"
#include "cli/output.h"
#include "cli/schema_settings.h"
#include "cli/settings.h"
#include "client/http_url.h"
#include "client/sqlite_deduplicator.h"
#include "io/read_file.h"
#include "redis/client_options.h"
#include "webhook/endpoint_url.h"
#include "webhook/signature.h"

namespace bb::cli {
namespace {

// Where the services of this machine keep what they have handled.
Result<std::string> handled_file(const SubscribeCommandOptions& options, const std::string& queue) {
  BB_TRY_ASSIGN(const Setting data_dir, Settings::load().data_dir(options.data_dir));
  const std::string folder = data_dir.value + "/handled";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kIo, fmt::format("cannot make {}: {}", folder, error.message()));
  }
  return fmt::format("{}/{}.sqlite", folder, client::encode_path_segment(queue));
}

// The secrets are in a file, a line each, or in the environment: arguments are for all to see.
Result<webhook::SenderOptions> webhook_options(const SubscribeCommandOptions& options) {
  webhook::SenderOptions sender;
  BB_TRY_ASSIGN(sender.url, webhook::parse_endpoint_url(*options.webhook));
  std::string lines;
  if (options.webhook_secrets) {
    BB_TRY_ASSIGN(lines, io::read_file(*options.webhook_secrets, 64 << 10));
  } else if (const char* const secret = std::getenv("BB_WEBHOOK_SECRET")) {
    lines = secret;
  }
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
    BB_TRY_ASSIGN(webhook::WebhookSecret secret, webhook::WebhookSecret::parse(line));
    sender.secrets.push_back(std::move(secret));
  }
  if (sender.secrets.empty()) {
    return fail(ErrorCode::kUsage,
                "--webhook needs the secret that its receiver knows (whsec_...): in "
                "BB_WEBHOOK_SECRET, or in a file with --webhook-secret-file");
  }
  sender.allow_private = options.allow_private;
  return sender;
}

std::string this_consumer(const SubscribeCommandOptions& options) {
  return fmt::format("{}@{}:{}", options.service.value_or("bb"), host_name(), ::getpid());
}

Result<Timestamp> moment_of(const std::string& text, Timestamp now) {
  BB_TRY_ASSIGN(const auto place, parse_history_place(text, now));
  if (const auto* const time = std::get_if<Timestamp>(&place)) return *time;
  return fail(ErrorCode::kUsage, "--since takes a duration (1h) or a time; --from an offset");
}

// What `options` ask for of the history; times are of events, and so is what is not chosen.
Result<HistoryRange> history_range(const SubscribeCommandOptions& options,
                                   EventChoiceOptions& choice) {
  const Timestamp now = std::chrono::system_clock::now();
  HistoryRange range;
  if (options.last) {
    range.from = HistoryRange::Last{*options.last};
  } else if (options.since) {
    BB_TRY_ASSIGN(choice.not_before, moment_of(*options.since, now));
  } else if (*options.from != "first") {
    BB_TRY_ASSIGN(const auto place, parse_history_place(*options.from, now));
    if (const auto* const offset = std::get_if<HistoryOffset>(&place)) {
      range.from = *offset;
    } else {
      choice.not_before = std::get<Timestamp>(place);
    }
  }
  if (choice.not_before) range.from = *choice.not_before;
  if (options.until) {
    BB_TRY_ASSIGN(range.until, parse_history_place(*options.until, now));
    // What is stamped by a clock that is ahead of ours is there now all the same.
    const auto* const end = std::get_if<Timestamp>(&*range.until);
    if (end != nullptr && *options.until != "now") choice.before = *end;
  }
  return range;
}

// Told on standard error.
std::shared_ptr<PublishGate> make_gate(const SubscribeCommandOptions& options) {
  PublishGate::Options gate;
  gate.mode = ValidationMode::kPermissive;
  gate.open_repository = [schemas = options.schemas] {
    return open_repository(Settings::load(), schemas);
  };
  gate.on_notice = print_warning;
  return std::make_shared<PublishGate>(std::move(gate));
}

}  // namespace

Result<SubscribeJob> resolve_subscription(const SubscribeCommandOptions& options) {
  if (options.queue &&
      (options.queue->empty() || options.queue->size() > amqp::kShortStringMaxBytes)) {
    return fail(ErrorCode::kUsage, fmt::format("the queue's name must have 1 to {} bytes",
                                               amqp::kShortStringMaxBytes));
  }
  const Settings settings = Settings::load();
  SubscribeJob job;
  BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
  BB_TRY_ASSIGN(job.connector.urls, settings.urls(options.url));
  job.connector.connect.connection_name = "bb subscribe";
  job.exchange = exchange.value;
  job.patterns = options.patterns;
  job.queue = options.queue;
  if (options.service) job.queue = client::service_queue(job.exchange, *options.service);
  job.count_max = options.count;
  job.choice.ignored = options.ignored;
  job.choice.where = options.where;
  if (is_of_history(options)) {
    // The history holds all events.
    job.choice.patterns = options.patterns;
    BB_TRY_ASSIGN(job.history, history_range(options, job.choice));
  }
  if (options.dump) {
    BB_TRY_ASSIGN(job.dump, EventDump::open(*options.dump));
  }
  if (options.validate) job.gate = make_gate(options);
  if (options.prefetch) job.prefetch = static_cast<std::uint16_t>(*options.prefetch);
  // What would only go back to the queue is better left there.
  const bool all_are_chosen = !options.where && options.ignored.empty() && !job.history;
  if (options.count && all_are_chosen)
    job.prefetch =
        static_cast<std::uint16_t>(std::min<std::uint64_t>(job.prefetch, *options.count));
  return job;
}

namespace {

// In Redis where there is one, for consumers on several machines; else, or with --data-dir, in a
// file.
Result<void> remember_handled(const SubscribeCommandOptions& options, ServiceJob& job) {
  const std::string& queue = job.subscriber.queue;
  BB_TRY_ASSIGN(const auto address, Settings::load().redis());
  if (address && !options.data_dir) {
    redis::RedisDeduplicatorOptions there;
    there.client = redis::client_options(*address);
    there.prefix = redis::handled_prefix(queue);
    there.window = *options.deduplicate;
    job.redis_deduplicator = std::move(there);
    return {};
  }
  client::SqliteDeduplicatorOptions file;
  BB_TRY_ASSIGN(file.path, handled_file(options, queue));
  file.window = std::max(std::chrono::ceil<std::chrono::seconds>(*options.deduplicate),
                         std::chrono::seconds(1));
  BB_TRY_ASSIGN(job.subscriber.deduplicator, client::SqliteDeduplicator::open(std::move(file)));
  return {};
}

}  // namespace

Result<ServiceJob> resolve_service(const SubscribeCommandOptions& options) {
  BB_TRY_ASSIGN(const SubscribeJob usual, resolve_subscription(options));
  ServiceJob job;
  client::SubscriberOptions& subscriber = job.subscriber;
  subscriber.connector = usual.connector;
  subscriber.exchange = usual.exchange;
  subscriber.patterns = usual.patterns;
  subscriber.queue = *usual.queue;
  // RabbitMQ and AMQP allow 255 bytes, and the queues beside it have longer names.
  if (subscriber.queue.size() + 32 > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kUsage,
                "the queue's name is too long for the queues beside it, whose "
                "names begin with it");
  }
  subscriber.consumer = this_consumer(options);
  if (options.quorum) subscriber.queue_type = client::QueueType::kQuorum;
  // An endpoint is paced by how it fares; a handler for each event is one that waits.
  subscriber.concurrency = options.concurrency.value_or(options.webhook ? 64 : 1);
  // Enough at hand for each handler that becomes free; no more of what may be held for minutes.
  const std::uint64_t least = options.webhook ? 1 : 16;
  subscriber.prefetch = static_cast<std::uint16_t>(options.prefetch.value_or(
      std::clamp<std::uint64_t>(2 * subscriber.concurrency, least, UINT16_MAX)));
  subscriber.finish_max = options.count;
  client::RetryPolicy& retry = subscriber.retry;
  if (options.attempts) retry.attempts_max = *options.attempts;
  if (options.retry_delay) retry.first = *options.retry_delay;
  if (options.retry_delay_max && *options.retry_delay_max < retry.first) {
    return fail(
        ErrorCode::kUsage,
        fmt::format("--retry-delay-max {} is shorter than the first wait, {} (--retry-delay)",
                    format_duration(*options.retry_delay_max), format_duration(retry.first)));
  }
  retry.most = std::max(options.retry_delay_max.value_or(retry.most), retry.first);
  if (options.ordered_by) {
    BB_TRY_ASSIGN(subscriber.order_key, order_key(*options.ordered_by));
  }
  if (options.deduplicate) {
    BB_TRY(remember_handled(options, job));
  }
  if (options.exec) job.command = *options.exec;
  if (options.webhook) {
    BB_TRY_ASSIGN(job.webhook, webhook_options(options));
  }
  job.choice = usual.choice;
  job.gate = usual.gate;
  if (options.exec_timeout) job.time_limit = *options.exec_timeout;
  return job;
}

}  // namespace bb::cli
