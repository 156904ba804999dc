// Queues and exchanges.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/try.h"
#include "broker/access_json.h"
#include "broker/json_table.h"
#include "server/management_call.h"
#include "server/management_json.h"
#include "server/queue_totals.h"

namespace bb::server {
namespace {

namespace json = boost::json;
using broker::Access;
using broker::ResourceKind;

json::object meter_json(const broker::RateMeter& meter, TimePoint now) {
  return {{"rate", std::round(meter.rate(now) * 10) / 10}};
}

// As RabbitMQ has it, of what is counted here.
json::object traffic_json(const broker::Queue::Traffic& traffic, TimePoint now) {
  return {{"publish", traffic.published.total()},
          {"publish_details", meter_json(traffic.published, now)},
          {"deliver_get", traffic.delivered.total()},
          {"deliver_get_details", meter_json(traffic.delivered, now)},
          {"ack", traffic.acknowledged.total()},
          {"ack_details", meter_json(traffic.acknowledged, now)}};
}

json::object queue_json(const broker::VHost& vhost, const broker::Queue& queue,
                        const UnackedByQueue& unacked, TimePoint now) {
  json::object object{{"name", queue.name()}, {"vhost", vhost.name()}};
  const broker::Queue::Properties& properties = queue.properties();
  object["durable"] = properties.durable;
  object["auto_delete"] = properties.auto_delete;
  object["exclusive"] = properties.exclusive_to != 0;
  object["arguments"] = broker::to_json(properties.arguments);
  const amqp::FieldValue* const type = properties.arguments.find("x-queue-type");
  const std::string* const type_name = type == nullptr ? nullptr : type->as_string();
  object["type"] = type_name == nullptr ? "classic" : *type_name;
  object["state"] = "running";
  object["consumers"] = queue.consumer_count();
  object["message_bytes_ready"] = queue.body_bytes();
  QueueTotals totals;
  totals.add(queue, unacked);
  totals.write(object);
  object["message_stats"] = traffic_json(queue.traffic(), now);
  if (const auto oldest = unacked.oldest(queue)) {
    object["oldest_unacked_age_ms"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - *oldest).count();
  }
  if (queue.is_stream()) {
    const broker::StreamLog& log = queue.stream_log();
    object["first_offset"] = log.first_offset();
    // Of the last message, as RabbitMQ counts: -1 before the first one.
    object["committed_offset"] = static_cast<std::int64_t>(log.next_offset()) - 1;
  }
  return object;
}

json::object exchange_json(const broker::VHost& vhost, const broker::Exchange& exchange) {
  const broker::Exchange::Properties& properties = exchange.properties();
  return {{"name", exchange.name()},
          {"vhost", vhost.name()},
          {"schema_validation", to_string(exchange.validation())},
          {"type", to_string(properties.type)},
          {"durable", properties.durable},
          {"auto_delete", properties.auto_delete},
          {"internal", properties.internal},
          {"arguments", broker::to_json(properties.arguments)}};
}

// The queues of some vhosts, by vhost and name, as a JSON array: there may be a hundred thousand of
// them, so it comes piece by piece. Those that are deleted before their turn are not in it.
class QueueListing {
 public:
  explicit QueueListing(broker::Broker& broker) : broker_(broker), unacked_(broker) {}

  void add(const broker::VHost& vhost) {
    const std::size_t first = names_.size();
    vhost.for_each_queue(
        [&](const broker::Queue& queue) { names_.push_back({vhost.name(), queue.name()}); });
    std::sort(names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end());
  }

  // HttpResponse::more
  bool operator()(std::string& body) {
    const std::size_t end = std::min(names_.size(), next_ + kAtOnce);
    for (; next_ < end; ++next_) {
      const auto& [vhost_name, name] = names_[next_];
      const broker::VHost* const vhost = broker_.find_vhost(vhost_name);
      const broker::Queue* const queue = vhost == nullptr ? nullptr : vhost->peek_queue(name);
      if (queue == nullptr) continue;
      body += body.empty() ? '[' : ',';
      body += json::serialize(queue_json(*vhost, *queue, unacked_, broker_.clock().now));
    }
    if (next_ < names_.size()) return true;
    body += body.empty() ? "[]" : "]";
    return false;
  }

 private:
  static constexpr std::size_t kAtOnce = 200;  // about 3 ms

