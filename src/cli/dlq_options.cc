#include "cli/dlq_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "amqp/constants.h"
#include "base/try.h"
#include "cli/json_value.h"
#include "cli/management_options.h"
#include "cli/resource.h"
#include "cli/settings.h"
#include "cli/where_option.h"
#include "client/failure_headers.h"
#include "client/subscriber.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kIdBytesMin = 4;
constexpr std::size_t kNoticesMax = 10;

std::string dead_letter_queue_of(std::string queue) {
  if (!queue.ends_with(client::kDeadLetterQueueSuffix)) queue += client::kDeadLetterQueueSuffix;
  return queue;
}

// The stricter one of an argument's and a policy's.
std::optional<std::int64_t> delivery_limit_of(const json::object& queue) {
  std::optional<std::int64_t> limit;
  for (const std::string_view path :
       {"arguments.x-delivery-limit", "effective_policy_definition.delivery-limit"}) {
    if (find_member(queue, path) == nullptr) continue;
    const std::int64_t each = number_at(queue, path);
    if (each >= 0) limit = std::min(limit.value_or(each), each);
  }
  return limit;
}

Result<std::vector<ScannedQueue>> ask_broker(const DlqOptions& options) {
  ManagementOptions management;
  management.http_url = options.http_url;
  management.url = options.url;
  management.timeout = options.timeout;
  BB_TRY_ASSIGN(ManagementSession session, open_session(management));
  auto records = fetch_records(queue_resource(), session, /*all_vhosts=*/false);
  if (!records) {
    Error error = std::move(records).error();
    error.message += "; --service or --queue names the queue without asking there";
    return fail(std::move(error));
  }
  std::vector<ScannedQueue> queues;
  for (const json::value& record : *records) {
    std::string name = text_at(record.get_object(), "name");
    if (!name.ends_with(client::kDeadLetterQueueSuffix)) continue;
    queues.push_back({std::move(name), delivery_limit_of(record.get_object())});
  }
  std::ranges::sort(queues, {}, &ScannedQueue::name);
  return queues;
}

}  // namespace

Result<DlqPlace> find_dlq_place(const DlqOptions& options) {
  if (options.service && options.queue) {
    return fail(ErrorCode::kUsage, "--service and --queue both name the queue: give one");
  }
  const Settings settings = Settings::load();
  DlqPlace place;
  client::ConnectorOptions& connector = place.connector;
  BB_TRY_ASSIGN(connector.urls, settings.urls(options.url));
  place.timeout = options.timeout.value_or(place.timeout);
  connector.connect.timeout = place.timeout;
  if (options.timeout) {
    for (amqp::Url& url : connector.urls) url.connection_timeout.reset();
  }
  connector.connect.connection_name = "bb dlq";
  if (!options.service && !options.queue) {
    BB_TRY_ASSIGN(place.queues, ask_broker(options));
    return place;
  }
  std::string queue = options.queue.value_or("");
  if (options.service) {
    BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
    queue = client::service_queue(exchange.value, *options.service);
  }
  queue = dead_letter_queue_of(std::move(queue));
  if (queue.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kUsage, fmt::format("the queue's name is longer than {} bytes",
                                               amqp::kShortStringMaxBytes));
  }
  place.queues.push_back({std::move(queue), std::nullopt});
  place.is_named = true;
  return place;
}

LetterChoice LetterChoice::of(const DlqOptions& options) {
  LetterChoice choice([](const std::string& notice) { print_warning(notice); });
  if (options.where) choice.only_where(*options.where);
  return choice;
}

bool LetterChoice::chooses(const DeadLetter& letter, std::string_view body) {
  if (id_ && *id_ != letter.id) return false;
  if (!where_) return true;
  if (!letter.is_event) return false;
  const auto chosen = where_->matches(body, scratch_);
  if (!chosen && notices_++ < kNoticesMax) {
    on_notice_(fmt::format("{}: {}", letter.id, chosen.error().message));
  }
  return chosen && *chosen;
}

Result<void> check_id(const std::string& id) {
  if (id.size() >= kIdBytesMin) return {};
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is too little of an id: give {} characters of its beginning or its "
                          "end",
                          id, kIdBytesMin));
}

Result<void> check_one_choice(const DlqOptions& options) {
  if ((options.id ? 1 : 0) + (options.all ? 1 : 0) + (options.where ? 1 : 0) != 1) {
    return fail(ErrorCode::kUsage, "say which dead letters: the ID of one, --where, or --all");
  }
  return options.id ? check_id(*options.id) : Result<void>();
}

void add_place_options(Command& command, DlqOptions& options) {
  command.options.push_back(text_option("--service", "NAME", options.service,
                                        "Those of this service: in the queue EXCHANGE.NAME.dlq"));
  command.options.push_back(
      text_option("--queue", "NAME", options.queue,
                  "Those of this queue: in NAME.dlq, or NAME if it is called so (default all "
                  "queues of the virtual host whose name ends in .dlq)"));
  command.options.push_back(duration_option("--timeout", options.timeout,
                                            "How long to wait for each answer (default 5s)"));
  command.options.push_back(url_option(options.url));
  command.options.push_back(
      text_option("--http-url", "URL", options.http_url,
                  "The management API, which knows the queues (default $BB_HTTP_URL, else the host "
                  "and the account of the broker's URL at port 8682)"));
  command.options.push_back(exchange_option(options.exchange));
}

OptionSpec letter_argument(DlqOptions& options, bool required) {
  OptionSpec spec =
      text_option("ID", "ID", options.id,
                  "The event's id, or so much of its beginning or its end as no other "
                  "has");
  spec.required = required;
  return spec;
}

OptionSpec letters_where_option(DlqOptions& options) {
  return where_option(
      "Those whose event is so, as in 'payload.user == 7'; docs/filter.md has the language",
      options.where);
}

}  // namespace bb::cli
