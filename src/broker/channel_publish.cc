// Publishing: basic.publish and its content, returns, confirms.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "amqp/properties.h"
#include "amqp/return_text.h"
#include "base/try.h"
#include "broker/channel.h"
#include "broker/message_traits.h"
#include "broker/sender_copies.h"
#include "broker/table_limits.h"

namespace bb::broker {
namespace {

constexpr std::uint16_t kNoRouteReplyCode = 312;

// https://www.rabbitmq.com/validated-user-id.html: federation, for one, passes messages on.
bool speaks_for_others(const User* user) {
  return user != nullptr && user->has_tag("impersonator");
}

}  // namespace

Result<void> Channel::handle(const amqp::basic::Publish& method) {
  if (method.immediate) return fail(ErrorCode::kNotImplemented, "immediate=true");
  // Refused before the content, as RabbitMQ does: the client need not send it all first.
  BB_TRY(check_exchange(Access::kWrite, method.exchange));
  BB_TRY(connection_.vhost().check_publish(method.exchange));
  publish_exchange_ = method.exchange;
  publish_routing_key_ = method.routing_key;
  publish_mandatory_ = method.mandatory;
  BB_TRY(check_memory());
  content_.start();
  header_due_ = true;
  return {};
}

Result<void> Channel::publish_content() {
  const auto decoded = amqp::decode_properties(as_bytes(content_.properties()));
  // The code that RabbitMQ ends the connection with: its decoder crashes.
  if (!decoded) return fail(ErrorCode::kInternalError, decoded.error().message);
  const amqp::BasicProperties& properties = *decoded;
  if (properties.user_id && *properties.user_id != connection_.user() &&
      !speaks_for_others(connection_.broker().access.find_user(connection_.user()))) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("user_id property set to '{}' but authenticated user was '{}'",
                            *properties.user_id, connection_.user()));
  }
  BB_TRY(check_headers(properties));
  if (properties.expiration) BB_TRY(check_expiration(*properties.expiration));
  BB_TRY_ASSIGN(const std::optional<std::string> answerable, with_reply_queue(properties));
  const Publication publication{.exchange = publish_exchange_,
                                .routing_key = publish_routing_key_,
                                .properties = answerable ? *answerable : content_.properties(),
                                .body = content_.body(),
                                .decoded = properties};
  if (tx_) return hold_publish(publication, publish_mandatory_);
  BB_TRY_ASSIGN(const PublishOutcome outcome, publish(publication, publish_mandatory_));
  confirm(outcome);
  return {};
}

Result<void> Channel::check_headers(const amqp::BasicProperties& properties) const {
  BrokerContext& broker = connection_.broker();
  if (!properties.headers || !limits_tables(broker.options)) return {};
  BB_TRY_ASSIGN(const amqp::FieldTable headers, amqp::decode_table(*properties.headers));
  auto fits = check_table_limits(headers, broker.options);
  if (!fits) broker.counters.refused.count(Limit::kTables);
  return fits;
}

Result<PublishOutcome> Channel::publish(const Publication& publication, bool mandatory) {
  BB_TRY_ASSIGN(const PublishOutcome outcome, connection_.vhost().publish(publication));
  Counters& counters = connection_.broker().counters;
  ++counters.published;
  if (!outcome.routed) ++counters.unroutable;
  if (!outcome.routed && mandatory) {
    send_return(publication, outcome.in_history);  // before the confirm
  }
  return outcome;
}

void Channel::confirm(const PublishOutcome& outcome) {
  if (!confirms_.enabled()) return;
  if (outcome.invalid && outcome.position != 0) {
    confirms_.refuse_next_at(outcome.position);
  } else if (outcome.refused) {
    confirms_.refuse_next();
  } else if (outcome.position != 0) {
    confirms_.confirm_next_at(outcome.position);
  } else {
    confirms_.confirm_next();
  }
}

void Channel::send_return(const Publication& publication, bool in_history) {
  send(amqp::basic::Return{kNoRouteReplyCode, in_history ? amqp::kKeptInHistory : amqp::kNoRoute,
                           publication.exchange, publication.routing_key});
  std::string shown;
  std::string_view properties = publication.properties;
  if (may_have_blind_copies(properties)) {
    shown = without_blind_copies(properties);
    properties = shown;
  }
  amqp::encode_content(connection_.output(), id_, as_bytes(properties), as_bytes(publication.body),
                       connection_.frame_max_bytes());
}

Result<void> Channel::handle(const amqp::confirm::Select& method) {
  if (tx_) return fail(ErrorCode::kPreconditionFailed, "cannot switch from tx to confirm mode");
  confirms_.enable();
  if (!method.no_wait) send(amqp::confirm::SelectOk{});
  return {};
}

Result<void> Channel::refuse_unconfirmed() {
  confirms_.refuse_waiting();
  flush_confirms();
  if (commits_waiting_.empty()) return {};
  commits_waiting_.clear();
  return fail(ErrorCode::kInternalError, "the transaction could not be kept on disk");
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
  finish_commits();
  if (confirms_.waiting() || !commits_waiting_.empty()) connection_.await_durable();
}

}  // namespace bb::broker
