// Reads the history of an exchange: the stream "<exchange>.history".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "amqp/field_table.h"
#include "bloodbank/result.h"
#include "cli/history_range.h"
#include "client/connection.h"
#include "client/message.h"

namespace bb::cli {

// Where a message is in its stream; nullopt where it came from none.
std::optional<HistoryOffset> offset_of(const client::Delivery& delivery);

// The consumer's arguments that begin at that place. Brokers begin at the chunk that holds a time,
// so that earlier messages may come first.
amqp::FieldTable consume_from(const std::variant<HistoryRange::First, HistoryOffset, Timestamp>&);

// Called for each message; false: that was enough.
using HistoryVisitor = std::function<bool(HistoryOffset, const client::Delivery&)>;

// Shows the messages from that place (consume_from()) on until the visitor returns false; at the
// end, waits for more. The connection and the queue's name outlive the coroutine.
boost::asio::awaitable<Result<void>> visit_history(client::Connection& connection,
                                                   const std::string& queue, amqp::FieldTable from,
                                                   HistoryVisitor visitor);

struct HistoryExtent {
  HistoryOffset first = 0;
  HistoryOffset end = 0;  // of the next one that comes; `first` where it is empty
};

// kNotFound where the broker keeps no history of the exchange, with what to do. The coroutine's
// arguments outlive it.
boost::asio::awaitable<Result<HistoryExtent>> history_extent(client::Connection& connection,
                                                             const std::string& queue);

// The offset of the `count`-th message from the end that `wanted` takes; the first one where there
// are fewer. Reads backwards in blocks, and keeps no message.
boost::asio::awaitable<Result<HistoryOffset>> find_last(
    client::Connection& connection, const std::string& queue, HistoryExtent extent,
    std::uint64_t count, const std::function<bool(const client::Delivery&)>& wanted);

// The offset from which on there is what came at or after that time; a little of what came before
// it may be there as well, for brokers look by chunks. nullopt: nothing has come since. Not for an
// empty history.
boost::asio::awaitable<Result<std::optional<HistoryOffset>>> find_since(
    client::Connection& connection, const std::string& queue, HistoryExtent extent, Timestamp time);

}  // namespace bb::cli