  broker::Broker& broker_;
  UnackedByQueue unacked_;
  std::vector<std::pair<std::string, std::string>> names_;  // vhost, queue
  std::size_t next_ = 0;
};

// kResourceLocked: exclusive queues are their connection's.
Result<broker::Queue*> find_queue(broker::VHost& vhost, std::string_view name) {
  return vhost.find_queue(name, /*connection=*/0);
}

}  // namespace

ManagementResult list_queues(const ManagementCall& call) {
  QueueListing listing(call.broker);
  BB_TRY(for_each_vhost(call, [&](const broker::VHost& vhost) { listing.add(vhost); }));
  HttpResponse response;
  response.more = std::move(listing);
  return response;
}

ManagementResult get_queue(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const broker::Queue* const queue = vhost->peek_queue(call.arguments[1]);
  if (queue == nullptr) return no_such(*vhost, "queue", call.arguments[1]);
  const broker::Clock& clock = call.broker.clock();
  json::object object = queue_json(*vhost, *queue, UnackedByQueue(call.broker), clock.now);
  // Of one queue alone, for it may have to be read.
  if (const auto found = find_queue(*vhost, call.arguments[1])) {
    if (const auto published_ms = (*found)->head_published_ms()) {
      object["oldest_ready_age_ms"] = std::max<std::int64_t>(clock.wall_ms - *published_ms, 0);
    }
  }
  return json_response(object);
}

ManagementResult put_queue(const ManagementCall& call) {
  const std::string& name = call.arguments[1];
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY_ASSIGN(const json::object body, call.body());
  broker::Queue::Properties properties;
  BB_TRY_ASSIGN(properties.durable, broker::flag_of(body, "durable", false));
  BB_TRY_ASSIGN(properties.auto_delete, broker::flag_of(body, "auto_delete", false));
  BB_TRY_ASSIGN(properties.arguments, arguments_of(body));
  BB_TRY(call.check(Access::kConfigure, *vhost, ResourceKind::kQueue, name));
  const bool is_new = !vhost->has_queue(name);
  if (is_new) {
    BB_TRY(check_forwarding(call, *vhost, ResourceKind::kQueue, name, properties.arguments,
                            "x-dead-letter-exchange"));
  }
  BB_TRY(vhost->declare_queue(name, std::move(properties), /*connection=*/0));
  return put_response(is_new);
}

ManagementResult delete_queue(const ManagementCall& call) {
  const std::string& name = call.arguments[1];
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY(call.check(Access::kConfigure, *vhost, ResourceKind::kQueue, name));
  BB_TRY_ASSIGN(broker::Queue* const queue,
                vhost->find_deletable_queue(name, /*connection=*/0, call.query_flag("if-unused"),
                                            call.query_flag("if-empty")));
  if (queue == nullptr) return no_such(*vhost, "queue", name);
  vhost->remove_queue(*queue);
  return no_content();
}

ManagementResult purge_queue(const ManagementCall& call) {
  const std::string& name = call.arguments[1];
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY(call.check(Access::kRead, *vhost, ResourceKind::kQueue, name));
  BB_TRY_ASSIGN(broker::Queue* const queue, find_queue(*vhost, name));
  BB_TRY(vhost->check_purge(*queue));
  queue->purge();
  return no_content();
}

ManagementResult list_exchanges(const ManagementCall& call) {
  json::array list;
  BB_TRY(for_each_vhost(call, [&](const broker::VHost& vhost) {
    vhost.for_each_exchange(
        [&](const broker::Exchange& exchange) { list.push_back(exchange_json(vhost, exchange)); });
  }));
  return json_response(sorted_by_name(std::move(list)));
}

ManagementResult get_exchange(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY_ASSIGN(const broker::Exchange* const exchange,
                vhost->find_exchange(exchange_name(call.arguments[1])));
  return json_response(exchange_json(*vhost, *exchange));
}

ManagementResult put_exchange(const ManagementCall& call) {
  const std::string& name = call.arguments[1];
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(const std::string type_name, broker::text_of(body, "type", "direct"));
  const auto type = broker::parse_exchange_type(type_name);
  if (!type) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("unknown exchange type '{}'", type_name));
  }
  broker::Exchange::Properties properties;
  properties.type = *type;
  BB_TRY_ASSIGN(properties.durable, broker::flag_of(body, "durable", false));
  BB_TRY_ASSIGN(properties.auto_delete, broker::flag_of(body, "auto_delete", false));
  BB_TRY_ASSIGN(properties.internal, broker::flag_of(body, "internal", false));
  BB_TRY_ASSIGN(properties.arguments, arguments_of(body));
  BB_TRY(call.check(Access::kConfigure, *vhost, ResourceKind::kExchange, name));
  const bool is_new = !vhost->has_exchange(name);
  if (is_new) {
    BB_TRY(check_forwarding(call, *vhost, ResourceKind::kExchange, name, properties.arguments,
                            broker::kAlternateExchange));
  }
  BB_TRY(vhost->declare_exchange(name, std::move(properties)));
  return put_response(is_new);
}

ManagementResult delete_exchange(const ManagementCall& call) {
  const std::string& name = call.arguments[1];
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY(call.check(Access::kConfigure, *vhost, ResourceKind::kExchange, name));
  if (!vhost->has_exchange(name)) return no_such(*vhost, "exchange", name);
  BB_TRY(vhost->delete_exchange(name, call.query_flag("if-unused")));
  return no_content();
}

}  // namespace bb::server
