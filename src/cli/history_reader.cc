#include "cli/history_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <utility>
#include <vector>

#include "cli/wakeup.h"
#include "client/channel.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using client::Delivery;

constexpr std::uint16_t kPrefetch = 1000;
constexpr std::uint64_t kBlockMax = 65'536;
constexpr std::chrono::milliseconds kEmptyAfter{500};
constexpr std::string_view kOffsetArgument = "x-stream-offset";

// What one consumer of a block received.
struct Received {
  explicit Received(const asio::any_io_executor& executor) : wake(executor) {}
  std::deque<Delivery> deliveries;
  std::optional<Error> failure;
  Wakeup wake;
};

asio::awaitable<Result<void>> consume(client::Channel& channel, const std::string& queue,
                                      amqp::FieldTable from,
                                      std::function<void(Delivery)> on_delivery,
                                      Received& received) {
  client::ConsumeOptions options;
  options.arguments = std::move(from);
  std::function<void()> on_cancelled = [&received, queue] {
    received.failure = {ErrorCode::kNotFound, fmt::format("the stream '{}' was deleted", queue)};
    received.wake.notify();
  };
  auto consumer =
      co_await channel.consume(queue, options, std::move(on_delivery), std::move(on_cancelled));
  if (!consumer) co_return fail(std::move(consumer).error());
  co_return Result<void>{};
}

asio::awaitable<Result<client::Channel>> open_reader(client::Connection& connection,
                                                     Received& received, std::uint16_t prefetch) {
  auto opened = co_await connection.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  channel.on_closed([&received](const Error& error) {
    received.failure = error;
    received.wake.notify();
  });
  auto limited = co_await channel.set_prefetch(prefetch);
  if (!limited) co_return fail(std::move(limited).error());
  co_return channel;
}

// Its count of a stream's messages is seconds old.
bool is_rabbitmq(const client::Connection& connection) {
  const amqp::FieldValue* const product = connection.server_properties().find("product");
  return product != nullptr && product->as_string() != nullptr &&
         *product->as_string() == "RabbitMQ";
}

// The offset behind the last message, 0 where there is none, by reading on from the last chunk.
// RabbitMQ's channels deliver what an acknowledgement makes room for before they answer the next
// method: an answer without a delivery in front of it is the end. Only the first delivery may be
// late: an empty stream is one that gives nothing for a while, and that has no count.
asio::awaitable<Result<HistoryOffset>> probe_end(client::Connection& connection,
                                                 const std::string& queue, bool has_count) {
  const auto executor = co_await asio::this_coro::executor;
  Received received(executor);
  auto opened = co_await open_reader(connection, received, kPrefetch);
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  std::optional<Delivery> last;
  std::function<void(Delivery)> on_delivery = [&](Delivery delivery) {
    last = std::move(delivery);
    received.wake.notify();
  };
  bool is_over = false;
  asio::steady_timer timer(executor);
  amqp::FieldTable from;
  from.set(kOffsetArgument, "last");
  auto consuming =
      co_await consume(channel, queue, std::move(from), std::move(on_delivery), received);
  if (!consuming) co_return fail(std::move(consuming).error());
  if (!has_count) {
    timer.expires_after(kEmptyAfter);
    timer.async_wait([&](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      is_over = true;
      received.wake.notify();
    });
  }
  while (!last && !is_over && !received.failure) co_await received.wake.wait();
  timer.cancel();
  HistoryOffset end = 0;
  while (last) {
    end = offset_of(*last).value_or(0) + 1;
    const std::uint64_t tag = last->delivery_tag;
    last.reset();
    if (auto acked = channel.ack(tag, /*multiple=*/true); !acked) {
      co_return fail(std::move(acked).error());
    }
    if (auto synced = co_await channel.set_prefetch(kPrefetch); !synced) {
      co_return fail(std::move(synced).error());
    }
  }
  if (received.failure) co_return fail(*received.failure);
  auto closed = co_await channel.close();
  if (!closed) co_return fail(std::move(closed).error());
  co_return end;
}

}  // namespace

asio::awaitable<Result<void>> visit_history(client::Connection& connection,
                                            const std::string& queue, amqp::FieldTable from,
                                            HistoryVisitor visitor) {
  Received received(co_await asio::this_coro::executor);
  auto opened = co_await open_reader(connection, received, kPrefetch);
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  std::function<void(Delivery)> on_delivery = [&received](Delivery delivery) {
    received.deliveries.push_back(std::move(delivery));
    received.wake.notify();
  };
  auto consuming =
      co_await consume(channel, queue, std::move(from), std::move(on_delivery), received);
  if (!consuming) co_return consuming;
  for (bool more = true; more;) {
    while (received.deliveries.empty() && !received.failure) co_await received.wake.wait();
    if (received.deliveries.empty()) co_return fail(*received.failure);
    const Delivery delivery = std::move(received.deliveries.front());
    received.deliveries.pop_front();
    more = visitor(offset_of(delivery).value_or(0), delivery);
    if (auto acked = channel.ack(delivery.delivery_tag); !acked) co_return acked;
  }
  co_return co_await channel.close();
}

std::optional<HistoryOffset> offset_of(const Delivery& delivery) {
  const auto properties = delivery.properties();
  if (!properties.headers) return std::nullopt;
  const auto headers = amqp::decode_table(*properties.headers);
  if (!headers) return std::nullopt;
  const amqp::FieldValue* const value = headers->find(kOffsetArgument);
  const auto offset = value == nullptr ? std::nullopt : value->as_integer();
  if (!offset || *offset < 0) return std::nullopt;
  return static_cast<HistoryOffset>(*offset);
}

