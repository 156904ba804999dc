// The half of ChannelProtocol that takes what the broker sends.
#include <fmt/core.h>

#include "client/channel_protocol.h"
#include "client/text.h"

namespace bb::client {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

// Every method of AMQP 0-9-1 that a client waits for is numbered one above its request,
// and basic.get has a second answer.
bool answers(amqp::MethodId answer, amqp::MethodId request) {
  if (answer == amqp::basic::GetEmpty::kId) return request == amqp::basic::Get::kId;
  return answer.class_id == request.class_id && answer.method_id == request.method_id + 1;
}

template <class M>
Delivery delivery_of(const M& method) {
  Delivery delivery;
  delivery.delivery_tag = method.delivery_tag;
  delivery.redelivered = method.redelivered;
  delivery.exchange = method.exchange;
  delivery.routing_key = method.routing_key;
  return delivery;
}

}  // namespace

Result<void> ChannelProtocol::on_frame(const amqp::Frame& frame) {
  if (frame.type != amqp::FrameType::kMethod) return on_content(frame);
  // A content that was cut off by a method cannot be completed.
  if (assembler_.active() && state_ != State::kAbandoned) {
    return fail(ErrorCode::kUnexpectedFrame,
                fmt::format("the broker sent {} in the middle of a message",
                            amqp::method_name(amqp::peek_method_id(frame.payload))));
  }
  BB_TRY_ASSIGN(const amqp::Method method, amqp::decode_method(frame.payload));
  if (state_ == State::kAbandoned && amqp::method_id(method) != amqp::channel::Close::kId &&
      amqp::method_id(method) != amqp::channel::CloseOk::kId) {
    return {};
  }
  return on_method(method);
}

Result<void> ChannelProtocol::on_method(const amqp::Method& method) {
  using Outcome = Result<void>;
  const auto plain = [&] { return on_answer(amqp::method_id(method), Reply{}); };
  const auto counted = [&](std::uint32_t count) {
    return on_answer(amqp::method_id(method), Reply{.message_count = count});
  };
  return std::visit(
      Overloaded{
          [&](const amqp::channel::Close& close) -> Outcome { return on_close(close); },
          [&](const amqp::channel::CloseOk&) -> Outcome { return on_close_ok(); },
          [&](const amqp::channel::Flow& flow) -> Outcome {
            flow_active_ = flow.active;
            amqp::encode_method(link_.output, number_, amqp::channel::FlowOk{flow.active});
            return {};
          },
          [&](const amqp::basic::Ack& ack) -> Outcome {
            return on_confirm(ack.delivery_tag, ack.multiple, /*nacked=*/false);
          },
          [&](const amqp::basic::Nack& nack) -> Outcome {
            return on_confirm(nack.delivery_tag, nack.multiple, /*nacked=*/true);
          },
          [&](const amqp::basic::Deliver& deliver) -> Outcome {
            Delivery delivery = delivery_of(deliver);
            delivery.consumer_tag = deliver.consumer_tag;
            content_ = DeliverContent{std::move(delivery)};
            assembler_.start();
            return {};
          },
          [&](const amqp::basic::GetOk& get) -> Outcome {
            content_ = GetContent{delivery_of(get), get.message_count};
            assembler_.start();
            return {};
          },
          [&](const amqp::basic::Return& returned) -> Outcome {
            content_ = ReturnContent{one_line(returned.reply_text), std::string(returned.exchange),
                                     std::string(returned.routing_key)};
            assembler_.start();
            return {};
          },
          [&](const amqp::basic::Cancel& cancel) -> Outcome {
            on_cancel(cancel);
            return {};
          },
          [&](const amqp::queue::DeclareOk& ok) -> Outcome {
            return on_answer(ok.kId, Reply{.text = std::string(ok.queue),
                                           .message_count = ok.message_count,
                                           .consumer_count = ok.consumer_count});
          },
          [&](const amqp::queue::PurgeOk& ok) { return counted(ok.message_count); },
          [&](const amqp::queue::DeleteOk& ok) { return counted(ok.message_count); },
          [&](const amqp::basic::ConsumeOk& ok) -> Outcome {
            return on_answer(ok.kId, Reply{.text = std::string(ok.consumer_tag)});
          },
          [&](const amqp::basic::CancelOk& ok) -> Outcome {
            return on_answer(ok.kId, Reply{.text = std::string(ok.consumer_tag)});
          },
          // The rest are answers without a field, or nothing that a client expects: the
          // order tells.
          [&](const auto&) { return plain(); },
      },
      method);
}

