#include "cli/history_lookup.h"

#include <unordered_map>
#include <utility>

#include "cli/history_reader.h"
#include "client/cloud_message.h"
#include "correlation/event_reader.h"
#include "correlation/uuid_hash.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;

asio::awaitable<Result<void>> search(client::Connection& connection, HistoryLookup& lookup) {
  const std::string queue = history_queue(lookup.exchange);
  auto extent = co_await history_extent(connection, queue);
  if (!extent) co_return fail(std::move(extent).error());
  if (extent->first == extent->end) co_return Result<void>{};
  HistoryOffset from = extent->first;
  if (lookup.since) {
    auto since = co_await find_since(connection, queue, *extent, *lookup.since);
    if (!since) co_return fail(std::move(since).error());
    if (!*since) co_return Result<void>{};
    from = **since;
  }
  std::unordered_map<Uuid, std::size_t, correlation::UuidHash> wanted;
  for (std::size_t i = 0; i < lookup.events.size(); ++i) wanted.emplace(lookup.events[i], i);
  correlation::EventReader reader;
  const HistoryOffset last = extent->end - 1;
  HistoryVisitor visitor = [&](HistoryOffset offset, const client::Delivery& delivery) {
    const auto binary = client::envelope_of_binary(delivery.properties(), delivery.body);
    const std::string& body = binary ? *binary : delivery.body;
    if (const auto event = reader.read(body)) {
      const auto found = wanted.find(event->id);
      if (found != wanted.end()) {
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
