#include "client.h"

#include <algorithm>

#include "amqp/content.h"
#include "amqp/properties.h"

namespace bb::sim {
namespace {

constexpr std::uint16_t kChannel = 1;

}  // namespace

void SimClient::connect(broker::Broker& broker, TimePoint now, std::uint16_t prefetch,
                        bool confirms) {
  connection_ = broker.connect(
      {.address = fmt::format("10.0.0.{}:1", number_), .is_loopback = true}, *this, now);
  brought_ = 0;
  prefetch_ = prefetch;
  outgoing_ = amqp::kProtocolHeader;
  const std::string response("\0guest\0guest", 12);
  const amqp::FieldTable capabilities{{"consumer_cancel_notify", true}};
  Buffer bytes;
  amqp::encode_method(
      bytes, 0,
      amqp::connection::StartOk{.client_properties = {{"capabilities", capabilities}},
                                .mechanism = "PLAIN",
                                .response = response,
                                .locale = "en_US"});
  amqp::encode_method(
      bytes, 0,
      amqp::connection::TuneOk{
          .channel_max = 10, .frame_max = amqp::kDefaultFrameMaxBytes, .heartbeat = 0});
  amqp::encode_method(bytes, 0, amqp::connection::Open{.virtual_host = "/"});
  amqp::encode_method(bytes, kChannel, amqp::channel::Open{});
  outgoing_ += as_text(bytes.view());
  note_end({});
  bytes.clear();
  amqp::encode_method(bytes, kChannel, amqp::basic::Qos{.prefetch_count = prefetch});
  outgoing_ += as_text(bytes.view());
  note_end({.verb = Verb::kQos, .prefetch = prefetch});
  if (!confirms) return;
  bytes.clear();
  amqp::encode_method(bytes, kChannel, amqp::confirm::Select{});
  outgoing_ += as_text(bytes.view());
  note_end({.verb = Verb::kSelectConfirms});
}

void SimClient::disconnect() {
  connection_.reset();
  outgoing_.clear();
  incoming_.clear();
  commands_.clear();
  tap_ = {};
  reader_ = {};
  refused_ = reads_streams_ = false;
  held_.clear();
  consumers_.clear();
  silent_consumers_.clear();
  gets_.clear();
}

void SimClient::note_end(Command command) {
  commands_.emplace_back(brought_ + outgoing_.size(), std::move(command));
}

void SimClient::write(Command command, const Model& model) {
  Buffer bytes;
  if (command.verb == Verb::kPublish) {
    const Post& post = model.post(command.message);
    amqp::encode_method(bytes, kChannel,
                        amqp::basic::Publish{.exchange = post.exchange, .routing_key = post.key});
    outgoing_ += as_text(bytes.view());
    Command first = command;
    first.verb = Verb::kPublishMethod;
    note_end(std::move(first));
    bytes.clear();
  }
  encode(bytes, command, model);
  outgoing_ += as_text(bytes.view());
  if (command.verb == Verb::kConsume) {
    consumers_.insert(command.tag);
    if (command.no_ack) silent_consumers_.insert(command.tag);
    if (is_stream_name(command.queue)) reads_streams_ = true;
  }
  if (command.verb == Verb::kCancel) consumers_.erase(command.tag);
  if (command.verb == Verb::kGet) gets_.push_back(command.no_ack);
  if (command.verb == Verb::kRecover) held_.clear();
  note_end(std::move(command));
}

void SimClient::encode(Buffer& out, const Command& command, const Model& model) {
  const auto put = [&out](const auto& method) { amqp::encode_method(out, kChannel, method); };
  switch (command.verb) {
    case Verb::kPublish: {
      const Post& post = model.post(command.message);
      amqp::BasicProperties properties;
      properties.delivery_mode = post.persistent ? amqp::kPersistent : amqp::kTransient;
      Buffer encoded;
      amqp::encode_properties(encoded, properties);
      amqp::encode_content(out, kChannel, encoded.view(), as_bytes(post.body), 4096);
      return;
    }
    case Verb::kConsume: {
      amqp::FieldTable arguments;
      if (command.offset)
        arguments.set("x-stream-offset", static_cast<std::int64_t>(*command.offset));
      return put(amqp::basic::Consume{.queue = command.queue,
                                      .consumer_tag = command.tag,
                                      .no_ack = command.no_ack,
                                      .arguments = arguments});
    }
    case Verb::kCancel:
      return put(amqp::basic::Cancel{.consumer_tag = command.tag});
    case Verb::kAck:
      return put(
          amqp::basic::Ack{.delivery_tag = command.delivery_tag, .multiple = command.multiple});
    case Verb::kNack:
      if (!command.multiple && command.delivery_tag % 2 == 0) {
        return put(
            amqp::basic::Reject{.delivery_tag = command.delivery_tag, .requeue = command.requeue});
      }
      return put(amqp::basic::Nack{.delivery_tag = command.delivery_tag,
                                   .multiple = command.multiple,
                                   .requeue = command.requeue});
    case Verb::kGet:
      return put(amqp::basic::Get{.queue = command.queue, .no_ack = command.no_ack});
    case Verb::kRecover:
      return put(amqp::basic::Recover{.requeue = true});
    case Verb::kDeclareQueue: {
      amqp::FieldTable arguments;
      if (is_stream_name(command.queue)) {
        arguments = {{"x-queue-type", "stream"},
                     {"x-max-length-bytes", kStreamBytesMax},
                     {"x-stream-max-segment-size-bytes", kStreamSegmentBytes}};
      }
      return put(amqp::queue::Declare{.queue = command.queue,
                                      .durable = is_durable_name(command.queue),
                                      .arguments = arguments});
    }
    case Verb::kDeleteQueue:
      return put(amqp::queue::Delete{.queue = command.queue});
    case Verb::kPurge:
      return put(amqp::queue::Purge{.queue = command.queue});
    case Verb::kDeclareExchange: {
      const std::string type = exchange_type(command.exchange);
      return put(amqp::exchange::Declare{.exchange = command.exchange,
                                         .type = type,
                                         .durable = is_durable_name(command.exchange)});
    }
    case Verb::kDeleteExchange:
      return put(amqp::exchange::Delete{.exchange = command.exchange});
    case Verb::kBind:
      return put(amqp::queue::Bind{
          .queue = command.queue, .exchange = command.exchange, .routing_key = command.key});
    case Verb::kUnbind:
      return put(amqp::queue::Unbind{
          .queue = command.queue, .exchange = command.exchange, .routing_key = command.key});
    case Verb::kNothing:
    case Verb::kSelectConfirms:
    case Verb::kQos:
    case Verb::kPublishMethod:
      return;
  }
}

std::vector<Command> SimClient::bring(std::size_t wanted, const Model& model, TimePoint now) {
  wanted = std::min(wanted, outgoing_.size());
  std::vector<Command> complete;
  while (!commands_.empty() && commands_.front().first <= brought_ + wanted) {
    auto& [end, command] = commands_.front();
    if (!model.may_share_turn(number_, command)) {
      // Alone; behind others, all but its last byte.
      wanted = static_cast<std::size_t>(end - brought_) - (complete.empty() ? 0 : 1);
      if (!complete.empty()) break;
      complete.push_back(std::move(command));
      commands_.pop_front();
      break;
    }
    complete.push_back(std::move(command));
    commands_.pop_front();
  }
  const std::string bytes = outgoing_.substr(0, wanted);
  outgoing_.erase(0, wanted);
  brought_ += wanted;
  if (!bytes.empty()) connection_->on_bytes(as_bytes(bytes), now);
  return complete;
}

std::optional<std::vector<WireEvent>> SimClient::take_output(TimePoint now) {
  std::vector<WireEvent> events;
  while (connection_ && connection_->has_output()) {
    Buffer output;
    connection_->take_output(output, now);
    incoming_ += as_text(output.view());
    auto some = tap_.feed(as_text(output.view()));
    if (!some) return std::nullopt;
    std::ranges::move(*some, std::back_inserter(events));
    connection_->on_output_written(now);
  }
  return events;
}

void SimClient::read(std::size_t wanted) {
  wanted = std::min(wanted, incoming_.size());
  const auto events = reader_.feed(std::string_view(incoming_).substr(0, wanted));
  if (events) {
    for (const WireEvent& event : *events) {
      using Kind = WireEvent::Kind;
      if (event.kind == Kind::kDeliver && !silent_consumers_.contains(event.consumer)) {
        held_.push_back(event.tag);
      }
      if (event.kind == Kind::kGetOk || event.kind == Kind::kGetEmpty) {
        if (event.kind == Kind::kGetOk && !gets_.front()) held_.push_back(event.tag);
        gets_.pop_front();
      }
      if (event.kind == Kind::kCancelled) consumers_.erase(event.consumer);
      if (event.kind == Kind::kChannelClosed) refused_ = true;
    }
  }
  incoming_.erase(0, wanted);
}

void SimClient::forget_held(std::uint64_t tag, bool multiple) {
  std::erase_if(held_, [&](std::uint64_t held) { return held == tag || (multiple && held < tag); });
}

}  // namespace bb::sim
