#include "cli/history_lookup.h"

#include <unordered_map>
#include <utility>

#include "bloodbank/envelope.h"
#include "cli/history_reader.h"
#include "client/cloud_message.h"
#include "correlation/event_reader.h"
#include "correlation/uuid_hash.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;

using Wanted = std::unordered_map<Uuid, std::size_t, correlation::UuidHash>;

// From `from` to `last`, as long as something is wanted.
asio::awaitable<Result<void>> search_part(client::Connection& connection, const std::string& queue,
                                          HistoryLookup& lookup, Wanted& wanted, HistoryOffset from,
                                          HistoryOffset last) {
  correlation::EventReader reader;
  HistoryVisitor visitor = [&](HistoryOffset offset, const client::Delivery& delivery) {
    const auto binary = client::envelope_of_binary(delivery.properties(), delivery.body);
    const std::string& body = binary ? *binary : delivery.body;
    if (const auto event = reader.read(body)) {
      const auto found = wanted.find(event->id);
      if (found != wanted.end() && parse_any_envelope(body)) {
        lookup.bodies[found->second] = body;
        wanted.erase(found);
      }
    }
    return offset < last && !wanted.empty();
  };
  std::variant<HistoryRange::First, HistoryOffset, Timestamp> place = from;
  amqp::FieldTable arguments = consume_from(place);
  co_return co_await visit_history(connection, queue, std::move(arguments), std::move(visitor));
}

asio::awaitable<Result<void>> search(client::Connection& connection, HistoryLookup& lookup) {
  const std::string queue = history_queue(lookup.exchange);
  auto extent = co_await history_extent(connection, queue);
  if (!extent) co_return fail(std::move(extent).error());
  if (extent->first == extent->end) co_return Result<void>{};
  HistoryOffset from = extent->first;
  if (lookup.since) {
    auto since = co_await find_since(connection, queue, *extent, *lookup.since);
    if (!since) co_return fail(std::move(since).error());
    from = since->value_or(extent->end);
  }
  Wanted wanted;
  for (std::size_t i = 0; i < lookup.events.size(); ++i) wanted.emplace(lookup.events[i], i);
  if (from < extent->end) {
    auto searched = co_await search_part(connection, queue, lookup, wanted, from, extent->end - 1);
    if (!searched || wanted.empty()) co_return searched;
  }
  if (from == extent->first) co_return Result<void>{};
  co_return co_await search_part(connection, queue, lookup, wanted, extent->first, from - 1);
}

}  // namespace

asio::awaitable<Result<void>> find_in_history(HistoryLookup& lookup) {
  lookup.bodies.resize(lookup.events.size());
  auto connected = co_await client::connect_to_any(lookup.connector);
  if (!connected) co_return fail(std::move(connected).error());
  client::Connection connection = *std::move(connected);
  Result<void> result = co_await search(connection, lookup);
  co_await connection.close();
  co_return result;
}

}  // namespace bb::cli
