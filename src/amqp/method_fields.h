// The fields of every method that has any, in the order of the wire (AMQP 0-9-1 §1.3 to
// §1.9 and RabbitMQ's extensions): one description that the encoder and the decoder
// share, so that they cannot disagree. Internal to the codec.
//
// An archive A has one member function per domain of the specification and returns
// itself from each. A::kWriting says whether it writes methods or fills them.
#pragma once

#include <type_traits>

#include "amqp/methods.h"

namespace bb::amqp {

template <class A, class M>
using Fields = std::conditional_t<A::kWriting, const M, M>;

template <class A>
void describe(A& a, Fields<A, connection::Start>& m) {
  a.octet(m.version_major)
      .octet(m.version_minor)
      .table(m.server_properties)
      .long_string(m.mechanisms)
      .long_string(m.locales);
}
template <class A>
void describe(A& a, Fields<A, connection::StartOk>& m) {
  a.table(m.client_properties)
      .short_string(m.mechanism)
      .long_string(m.response)
      .short_string(m.locale);
}
template <class A>
void describe(A& a, Fields<A, connection::Secure>& m) {
  a.long_string(m.challenge);
}
template <class A>
void describe(A& a, Fields<A, connection::SecureOk>& m) {
  a.long_string(m.response);
}
template <class A>
void describe(A& a, Fields<A, connection::Tune>& m) {
  a.short_integer(m.channel_max).long_integer(m.frame_max).short_integer(m.heartbeat);
}
template <class A>
void describe(A& a, Fields<A, connection::TuneOk>& m) {
  a.short_integer(m.channel_max).long_integer(m.frame_max).short_integer(m.heartbeat);
}
template <class A>
void describe(A& a, Fields<A, connection::Open>& m) {
  a.short_string(m.virtual_host).short_string(m.reserved_1).bit(m.reserved_2);
}
template <class A>
void describe(A& a, Fields<A, connection::OpenOk>& m) {
  a.short_string(m.reserved_1);
}
template <class A>
void describe(A& a, Fields<A, connection::Close>& m) {
  a.short_integer(m.reply_code)
      .short_string(m.reply_text)
      .short_integer(m.failing_class_id)
      .short_integer(m.failing_method_id);
}
template <class A>
void describe(A& a, Fields<A, connection::Blocked>& m) {
  a.short_string(m.reason);
}
template <class A>
void describe(A& a, Fields<A, connection::UpdateSecret>& m) {
  a.long_string(m.new_secret).short_string(m.reason);
}
template <class A>
void describe(A& a, Fields<A, channel::Open>& m) {
  a.short_string(m.reserved_1);
}
template <class A>
void describe(A& a, Fields<A, channel::OpenOk>& m) {
  a.long_string(m.reserved_1);
}
template <class A>
void describe(A& a, Fields<A, channel::Flow>& m) {
  a.bit(m.active);
}
template <class A>
void describe(A& a, Fields<A, channel::FlowOk>& m) {
  a.bit(m.active);
}
template <class A>
void describe(A& a, Fields<A, channel::Close>& m) {
  a.short_integer(m.reply_code)
      .short_string(m.reply_text)
      .short_integer(m.failing_class_id)
      .short_integer(m.failing_method_id);
}
template <class A>
void describe(A& a, Fields<A, access::Request>& m) {
  a.short_string(m.realm).bit(m.exclusive).bit(m.passive).bit(m.active).bit(m.write).bit(m.read);
}
template <class A>
void describe(A& a, Fields<A, access::RequestOk>& m) {
  a.short_integer(m.ticket);
}
template <class A>
void describe(A& a, Fields<A, exchange::Declare>& m) {
  a.short_integer(m.ticket)
      .short_string(m.exchange)
      .short_string(m.type)
      .bit(m.passive)
      .bit(m.durable)
      .bit(m.auto_delete)
      .bit(m.internal)
      .bit(m.no_wait)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, exchange::Delete>& m) {
  a.short_integer(m.ticket).short_string(m.exchange).bit(m.if_unused).bit(m.no_wait);
}
template <class A>
void describe(A& a, Fields<A, exchange::Bind>& m) {
  a.short_integer(m.ticket)
      .short_string(m.destination)
      .short_string(m.source)
      .short_string(m.routing_key)
      .bit(m.no_wait)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, exchange::Unbind>& m) {
  a.short_integer(m.ticket)
      .short_string(m.destination)
      .short_string(m.source)
      .short_string(m.routing_key)
      .bit(m.no_wait)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, queue::Declare>& m) {
  a.short_integer(m.ticket)
      .short_string(m.queue)
      .bit(m.passive)
      .bit(m.durable)
      .bit(m.exclusive)
      .bit(m.auto_delete)
      .bit(m.no_wait)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, queue::DeclareOk>& m) {
  a.short_string(m.queue).long_integer(m.message_count).long_integer(m.consumer_count);
}
template <class A>
void describe(A& a, Fields<A, queue::Bind>& m) {
  a.short_integer(m.ticket)
      .short_string(m.queue)
      .short_string(m.exchange)
      .short_string(m.routing_key)
      .bit(m.no_wait)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, queue::Purge>& m) {
  a.short_integer(m.ticket).short_string(m.queue).bit(m.no_wait);
}
template <class A>
void describe(A& a, Fields<A, queue::PurgeOk>& m) {
  a.long_integer(m.message_count);
}
template <class A>
void describe(A& a, Fields<A, queue::Delete>& m) {
  a.short_integer(m.ticket).short_string(m.queue).bit(m.if_unused).bit(m.if_empty).bit(m.no_wait);
}
template <class A>
void describe(A& a, Fields<A, queue::DeleteOk>& m) {
  a.long_integer(m.message_count);
}
template <class A>
void describe(A& a, Fields<A, queue::Unbind>& m) {
  a.short_integer(m.ticket)
      .short_string(m.queue)
      .short_string(m.exchange)
      .short_string(m.routing_key)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, basic::Qos>& m) {
  a.long_integer(m.prefetch_size).short_integer(m.prefetch_count).bit(m.global);
}
template <class A>
void describe(A& a, Fields<A, basic::Consume>& m) {
  a.short_integer(m.ticket)
      .short_string(m.queue)
      .short_string(m.consumer_tag)
      .bit(m.no_local)
      .bit(m.no_ack)
      .bit(m.exclusive)
      .bit(m.no_wait)
      .table(m.arguments);
}
template <class A>
void describe(A& a, Fields<A, basic::ConsumeOk>& m) {
  a.short_string(m.consumer_tag);
}
template <class A>
void describe(A& a, Fields<A, basic::Cancel>& m) {
  a.short_string(m.consumer_tag).bit(m.no_wait);
}
template <class A>
void describe(A& a, Fields<A, basic::CancelOk>& m) {
  a.short_string(m.consumer_tag);
}
template <class A>
void describe(A& a, Fields<A, basic::Publish>& m) {
  a.short_integer(m.ticket)
      .short_string(m.exchange)
      .short_string(m.routing_key)
      .bit(m.mandatory)
      .bit(m.immediate);
}
template <class A>
void describe(A& a, Fields<A, basic::Return>& m) {
  a.short_integer(m.reply_code)
      .short_string(m.reply_text)
      .short_string(m.exchange)
      .short_string(m.routing_key);
}
template <class A>
void describe(A& a, Fields<A, basic::Deliver>& m) {
  a.short_string(m.consumer_tag)
      .long_long_integer(m.delivery_tag)
      .bit(m.redelivered)
      .short_string(m.exchange)
      .short_string(m.routing_key);
}
template <class A>
void describe(A& a, Fields<A, basic::Get>& m) {
  a.short_integer(m.ticket).short_string(m.queue).bit(m.no_ack);
}
template <class A>
void describe(A& a, Fields<A, basic::GetOk>& m) {
  a.long_long_integer(m.delivery_tag)
      .bit(m.redelivered)
      .short_string(m.exchange)
      .short_string(m.routing_key)
      .long_integer(m.message_count);
}
template <class A>
void describe(A& a, Fields<A, basic::GetEmpty>& m) {
  a.short_string(m.reserved_1);
}
template <class A>
void describe(A& a, Fields<A, basic::Ack>& m) {
  a.long_long_integer(m.delivery_tag).bit(m.multiple);
}
template <class A>
void describe(A& a, Fields<A, basic::Reject>& m) {
  a.long_long_integer(m.delivery_tag).bit(m.requeue);
}
template <class A>
void describe(A& a, Fields<A, basic::RecoverAsync>& m) {
  a.bit(m.requeue);
}
template <class A>
void describe(A& a, Fields<A, basic::Recover>& m) {
  a.bit(m.requeue);
}
template <class A>
void describe(A& a, Fields<A, basic::Nack>& m) {
  a.long_long_integer(m.delivery_tag).bit(m.multiple).bit(m.requeue);
}
template <class A>
void describe(A& a, Fields<A, confirm::Select>& m) {
  a.bit(m.no_wait);
}

}  // namespace bb::amqp
