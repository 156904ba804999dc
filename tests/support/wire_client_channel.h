// One channel of a WireClient, with words for what tests do most.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "support/wire_client.h"

namespace bb::test {

// The answer that a method gets when all is well.
template <class M>
struct ReplyTo;
// clang-format off
template <> struct ReplyTo<amqp::channel::Open> { using Type = amqp::channel::OpenOk; };
template <> struct ReplyTo<amqp::channel::Flow> { using Type = amqp::channel::FlowOk; };
template <> struct ReplyTo<amqp::channel::Close> { using Type = amqp::channel::CloseOk; };
template <> struct ReplyTo<amqp::access::Request> { using Type = amqp::access::RequestOk; };
template <> struct ReplyTo<amqp::exchange::Declare> { using Type = amqp::exchange::DeclareOk; };
template <> struct ReplyTo<amqp::exchange::Delete> { using Type = amqp::exchange::DeleteOk; };
template <> struct ReplyTo<amqp::exchange::Bind> { using Type = amqp::exchange::BindOk; };
template <> struct ReplyTo<amqp::exchange::Unbind> { using Type = amqp::exchange::UnbindOk; };
template <> struct ReplyTo<amqp::queue::Declare> { using Type = amqp::queue::DeclareOk; };
template <> struct ReplyTo<amqp::queue::Bind> { using Type = amqp::queue::BindOk; };
template <> struct ReplyTo<amqp::queue::Unbind> { using Type = amqp::queue::UnbindOk; };
template <> struct ReplyTo<amqp::queue::Purge> { using Type = amqp::queue::PurgeOk; };
template <> struct ReplyTo<amqp::queue::Delete> { using Type = amqp::queue::DeleteOk; };
template <> struct ReplyTo<amqp::basic::Qos> { using Type = amqp::basic::QosOk; };
template <> struct ReplyTo<amqp::basic::Consume> { using Type = amqp::basic::ConsumeOk; };
template <> struct ReplyTo<amqp::basic::Cancel> { using Type = amqp::basic::CancelOk; };
template <> struct ReplyTo<amqp::basic::Recover> { using Type = amqp::basic::RecoverOk; };
template <> struct ReplyTo<amqp::confirm::Select> { using Type = amqp::confirm::SelectOk; };
template <> struct ReplyTo<amqp::tx::Select> { using Type = amqp::tx::SelectOk; };
template <> struct ReplyTo<amqp::tx::Commit> { using Type = amqp::tx::CommitOk; };
template <> struct ReplyTo<amqp::tx::Rollback> { using Type = amqp::tx::RollbackOk; };
// clang-format on

// A message that was delivered, got or returned.
struct Delivery {
  std::string_view consumer_tag;  // of a delivery
  std::uint64_t tag = 0;          // 0 for a return
  bool redelivered = false;
  std::string_view exchange;
  std::string_view routing_key;
  std::uint32_t message_count = 0;  // left behind, after basic.get
  std::uint16_t reply_code = 0;     // of a return
  std::string_view reply_text;      // of a return
  amqp::BasicProperties properties;
  std::string_view body;
  std::size_t body_frames = 0;
};

// A handle: the client outlives it. Copies are the same channel.
class WireChannel {
 public:
  WireChannel(WireClient& client, std::uint16_t number) : client_(&client), number_(number) {}

  WireClient& client() { return *client_; }
  std::uint16_t number() const { return number_; }

  template <class M>
  void send(const M& method) {
    client_->send(number_, method);
  }
  template <class M>
  M expect(Where where = Where::current()) {
    return client_->expect<M>(number_, where);
  }
  // Sends a method and waits for its answer.
  template <class M>
  typename ReplyTo<M>::Type call(const M& method, Where where = Where::current()) {
    send(method);
    return expect<typename ReplyTo<M>::Type>(where);
  }

  // Declares a queue and gives its name.
  std::string declare(const amqp::queue::Declare& queue, Where where = Where::current());
  // A queue of this connection's own with a name made up by the broker.
  std::string declare_exclusive(Where where = Where::current());

  void publish(std::string_view exchange, std::string_view routing_key, std::string_view body,
               const amqp::BasicProperties& properties = {}, bool mandatory = false);
  // Publishes on a channel of its own and waits until the queues have it.
  void route(std::string_view exchange, std::string_view routing_key, std::string_view body,
             const amqp::BasicProperties& properties = {}, Where where = Where::current());
  // The same straight to a queue.
  void put(std::string_view queue, std::string_view body,
           const amqp::BasicProperties& properties = {}, Where where = Where::current());
  std::uint32_t message_count(std::string_view queue, Where where = Where::current());
  std::uint32_t consumer_count(std::string_view queue, Where where = Where::current());

  // basic.get: nothing for an empty queue.
  std::optional<Delivery> get(std::string_view queue, bool no_ack = true,
                              Where where = Where::current());
  // basic.get from a queue that has to have a message.
  Delivery get_message(std::string_view queue, bool no_ack = true, Where where = Where::current());
  // The bodies that basic.get gives until the queue is empty, each with a space behind it.
  std::string drain(std::string_view queue, Where where = Where::current());
  // Consumes and gives the consumer tag.
  std::string consume(std::string_view queue, bool no_ack = false, Where where = Where::current());
  Delivery expect_delivery(Where where = Where::current());
  // A delivery of that body.
  Delivery expect_delivery_of(std::string_view body, Where where = Where::current());
  Delivery expect_return(Where where = Where::current());
  void ack(std::uint64_t delivery_tag, bool multiple = false);

  // Waits until publishes 1 to `count` were answered, and gives those that were refused.
  std::set<std::uint64_t> expect_confirms(std::uint64_t count, Where where = Where::current());

  // Nothing is on its way to this channel, neither from the broker nor from `queue`.
  void expect_nothing(std::string_view queue, Where where = Where::current());

  // channel.close with that code, text and method, answered with close-ok.
  void expect_closed(std::uint16_t code, std::optional<std::string_view> text,
                     amqp::MethodId method, Where where = Where::current());

 private:
  Delivery with_content(Delivery delivery, Where where);

  WireClient* client_;
  std::uint16_t number_;
  std::uint64_t confirmed_ = 0;  // publishes 1 to this one were answered
};

}  // namespace bb::test
