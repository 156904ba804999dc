#include "client/channel.h"

#include <utility>

#include "client/channel_state.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Call = ChannelState::Call;

// Waits for the answer to a call that was written already, and takes from it what the
// caller asked for. A free coroutine, so that the Channel may go meanwhile.
template <class T>
awaitable<Result<T>> answer(Call call, T (*take)(Reply&)) {
  if (!call) co_return fail(std::move(call).error());
  auto reply = co_await wait_for(*std::move(call));
  if (!reply) co_return fail(std::move(reply).error());
  if constexpr (std::is_void_v<T>) {
    co_return Result<void>{};
  } else {
    co_return take(*reply);
  }
}

awaitable<Result<void>> answer(Call call) {
  return answer<void>(std::move(call), nullptr);
}

awaitable<Result<std::uint32_t>> count_of(Call call) {
  return answer<std::uint32_t>(std::move(call), [](Reply& reply) { return reply.message_count; });
}

awaitable<Result<std::string>> text_of(Call call) {
  return answer<std::string>(std::move(call), [](Reply& reply) { return std::move(reply.text); });
}

awaitable<Result<Confirm>> confirm_of(Result<PendingPtr<Confirm>> pending) {
  if (!pending) co_return fail(std::move(pending).error());
  co_return co_await wait_for(*std::move(pending));
}

awaitable<Result<void>> done(Result<void> result) {
  co_return result;
}

constexpr std::string_view kExchangeName = "the name of the exchange";
constexpr std::string_view kQueueName = "the name of the queue";
constexpr std::string_view kRoutingKey = "the routing key";
constexpr std::string_view kConsumerTag = "the consumer tag";

using Texts = std::initializer_list<std::pair<std::string_view, std::string_view>>;

Result<void> check_texts(Texts texts) {
  for (const auto& [what, text] : texts) BB_TRY(check_short_string(what, text));
  return {};
}

template <class M>
Call call(ChannelState& state, const M& method, Texts texts) {
  BB_TRY(check_texts(texts));
  return state.call(method);
}

}  // namespace

Channel::Channel(std::shared_ptr<ChannelState> state) : state_(std::move(state)) {}
Channel::Channel(Channel&&) noexcept = default;

Channel& Channel::operator=(Channel&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->drop();
  state_ = std::move(other.state_);
  return *this;
}

Channel::~Channel() {
  if (state_) state_->drop();
}

awaitable<Result<void>> Channel::declare_exchange(std::string name, ExchangeOptions options) {
  const amqp::exchange::Declare method{.exchange = name,
                                       .type = options.type,
                                       .passive = options.passive,
                                       .durable = options.durable,
                                       .auto_delete = options.auto_delete,
                                       .internal = options.internal,
                                       .no_wait = options.no_wait,
                                       .arguments = std::move(options.arguments)};
  const Texts texts{{kExchangeName, name}, {"the type of the exchange", options.type}};
  if (!options.no_wait) return answer(call(*state_, method, texts));
  auto checked = check_texts(texts);
  return done(checked ? state_->send(method) : std::move(checked));
}

awaitable<Result<void>> Channel::delete_exchange(std::string name, bool if_unused) {
  return answer(call(*state_, amqp::exchange::Delete{.exchange = name, .if_unused = if_unused},
                     {{kExchangeName, name}}));
}

awaitable<Result<QueueInfo>> Channel::declare_queue(std::string name, QueueOptions options) {
  const amqp::queue::Declare method{.queue = name,
                                    .passive = options.passive,
                                    .durable = options.durable,
                                    .exclusive = options.exclusive,
                                    .auto_delete = options.auto_delete,
                                    .arguments = std::move(options.arguments)};
  return answer<QueueInfo>(call(*state_, method, {{kQueueName, name}}), [](Reply& reply) {
    return QueueInfo{.name = std::move(reply.text),
                     .message_count = reply.message_count,
                     .consumer_count = reply.consumer_count};
  });
}

awaitable<Result<void>> Channel::bind_queue(std::string queue, std::string exchange,
                                            std::string routing_key, amqp::FieldTable arguments) {
  const amqp::queue::Bind method{.queue = queue,
                                 .exchange = exchange,
                                 .routing_key = routing_key,
                                 .arguments = std::move(arguments)};
  return answer(call(*state_, method,
                     {{kQueueName, queue}, {kExchangeName, exchange}, {kRoutingKey, routing_key}}));
}

awaitable<Result<void>> Channel::unbind_queue(std::string queue, std::string exchange,
                                              std::string routing_key, amqp::FieldTable arguments) {
  const amqp::queue::Unbind method{.queue = queue,
                                   .exchange = exchange,
                                   .routing_key = routing_key,
                                   .arguments = std::move(arguments)};
  return answer(call(*state_, method,
                     {{kQueueName, queue}, {kExchangeName, exchange}, {kRoutingKey, routing_key}}));
}

