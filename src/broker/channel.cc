#include "broker/channel.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>
#include <variant>

#include "base/try.h"
#include "broker/channel_consumer.h"

namespace bb::broker {

Channel::Channel(ConnectionContext& connection, std::uint16_t id)
    : connection_(connection), id_(id), content_(connection.broker().options.body_bytes_max) {}

Channel::~Channel() {
  BB_ASSERT(consumers_.empty());
}

Result<void> Channel::on_method(const amqp::Method& method) {
  if (content_.active()) {
    return fail(ErrorCode::kUnexpectedFrame,
                fmt::format("expected content header for class 60, got method {} instead",
                            amqp::method_name(amqp::method_id(method))));
  }
  return std::visit(
      [this](const auto& m) -> Result<void> {
        if constexpr (requires { handle(m); }) {
          return handle(m);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(m)>, amqp::channel::FlowOk>) {
          return {};  // we never send flow
        } else {
          return fail(ErrorCode::kCommandInvalid, "unexpected method from a client");
        }
      },
      method);
}

Result<void> Channel::on_content(const amqp::Frame& frame) {
  if (!content_.active()) {
    return fail(ErrorCode::kUnexpectedFrame, "expected method frame, got non method frame instead");
  }
  BB_TRY_ASSIGN(const bool complete, content_.add(frame));
  return complete ? publish_content() : Result<void>{};
}

Result<void> Channel::handle(const amqp::channel::Flow& method) {
  flow_active_ = method.active;
  send(amqp::channel::FlowOk{flow_active_});
  if (flow_active_) resume_consumers();
  return {};
}

Result<void> Channel::handle(const amqp::access::Request&) {
  send(amqp::access::RequestOk{1});
  return {};
}

Result<void> Channel::handle(const amqp::tx::Select&) {
  return fail(ErrorCode::kNotImplemented, "transactions; use confirm.select");
}
Result<void> Channel::handle(const amqp::tx::Commit&) {
  return fail(ErrorCode::kPreconditionFailed, "channel is not transactional");
}
Result<void> Channel::handle(const amqp::tx::Rollback&) {
  return fail(ErrorCode::kPreconditionFailed, "channel is not transactional");
}

void Channel::resume_consumers() {
  for (const auto& [tag, consumer] : consumers_) {
    if (connection_.output_full()) return;
    consumer->queue()->resume(consumer.get());
  }
}

void Channel::close() {
  while (!consumers_.empty()) end_consumer(consumers_.begin()->first);
  requeue_all();
}

}  // namespace bb::broker