amqp::FieldTable consume_from(
    const std::variant<HistoryRange::First, HistoryOffset, Timestamp>& place) {
  amqp::FieldTable arguments;
  if (const auto* const offset = std::get_if<HistoryOffset>(&place)) {
    arguments.set(kOffsetArgument, static_cast<std::int64_t>(*offset));
  } else if (const auto* const time = std::get_if<Timestamp>(&place)) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
    arguments.set(
        kOffsetArgument,
        amqp::FieldTimestamp{static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0))});
  } else {
    arguments.set(kOffsetArgument, "first");
  }
  return arguments;
}

asio::awaitable<Result<HistoryExtent>> history_extent(client::Connection& connection,
                                                      const std::string& queue) {
  auto opened = co_await connection.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  client::QueueOptions passive;
  passive.passive = true;
  auto info = co_await channel.declare_queue(queue, passive);
  if (!info && info.error().code == ErrorCode::kNotFound) {
    const std::string exchange = queue.substr(0, queue.rfind('.'));
    co_return fail(
        ErrorCode::kNotFound,
        fmt::format("this broker keeps no history of {0}: there is no stream '{1}'. `bb serve` "
                    "keeps one unless it was told not to; on RabbitMQ, one that begins now is made "
                    "by: bb queues declare {1} --argument x-queue-type=stream && bb bindings "
                    "declare {0} {1} --key '#'",
                    exchange, queue));
  }
  if (!info) co_return fail(std::move(info).error());
  HistoryExtent extent;
  const bool is_exact = !is_rabbitmq(connection);
  if (is_exact && info->message_count == 0) co_return extent;
  if (!is_exact) {
    auto end = co_await probe_end(connection, queue, info->message_count > 0);
    if (!end) co_return fail(std::move(end).error());
    extent.end = *end;
    if (extent.end == 0) co_return extent;
  }
  HistoryVisitor see_first = [&extent](HistoryOffset offset, const Delivery&) {
    extent.first = offset;
    return false;
  };
  amqp::FieldTable from = consume_from(HistoryRange::First{});
  auto visited = co_await visit_history(connection, queue, std::move(from), std::move(see_first));
  if (!visited) co_return fail(std::move(visited).error());
  if (is_exact) {
    // Once more: with what was dropped at the front meanwhile, the end would be too far.
    auto again = co_await channel.declare_queue(queue, passive);
    if (!again) co_return fail(std::move(again).error());
    extent.end = extent.first + again->message_count;
  }
  co_await channel.close();
  co_return extent;
}

asio::awaitable<Result<HistoryOffset>> find_last(
    client::Connection& connection, const std::string& queue, HistoryExtent extent,
    std::uint64_t count, const std::function<bool(const Delivery&)>& wanted) {
  std::uint64_t block = std::clamp<std::uint64_t>(count, 256, kBlockMax);
  for (HistoryOffset end = extent.end; end > extent.first;) {
    const HistoryOffset begin = end - std::min(block, end - extent.first);
    std::vector<HistoryOffset> found;
    HistoryVisitor visitor = [&found, &wanted, end](HistoryOffset offset,
                                                    const Delivery& delivery) {
      if (offset < end && wanted(delivery)) found.push_back(offset);
      return offset + 1 < end;
    };
    amqp::FieldTable from = consume_from(begin);
    auto visited = co_await visit_history(connection, queue, std::move(from), std::move(visitor));
    if (!visited) co_return fail(std::move(visited).error());
    if (found.size() >= count) co_return found[found.size() - count];
    count -= found.size();
    end = begin;
    block = std::min(block * 4, kBlockMax);
  }
  co_return extent.first;
}

asio::awaitable<Result<std::optional<HistoryOffset>>> find_since(client::Connection& connection,
                                                                 const std::string& queue,
                                                                 HistoryExtent extent,
                                                                 Timestamp time) {
  // Nothing tells that a consumer has nothing to get. So the last message is asked for behind it:
  // once that is here, so is what the first consumer was to get.
  Received received(co_await asio::this_coro::executor);
  std::optional<HistoryOffset> since;
  bool is_over = false;
  auto opened = co_await open_reader(connection, received, 1);
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  std::function<void(Delivery)> on_since = [&](const Delivery& delivery) {
    // RabbitMQ may send the rest of a chunk at once, whatever the prefetch.
    if (!since) since = offset_of(delivery).value_or(extent.first);
    received.wake.notify();
  };
  amqp::FieldTable from = consume_from(time);
  auto first = co_await consume(channel, queue, std::move(from), std::move(on_since), received);
  if (!first) co_return fail(std::move(first).error());
  std::function<void(Delivery)> on_last = [&](const Delivery&) {
    is_over = true;
    received.wake.notify();
  };
  amqp::FieldTable last = consume_from(extent.end - 1);
  auto second = co_await consume(channel, queue, std::move(last), std::move(on_last), received);
  if (!second) co_return fail(std::move(second).error());
  while (!since && !is_over && !received.failure) co_await received.wake.wait();
  if (!since && !is_over) co_return fail(*received.failure);
  auto closed = co_await channel.close();
  if (!closed) co_return fail(std::move(closed).error());
  co_return since;
}

}  // namespace bb::cli