awaitable<Result<std::uint32_t>> Channel::purge_queue(std::string name) {
  return count_of(call(*state_, amqp::queue::Purge{.queue = name}, {{kQueueName, name}}));
}

awaitable<Result<std::uint32_t>> Channel::delete_queue(std::string name, bool if_unused,
                                                       bool if_empty) {
  const amqp::queue::Delete method{.queue = name, .if_unused = if_unused, .if_empty = if_empty};
  return count_of(call(*state_, method, {{kQueueName, name}}));
}

Result<void> Channel::enable_confirms() {
  return state_->enable_confirms();
}

Result<std::uint64_t> Channel::publish(const OutgoingMessage& message) {
  return state_->publish(message);
}

void Channel::on_confirm(std::function<void(const Confirm&)> handler) {
  state_->set_confirm_handler(std::move(handler));
}

std::size_t Channel::unconfirmed_count() const {
  return state_->unconfirmed_count();
}

awaitable<Result<void>> Channel::wait_unconfirmed_at_most(std::size_t count) {
  return ChannelState::wait_unconfirmed_at_most(state_, count);
}

awaitable<Result<Confirm>> Channel::publish_and_wait(const OutgoingMessage& message) {
  return confirm_of(state_->publish_with_confirm(message));
}

awaitable<Result<void>> Channel::writable() {
  return ChannelState::wait_writable(state_);
}

bool Channel::is_writable() const {
  return state_->is_open() && state_->is_writable();
}

awaitable<Result<void>> Channel::set_prefetch(std::uint16_t count) {
  return answer(call(*state_, amqp::basic::Qos{.prefetch_count = count}, {}));
}

awaitable<Result<std::string>> Channel::consume(std::string queue, ConsumeOptions options,
                                                std::function<void(Delivery)> handler,
                                                std::function<void()> on_cancelled) {
  BB_ASSERT(handler != nullptr);
  auto checked = check_texts({{kQueueName, queue}, {kConsumerTag, options.consumer_tag}});
  if (!checked) return text_of(fail(std::move(checked).error()));
  const amqp::basic::Consume method{.queue = queue,
                                    .consumer_tag = options.consumer_tag,
                                    .no_ack = options.no_ack,
                                    .exclusive = options.exclusive,
                                    .arguments = std::move(options.arguments)};
  return text_of(state_->call_consume(
      method,
      {.on_delivery = std::make_shared<const std::function<void(Delivery)>>(std::move(handler)),
       .on_cancelled = std::move(on_cancelled)}));
}

awaitable<Result<void>> Channel::cancel(std::string consumer_tag) {
  auto checked = check_texts({{kConsumerTag, consumer_tag}});
  if (!checked) return done(std::move(checked));
  return answer(state_->call_cancel(amqp::basic::Cancel{.consumer_tag = consumer_tag}));
}

awaitable<Result<std::optional<Delivery>>> Channel::get(std::string queue, bool no_ack) {
  const amqp::basic::Get method{.queue = queue, .no_ack = no_ack};
  return answer<std::optional<Delivery>>(call(*state_, method, {{kQueueName, queue}}),
                                         [](Reply& reply) { return std::move(reply.delivery); });
}

Result<void> Channel::ack(std::uint64_t delivery_tag, bool multiple) {
  return state_->send(amqp::basic::Ack{.delivery_tag = delivery_tag, .multiple = multiple});
}

Result<void> Channel::nack(std::uint64_t delivery_tag, bool multiple, bool requeue) {
  return state_->send(
      amqp::basic::Nack{.delivery_tag = delivery_tag, .multiple = multiple, .requeue = requeue});
}

Result<void> Channel::reject(std::uint64_t delivery_tag, bool requeue) {
  return state_->send(amqp::basic::Reject{.delivery_tag = delivery_tag, .requeue = requeue});
}

awaitable<Result<void>> Channel::recover(bool requeue) {
  return answer(call(*state_, amqp::basic::Recover{.requeue = requeue}, {}));
}

awaitable<Result<void>> Channel::close() {
  // Closed already is as good; ended by the broker is not.
  if (state_->is_open()) return answer(state_->call_close());
  const Error failure = state_->failure();
  return done(failure.message.empty() ? Result<void>{} : fail(failure));
}

bool Channel::is_open() const {
  return state_->is_open();
}
Error Channel::failure() const {
  return state_->failure();
}

void Channel::on_closed(std::function<void(const Error&)> handler) {
  state_->set_closed_handler(std::move(handler));
}

}  // namespace bb::client
