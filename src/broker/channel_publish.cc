// Publishing: basic.publish and its content, returns, confirms.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "amqp/properties.h"
#include "base/try.h"
#include "broker/channel.h"
#include "broker/message_traits.h"

namespace bb::broker {
namespace {

constexpr std::uint16_t kNoRouteReplyCode = 312;

}  // namespace

Result<void> Channel::handle(const amqp::basic::Publish& method) {
  if (method.immediate) return fail(ErrorCode::kNotImplemented, "immediate=true");
  // Refused before the content, as RabbitMQ does: the client need not send it all first.
  BB_TRY(check_exchange(Access::kWrite, method.exchange));
  BB_TRY(connection_.vhost().check_publish(method.exchange));
  publish_exchange_ = method.exchange;
  publish_routing_key_ = method.routing_key;
  publish_mandatory_ = method.mandatory;
  content_.start();
  header_due_ = true;
  connection_.published();
  return {};
}

Result<void> Channel::publish_content() {
  BB_TRY_ASSIGN(const amqp::BasicProperties properties,
                amqp::decode_properties(as_bytes(content_.properties())));
  if (properties.user_id && *properties.user_id != connection_.user()) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("user_id property set to '{}' but authenticated user was '{}'",
                            *properties.user_id, connection_.user()));
  }
  if (properties.expiration) BB_TRY(check_expiration(*properties.expiration));
  BB_TRY_ASSIGN(const PublishOutcome outcome,
                connection_.vhost().publish({.exchange = publish_exchange_,
                                             .routing_key = publish_routing_key_,
                                             .properties = content_.properties(),
                                             .body = content_.body(),
                                             .decoded = properties}));
  Counters& counters = connection_.broker().counters;
  ++counters.published;
  if (!outcome.routed) ++counters.unroutable;
  if (!outcome.routed && publish_mandatory_) {
    send_return(content_.properties(), content_.body());  // before the confirm
  }
  if (!confirms_.enabled()) return {};
  if (outcome.refused) {
    confirms_.refuse_next();
  } else if (outcome.position != 0) {
    confirms_.confirm_next_at(outcome.position);
  } else {
    confirms_.confirm_next();
  }
  return {};
}

void Channel::send_return(std::string_view properties, std::string_view body) {
  send(amqp::basic::Return{kNoRouteReplyCode, "NO_ROUTE", publish_exchange_, publish_routing_key_});
  amqp::encode_content(connection_.output(), id_, as_bytes(properties), as_bytes(body),
                       connection_.frame_max_bytes());
}

Result<void> Channel::handle(const amqp::confirm::Select& method) {
  confirms_.enable();
  if (!method.no_wait) send(amqp::confirm::SelectOk{});
  return {};
}

void Channel::refuse_unconfirmed() {
  confirms_.refuse_waiting();
  flush_confirms();
}

void Channel::flush_confirms() {
  acks_.clear();
  confirms_.collect(connection_.broker().storage.durable(), acks_);
  for (const ConfirmTracker::Ack& ack : acks_) {
    if (ack.nack) {
      send(amqp::basic::Nack{ack.sequence, ack.multiple, /*requeue=*/false});
    } else {
      send(amqp::basic::Ack{ack.sequence, ack.multiple});
    }
  }
  if (confirms_.waiting()) connection_.await_durable();
}

}  // namespace bb::broker
