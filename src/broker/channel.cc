#include "broker/channel.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/try.h"
#include "broker/channel_consumer.h"
#include "broker/line_breaks.h"
#include "broker/table_limits.h"

namespace bb::broker {

Channel::Channel(ConnectionContext& connection, std::uint16_t id)
    : connection_(connection),
      id_(id),
      allowed_(connection.broker().access, connection.user(), connection.vhost().name()),
      content_(connection.broker().options.body_bytes_max) {}

Channel::~Channel() {
  BB_ASSERT(consumers_.empty());
}

Result<void> Channel::on_method(const amqp::Method& method) {
  if (content_.active()) return fail(unexpected_instead_of_content());
  BrokerContext& broker = connection_.broker();
  if (limits_tables(broker.options)) {
    if (auto fits = check_table_limits(method, broker.options); !fits) {
      broker.counters.refused.count(Limit::kTables);
      return fits;
    }
  }
  return std::visit(
      [this](const auto& m) -> Result<void> {
        if constexpr (HasNames<std::decay_t<decltype(m)>>) {
          if (has_line_breaks(m)) {
            std::array<std::string, 2> names;
            return handle(without_line_breaks(m, names));
          }
        }
        if constexpr (requires { handle(m); }) {
          return handle(m);
        } else {
          return fail(ErrorCode::kCommandInvalid, "unimplemented method");
        }
      },
      method);
}

Result<void> Channel::on_content(const amqp::Frame& frame) {
  if (!content_.active()) {
    return fail(ErrorCode::kUnexpectedFrame, "expected method frame, got non method frame instead");
  }
  if (frame.type != (header_due_ ? amqp::FrameType::kHeader : amqp::FrameType::kBody)) {
    return fail(unexpected_instead_of_content());
  }
  if (header_due_) BB_TRY(check_content_header(frame.payload));
  header_due_ = false;
  if (frame.type == amqp::FrameType::kBody) {
    BB_TRY(check_memory());
    count_content(content_bytes_ + frame.payload.size());
  }
  BB_TRY_ASSIGN(const bool complete, content_.add(frame));
  if (!complete) return {};
  auto published = publish_content();
  content_.trim();
  count_content(0);
  connection_.published();
  return published;
}

// Publishers are held back long before, but for those in the middle of something: many of them
// could fill the memory with halves of messages, none of which has room to become whole.
Result<void> Channel::check_memory() const {
  BrokerContext& broker = connection_.broker();
  const std::uint64_t bytes_max = broker.options.memory_bytes_max;
  if (broker.memory.bytes() <= bytes_max + bytes_max / 2) return {};
  broker.counters.refused.count(Limit::kMemory);
  return fail(ErrorCode::kContentTooLarge, "messages fill the memory: try again later");
}

// Half a message holds memory as a whole one does.
void Channel::count_content(std::size_t bytes) {
  MemoryGauge& memory = connection_.broker().memory;
  memory.remove(std::exchange(content_bytes_, bytes));
  memory.add(bytes);
}

Error Channel::unexpected_instead_of_content() const {
  return {ErrorCode::kUnexpectedFrame,
          header_due_
              ? fmt::format("expected content header for class {}, got non content header frame "
                            "instead",
                            amqp::kBasicClassId)
              : "expected content body, got non content body frame instead"};
}

Result<void> Channel::check_content_header(ByteView payload) const {
  const auto header = amqp::decode_content_header(payload);
  if (!header) {
    // RabbitMQ takes one whose weight is not 0 for no header at all.
    if (header.error().code == ErrorCode::kUnexpectedFrame)
      return fail(unexpected_instead_of_content());
    return fail(ErrorCode::kFrameError, header.error().message);
  }
  if (header->class_id != amqp::kBasicClassId) {
    return fail(ErrorCode::kUnexpectedFrame,
                fmt::format("expected content header for class {}, got one for class {} instead",
                            amqp::kBasicClassId, header->class_id));
  }
  if (const auto bytes_max = connection_.broker().options.body_bytes_max;
      header->body_size > bytes_max) {
    connection_.broker().counters.refused.count(Limit::kBodyBytes);
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("message size {} is larger than configured max size {}",
                            header->body_size, bytes_max));
  }
  return {};
}

Result<void> Channel::handle(const amqp::channel::Flow& method) {
  if (!method.active) return fail(ErrorCode::kNotImplemented, "active=false");
  send(amqp::channel::FlowOk{true});
  return {};
}

Result<void> Channel::handle(const amqp::access::Request&) {
  send(amqp::access::RequestOk{1});
  return {};
}

void Channel::resume_consumers() {
  auto next = consumers_by_number_.upper_bound(resumed_last_);
  for (std::size_t left = consumers_by_number_.size(); left > 0; --left, ++next) {
    if (connection_.output_full() || !below_channel_prefetch()) return;
    if (next == consumers_by_number_.end()) next = consumers_by_number_.begin();
    resumed_last_ = next->first;
    next->second->queue()->resume(next->second);
  }
}

void Channel::close() {
  content_.start();  // drops what is unfinished
  count_content(0);
  std::vector<Queue::Ptr> left;
  while (!consumers_.empty()) left.push_back(end_consumer(consumers_.begin()->first));
  if (tx_) roll_back();
  requeue_all();
  for (const Queue::Ptr& queue : left) queue->dispatch();
}

}  // namespace bb::broker