Result<void> ChannelProtocol::on_answer(amqp::MethodId answer, Reply reply) {
  if (calls_.empty() || !answers(answer, calls_.front().request)) {
    return fail(
        ErrorCode::kUnexpectedFrame,
        calls_.empty()
            ? fmt::format("the broker sent {}, which nothing asked for", amqp::method_name(answer))
            : fmt::format("the broker sent {} where {} waits for its answer",
                          amqp::method_name(answer), amqp::method_name(calls_.front().request)));
  }
  const auto call = calls_.front().call;
  calls_.pop_front();
  if (call) {
    link_.events.emplace_back(CallDone{.channel = key_, .call = *call, .result = std::move(reply)});
  }
  return {};
}

Result<void> ChannelProtocol::on_close(const amqp::channel::Close& close) {
  amqp::encode_method(link_.output, number_, amqp::channel::CloseOk{});
  Error error{error_from_amqp(close.reply_code), one_line(close.reply_text)};
  switch (state_) {
    case State::kOpen:
      state_ = State::kGone;
      announce_end(error, /*by_close=*/false);
      break;
    case State::kClosing:
      // Both closes crossed; ours is answered next. What was called before it failed.
      fail_calls(error, /*kept=*/1);
      break;
    case State::kAbandoned:
    case State::kGone:
      break;
  }
  return {};
}

Result<void> ChannelProtocol::on_close_ok() {
  if (state_ == State::kAbandoned) {
    state_ = State::kGone;
    return {};
  }
  BB_TRY(on_answer(amqp::channel::CloseOk::kId, Reply{}));
  state_ = State::kGone;
  announce_end(Error{ErrorCode::kClosed, "the channel is closed"}, /*by_close=*/true);
  return {};
}

void ChannelProtocol::on_cancel(const amqp::basic::Cancel& cancel) {
  if (!cancel.no_wait) {
    amqp::encode_method(link_.output, number_,
                        amqp::basic::CancelOk{.consumer_tag = cancel.consumer_tag});
  }
  link_.events.emplace_back(
      ConsumerCancelled{.channel = key_, .consumer_tag = std::string(cancel.consumer_tag)});
}

Result<void> ChannelProtocol::on_confirm(std::uint64_t tag, bool multiple, bool nacked) {
  settled_.clear();
  BB_TRY(tracker_.settle(tag, multiple, nacked, settled_));
  for (Confirm& confirm : settled_) {
    link_.events.emplace_back(Confirmed{.channel = key_, .confirm = std::move(confirm)});
  }
  return {};
}

Result<void> ChannelProtocol::on_content(const amqp::Frame& frame) {
  if (state_ == State::kAbandoned) return {};
  auto complete = assembler_.add(frame);
  if (!complete && complete.error().code == ErrorCode::kContentTooLarge) {
    abandon(complete.error());
    return {};
  }
  BB_TRY(complete);
  return *complete ? finish_content() : Result<void>{};
}

Result<void> ChannelProtocol::finish_content() {
  BB_TRY_ASSIGN(const auto properties, amqp::decode_properties(as_bytes(assembler_.properties())));
  if (const auto* returned = std::get_if<ReturnContent>(&content_)) {
    finish_return(*returned, properties);
    return {};
  }
  auto* got = std::get_if<GetContent>(&content_);
  Delivery delivery =
      std::move(got != nullptr ? got->delivery : std::get<DeliverContent>(content_).delivery);
  delivery.encoded_properties = assembler_.take_properties();
  delivery.body = assembler_.take_body();
  if (got != nullptr) {
    return on_answer(amqp::basic::GetOk::kId,
                     Reply{.message_count = got->message_count, .delivery = std::move(delivery)});
  }
  // Once we close, the broker puts what was not acked back into its queue.
  if (state_ == State::kOpen && !link_.closing) {
    link_.events.emplace_back(Delivered{.channel = key_, .delivery = std::move(delivery)});
  }
  return {};
}

void ChannelProtocol::finish_return(const ReturnContent& returned,
                                    const amqp::BasicProperties& properties) {
  const std::uint64_t fingerprint = ConfirmTracker::fingerprint(
      returned.exchange, returned.routing_key, properties.message_id, assembler_.body());
  if (confirms_ && tracker_.mark_returned(fingerprint, returned.text)) return;
  link_.events.emplace_back(Confirmed{
      .channel = key_, .confirm = {.sequence = 0, .returned = true, .return_text = returned.text}});
}

}  // namespace bb::client
