// A consumer made by basic.consume.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "broker/channel.h"
#include "broker/queue.h"

namespace bb::broker {

// Ties a queue to a channel. Owned by the channel; in the queue's list while queue() is set.
class ChannelConsumer final : public Consumer {
 public:
  // `number` is unique within the channel, and not 0.
  ChannelConsumer(Channel& channel, std::uint64_t number, Queue::Ptr queue, std::string tag,
                  bool no_ack, std::uint16_t prefetch)
      : channel_(channel),
        number_(number),
        queue_(std::move(queue)),
        tag_(std::move(tag)),
        no_ack_(no_ack),
        prefetch_(prefetch) {}

  std::uint64_t number() const { return number_; }
  const Queue::Ptr& queue() const { return queue_; }
  const std::string& tag() const { return tag_; }
  bool no_ack() const { return no_ack_; }
  std::uint16_t prefetch() const { return prefetch_; }

  // Messages delivered and not settled.
  std::uint32_t unacked = 0;

  bool can_take() const override;
  void deliver(QueuedMessage message) override { channel_.deliver(*this, std::move(message)); }
  void cancelled() override { channel_.consumer_cancelled(*this); }

 private:
  Channel& channel_;
  const std::uint64_t number_;
  const Queue::Ptr queue_;
  const std::string tag_;
  const bool no_ack_;
  const std::uint16_t prefetch_;  // 0 is unlimited
};

}  // namespace bb::broker
