#include "server/metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "server/queue_totals.h"

namespace bb::server {
namespace {

class Page {
 public:
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "gauge", value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "counter", value);
  }
  // One of each label.
  void refusals(const broker::LimitRefusals& refusals) {
    text_ +=
        "# HELP bloodbank_limit_refusals_total What was refused because a limit was reached\n"
        "# TYPE bloodbank_limit_refusals_total counter\n";
    refusals.for_each([this](std::string_view limit, std::uint64_t count) {
      fmt::format_to(std::back_inserter(text_),
                     "bloodbank_limit_refusals_total{{limit=\"{}\"}} {}\n", limit, count);
    });
  }
  std::string text() && { return std::move(text_); }

 private:
  void add(std::string_view name, std::string_view help, std::string_view type,
           std::uint64_t value) {
    fmt::format_to(std::back_inserter(text_),
                   "# HELP bloodbank_{0} {1}\n# TYPE bloodbank_{0} {2}\nbloodbank_{0} {3}\n", name,
                   help, type, value);
  }

  std::string text_;
};

}  // namespace

HttpResponse metrics_response(const broker::Broker& broker) {
  const ObjectTotals totals = ObjectTotals::of(broker);
  const broker::Counters& counters = broker.counters();
  const broker::Options& limits = broker.options();
  Page page;
  page.gauge("connections", "Open connections", totals.connections);
  page.gauge("channels", "Open channels", totals.channels);
  page.gauge("consumers", "Consumers of all queues", totals.consumers);
  page.gauge("vhosts", "Virtual hosts", broker.vhosts().size());
  page.gauge("users", "Users", broker.access().users().size());
  page.gauge("queues", "Queues of all virtual hosts", totals.queues);
  page.gauge("exchanges", "Exchanges of all virtual hosts", totals.exchanges);
  page.gauge("bindings", "Bindings of all virtual hosts", totals.bindings);
  page.gauge("messages_ready", "Messages that wait in queues", totals.messages.ready);
  page.gauge("messages_unacked", "Messages delivered and not acknowledged",
             totals.messages.unacked);
  page.counter("messages_published_total", "Messages that clients published", counters.published);
  page.counter("messages_unroutable_total", "Published messages that no queue received",
               counters.unroutable);
  page.counter("messages_refused_invalid_total",
               "Published messages that their exchange refused and put into quarantine",
               counters.invalid);
  page.counter("messages_delivered_total", "Deliveries to clients", counters.delivered);
  page.counter("messages_acknowledged_total", "Messages that clients acknowledged",
               counters.acknowledged);
  page.counter("messages_dropped_total", "Messages that full queues dropped to make room",
               counters.dropped);
  page.gauge("memory_message_bytes", "Memory that messages hold", broker.message_bytes());
  page.gauge("memory_limit_bytes", "Publishers are held back above this", limits.memory_bytes_max);
  page.gauge("memory_alarm", "1 while publishers are held back", broker.memory_alarm() ? 1 : 0);
  page.gauge("disk_alarm", "1 while publishers are held back because the disk is nearly full",
             broker.disk_alarm() ? 1 : 0);
  page.counter("logins_refused_total", "Log-ins with a wrong name or password",
               broker.refused_login_count());
  page.refusals(counters.refused);
  page.gauge("connections_limit", "Connections there may be", limits.connections_max);
  page.gauge("vhosts_limit", "Virtual hosts there may be", limits.vhosts_max);
  page.gauge("users_limit", "Users there may be", limits.users_max);
  page.gauge("queues_limit", "Queues each virtual host may have", limits.queues_max);
  page.gauge("exchanges_limit", "Exchanges each virtual host may have", limits.exchanges_max);
  page.gauge("bindings_limit", "Bindings each virtual host may have", limits.bindings_max);
  page.gauge("channels_per_connection_limit", "Channels each connection may have",
             limits.channel_max);
  page.gauge("consumers_per_channel_limit", "Consumers each channel may have",
             limits.consumers_per_channel_max);
  page.gauge("frame_limit_bytes", "Bytes a frame may have", limits.frame_max_bytes);
  page.gauge("message_limit_bytes", "Bytes a message may have", limits.body_bytes_max);
  page.gauge("table_fields_limit", "Fields a table may have", limits.table_fields_max);
  page.gauge("table_depth_limit", "How deep tables may be nested", limits.table_depth_max);
  page.gauge("transaction_limit_bytes", "Bytes a transaction may hold",
             limits.transaction_bytes_max);
  page.gauge("quarantine_limit_bytes", "Bytes a queue of refused events keeps",
             limits.quarantine_bytes_max);
  if (limits.queue_length_max) {
    page.gauge("queue_length_limit", "Messages a queue without x-max-length may have",
               *limits.queue_length_max);
  }
  return {.status = 200,
          .content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = std::move(page).text()};
}

}  // namespace bb::server
