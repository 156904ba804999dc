#include "broker/amqp_peer.h"

#include <algorithm>

#include "broker/support.h"

namespace bb::bench::amqp {
namespace {

constexpr std::uint8_t kDurable = 2;
constexpr std::size_t kMethodsAtOnce = 500;
const std::string kFanout = "broker-bench.fanout";
const std::string kTopic = "broker-bench.topic";
const std::string kDoor = "broker-bench.door";

std::string queue_name(std::size_t queue) {
  return fmt::format("broker-bench.{}", queue);
}

Fields queue_declare(std::size_t queue, const Table& arguments) {
  return Fields().u16(0).short_text(queue_name(queue)).u8(kDurable).table(arguments);
}

Fields queue_bind(std::size_t queue, const std::string& exchange, const std::string& key) {
  Fields bind;
  bind.u16(0).short_text(queue_name(queue)).short_text(exchange).short_text(key).u8(0);
  return bind.table({});
}

Fields queue_delete(std::size_t queue) {
  return Fields().u16(0).short_text(queue_name(queue)).u8(0);
}

void declare_exchange(AmqpLink& link, const std::string& name, const std::string& type,
                      const Table& arguments = {}) {
  Fields declare;
  declare.u16(0).short_text(name).short_text(type).u8(kDurable).table(arguments);
  link.call(kExchangeDeclare, declare, kExchangeDeclareOk);
}

void delete_exchange(AmqpLink& link, const std::string& name) {
  link.call(kExchangeDelete, Fields().u16(0).short_text(name).u8(0), kExchangeDeleteOk);
}

// Sends methods without waiting for each answer.
class Pipeline {
 public:
  Pipeline(AmqpLink& link, MethodId request, MethodId answer)
      : link_(link), request_(request), answer_(answer) {}
  void add(const Fields& arguments) {
    methods_ += method(1, request_, arguments);
    if (++count_ == kMethodsAtOnce) flush();
  }
  void flush() {
    link_.call_many(methods_, count_, answer_);
    methods_.clear();
    count_ = 0;
  }

 private:
  AmqpLink& link_;
  MethodId request_;
  MethodId answer_;
  std::string methods_;
  std::size_t count_ = 0;
};

std::string pattern(std::size_t queue, std::size_t number) {
  if (number == 0) return fmt::format("agent{}.#", queue);
  if (number % 5 == 0) return fmt::format("agent{}.*.{}", queue, number);
  return fmt::format("agent{}.event{}.done", queue, number);
}

}  // namespace

AmqpPeer::AmqpPeer(const std::string& kind, std::uint16_t port)
    : port_(port), stream_(kind == "stream") {
  if (kind == "classic-v2") {
    arguments_ = {{"x-queue-version", 2}};
  } else if (kind == "lazy") {
    arguments_ = {{"x-queue-mode", "lazy"}};
  } else if (kind == "quorum" || kind == "stream") {
    arguments_ = {{"x-queue-type", kind}};
  } else if (kind != "classic") {
    fail("'{}' is no kind of queue", kind);
  }
}

std::unique_ptr<AmqpLink> AmqpPeer::channel() const {
  auto link = std::make_unique<AmqpLink>(port_);
  link->open_channel();
  return link;
}

void AmqpPeer::delete_queues(AmqpLink& link, std::size_t queues) const {
  Pipeline deletes(link, kQueueDelete, kQueueDeleteOk);
  for (std::size_t queue = 0; queue < queues; ++queue) deletes.add(queue_delete(queue));
  deletes.flush();
}

void AmqpPeer::set_up(std::size_t queues) {
  const auto link = channel();
  delete_queues(*link, queues);
  for (std::size_t queue = 0; queue < queues; ++queue) {
    link->call(kQueueDeclare, queue_declare(queue, arguments_), kQueueDeclareOk);
  }
  if (queues == 1) return;
  declare_exchange(*link, kFanout, "fanout");
  for (std::size_t queue = 0; queue < queues; ++queue) {
    link->call(kQueueBind, queue_bind(queue, kFanout, ""), kQueueBindOk);
  }
}

void AmqpPeer::tear_down(std::size_t queues) {
  const auto link = channel();
  delete_queues(*link, queues);
  if (queues > 1) delete_exchange(*link, kFanout);
}

std::unique_ptr<Link> AmqpPeer::publisher(std::size_t queues) {
  auto link = channel();
  link->call(kConfirmSelect, Fields().u8(0), kConfirmSelectOk);
  if (queues == 1) {
    link->publish_to("", queue_name(0));
  } else {
    link->publish_to(kFanout, "agent.tonny.event");
  }
  return link;
}

std::unique_ptr<Link> AmqpPeer::consumer(std::size_t queue, std::size_t prefetch) {
  auto link = channel();
  link->call(kBasicQos, Fields().u32(0).u16(prefetch).u8(0), kBasicQosOk);
  Fields consume;
  consume.u16(0).short_text(queue_name(queue)).short_text("c").u8(0);
  consume.table(stream_ ? Table{{"x-stream-offset", "first"}} : Table{});
  link->call(kBasicConsume, consume, kBasicConsumeOk);
  return link;
}

std::unique_ptr<Link> AmqpPeer::idle() {
  return std::make_unique<AmqpLink>(port_);
}

void AmqpPeer::set_up_topology(std::size_t queues, std::size_t bindings) {
  const auto link = channel();
  declare_exchange(*link, kTopic, "topic");
  Pipeline declares(*link, kQueueDeclare, kQueueDeclareOk);
  for (std::size_t queue = 0; queue < queues; ++queue) {
    declares.add(queue_declare(queue, arguments_));
  }
  declares.flush();
  Pipeline binds(*link, kQueueBind, kQueueBindOk);
  for (std::size_t queue = 0; queue < queues; ++queue) {
    for (std::size_t i = 0; i < bindings; ++i) {
      binds.add(queue_bind(queue, kTopic, pattern(queue, i)));
    }
  }
  binds.flush();
}

void AmqpPeer::tear_down_topology(std::size_t queues) {
  const auto link = channel();
  delete_queues(*link, queues);
  delete_exchange(*link, kTopic);
}

std::unique_ptr<Link> AmqpPeer::topology_publisher(std::size_t queue) {
  auto link = channel();
  link->call(kConfirmSelect, Fields().u8(0), kConfirmSelectOk);
  link->publish_to(kTopic, pattern(queue, 1));
  return link;
}

void AmqpPeer::set_up_validation(const std::string& policy, const std::string& event_type) {
  const auto link = channel();
  delete_queues(*link, 1);
  delete_exchange(*link, kDoor);
  Table arguments;
  if (policy != "off") arguments = {{"x-schema-validation", policy}};
  declare_exchange(*link, kDoor, "topic", arguments);
  link->call(kQueueDeclare, queue_declare(0, arguments_), kQueueDeclareOk);
  link->call(kQueueBind, queue_bind(0, kDoor, event_type), kQueueBindOk);
}

void AmqpPeer::tear_down_validation() {
  const auto link = channel();
  delete_queues(*link, 1);
  delete_exchange(*link, kDoor);
}

std::unique_ptr<Link> AmqpPeer::validation_publisher(const std::string& event_type) {
  auto link = channel();
  link->call(kConfirmSelect, Fields().u8(0), kConfirmSelectOk);
  link->publish_to(kDoor, event_type);
  return link;
}

}  // namespace bb::bench::amqp
