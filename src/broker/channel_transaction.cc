// Transactions: what a channel publishes and acknowledges is held back until tx.commit.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "amqp/properties.h"
#include "base/assert.h"
#include "base/try.h"
#include "broker/channel.h"
#include "broker/sender_copies.h"

namespace bb::broker {

Result<void> Channel::handle(const amqp::tx::Select&) {
  if (confirms_.enabled()) {
    return fail(ErrorCode::kPreconditionFailed, "cannot switch from confirm to tx mode");
  }
  if (!tx_) tx_ = std::make_unique<Transaction>();
  send(amqp::tx::SelectOk{});
  return {};
}

Result<void> Channel::hold_publish(const Publication& publication, bool mandatory) {
  BrokerContext& broker = connection_.broker();
  if (may_have_copies(publication.decoded)) {
    // A bad header is told here, where it is sent, and not at the commit.
    if (const auto copies = sender_copies(publication.decoded); !copies) {
      return fail(copies.error());
    }
  }
  tx_->bytes += sizeof(Message) + publication.body.size() + publication.properties.size();
  if (tx_->bytes > broker.options.transaction_bytes_max) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a transaction holds at most {} bytes: commit more often",
                            broker.options.transaction_bytes_max));
  }
  tx_->publishes.push_back(
      {Message::make(broker.memory, publication.exchange, publication.routing_key,
                     publication.properties, publication.body,
                     publication.decoded.delivery_mode == amqp::kPersistent, broker.clock.wall_ms),
       mandatory});
  return {};
}

void Channel::settle_or_hold(std::vector<Unacked> taken, Outcome outcome) {
  if (taken.empty()) return;
  if (tx_) {
    tx_->settlings.push_back({std::move(taken), outcome});
  } else {
    settle(std::move(taken), outcome);
  }
}

// RabbitMQ's too: a commit that could not be kept in whole is told by closing the channel.
Result<void> Channel::handle(const amqp::tx::Commit&) {
  if (!tx_) return fail(ErrorCode::kPreconditionFailed, "channel is not transactional");
  BrokerContext& broker = connection_.broker();
  const auto transaction = std::exchange(tx_, std::make_unique<Transaction>());
  bool refused = false;
  Position position = 0;
  for (const Transaction::Publish& each : transaction->publishes) {
    const Message& message = *each.message;
    const auto properties = amqp::decode_properties(as_bytes(message.properties()));
    BB_ASSERT(properties);
    const auto outcome = publish({.exchange = message.exchange(),
                                  .routing_key = message.routing_key(),
                                  .properties = message.properties(),
                                  .body = message.body(),
                                  .decoded = *properties},
                                 each.mandatory);
    refused |= !outcome || outcome->refused;
    if (outcome) position = std::max(position, outcome->position);
  }
  for (Transaction::Settling& each : transaction->settlings) {
    settle(std::move(each.taken), each.outcome);
  }
  if (!transaction->settlings.empty()) position = broker.storage.appended();
  if (refused) return fail(ErrorCode::kPreconditionFailed, "partial tx completion");
  commit_waits_ = position;
  finish_commit();
  if (commit_waits_) connection_.await_durable();
  return {};
}

void Channel::finish_commit() {
  if (*commit_waits_ > connection_.broker().storage.durable()) return;
  commit_waits_.reset();
  send(amqp::tx::CommitOk{});
}

Result<void> Channel::handle(const amqp::tx::Rollback&) {
  if (!tx_) return fail(ErrorCode::kPreconditionFailed, "channel is not transactional");
  roll_back();
  send(amqp::tx::RollbackOk{});
  return {};
}

// What was acknowledged is unacknowledged again; it does not go back to its queue by this.
void Channel::roll_back() {
  const auto transaction = std::exchange(tx_, std::make_unique<Transaction>());
  for (Transaction::Settling& each : transaction->settlings) {
    unacked_.put_back(std::move(each.taken));
  }
}

}  // namespace bb::broker
