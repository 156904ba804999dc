// Transactions: what a channel publishes and acknowledges is held back until tx.commit.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "amqp/properties.h"
#include "base/assert.h"
#include "base/try.h"
#include "broker/channel.h"

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
  BB_TRY_ASSIGN(auto queues, connection_.vhost().queues_for(publication));
  tx_->bytes += sizeof(Message) + publication.body.size() + publication.properties.size() +
                queues.size() * sizeof(Queue::Ptr);
  if (tx_->bytes > broker.options.transaction_bytes_max) {
    broker.counters.refused.count(Limit::kTransactionBytes);
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a transaction holds at most {} bytes: commit more often",
                            broker.options.transaction_bytes_max));
  }
  tx_->publishes.push_back(
      {Message::make(broker.memory, publication.exchange, publication.routing_key,
                     publication.properties, publication.body,
                     publication.decoded.delivery_mode == amqp::kPersistent, broker.clock.wall_ms),
       std::move(queues), mandatory});
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
                                  .decoded = *properties,
                                  .queues = &each.queues},
                                 each.mandatory);
    refused |= !outcome || outcome->refused;
    if (outcome) position = std::max(position, outcome->position);
  }
  for (Transaction::Settling& each : transaction->settlings) {
    settle(std::move(each.taken), each.outcome);
  }
  if (!transaction->settlings.empty()) {
    const auto written = broker.storage.write_settled();
    refused |= !written;
    if (written) position = *written;
  }
  if (refused) return fail(ErrorCode::kPreconditionFailed, "partial tx completion");
  // Clients may send the next commit before they have read the answer to this one.
  if (!commits_waiting_.empty()) position = std::max(position, commits_waiting_.back());
  commits_waiting_.push_back(position);
  finish_commits();
  if (!commits_waiting_.empty()) connection_.await_durable();
  if (!transaction->publishes.empty()) connection_.published();
  return {};
}

void Channel::finish_commits() {
  const Position durable = connection_.broker().storage.durable();
  std::size_t done = 0;
  for (; done < commits_waiting_.size() && commits_waiting_[done] <= durable; ++done) {
    send(amqp::tx::CommitOk{});
  }
  commits_waiting_.erase(commits_waiting_.begin(),
                         commits_waiting_.begin() + static_cast<std::ptrdiff_t>(done));
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

std::size_t Channel::uncommitted_ack_count() const {
  std::size_t count = 0;
  if (!tx_) return count;
  for (const Transaction::Settling& each : tx_->settlings) count += each.taken.size();
  return count;
}

void Channel::for_each_unacked(const std::function<void(const Unacked&)>& visit) const {
  unacked_.for_each(visit);
  if (!tx_) return;
  for (const Transaction::Settling& each : tx_->settlings) {
    for (const Unacked& unacked : each.taken) visit(unacked);
  }
}

}  // namespace bb::broker
