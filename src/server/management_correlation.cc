// What caused what, over HTTP: below /api/bloodbank/, which RabbitMQ does not have.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <charconv>
#include <utility>

#include "base/try.h"
#include "broker/access_json.h"
#include "broker/history.h"
#include "correlation/graph_json.h"
#include "event/json_string.h"
#include "server/correlation_keeper.h"
#include "server/management_call.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using correlation::Direction;
using correlation::Link;
using correlation::WalkLimits;

constexpr std::uint32_t kDepthMax = 100'000;
constexpr std::size_t kEventsMax = 100'000;
constexpr std::size_t kMetadataBytesMax = 64 << 10;
constexpr std::size_t kBodiesMax = 10'000;        // of one request
constexpr std::size_t kBodyBytesMax = 16u << 20;  // of one answer

// Whoever may read the history may know what its events caused.
Result<CorrelationKeeper*> keeper_for(const ManagementCall& call, broker::Access access) {
  const std::string& exchange = call.broker.options().events_exchange;
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost("/"));
  if (access == broker::Access::kRead) {
    BB_TRY(
        call.check(access, *vhost, broker::ResourceKind::kQueue, broker::history_name(exchange)));
  } else {
    BB_TRY(call.check(access, *vhost, broker::ResourceKind::kExchange, exchange));
  }
  if (call.correlation == nullptr) {
    return fail(ErrorCode::kNotImplemented,
                "this broker does not keep what caused its events (bb serve --correlation off, or "
                "--no-history)");
  }
  return call.correlation;
}

Result<Uuid> event_of(const ManagementCall& call) {
  return Uuid::parse(call.arguments[0]);
}

template <class T>
Result<T> number_of(const ManagementCall& call, const std::string& name, T value, T most) {
  const auto found = call.target.query.find(name);
  if (found == call.target.query.end()) return value;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) {
    return fail(ErrorCode::kUsage, fmt::format("'{}' has to be a number up to {}", name, most));
  }
  return value;
}

HttpResponse later(std::function<asio::awaitable<HttpResponse>()> answer) {
  HttpResponse response;
  response.later = std::move(answer);
  return response;
}

HttpResponse text_response(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

// `json`, an object, with a member at its end that says how many events are not recorded yet.
std::string with_behind(std::string json, std::uint64_t behind) {
  json.pop_back();
  json += fmt::format(",\"behind\":{}}}", behind);
  return json;
}

asio::awaitable<HttpResponse> answer_neighbours(CorrelationKeeper* keeper, Uuid event) {
  const std::uint64_t behind = co_await keeper->catch_up();
  const auto near = co_await keeper->neighbours(event);
  if (!near) co_return error_response(near.error());
  co_return text_response(with_behind(correlation::write_neighbours_json(*near), behind));
}

asio::awaitable<HttpResponse> answer_graph(CorrelationKeeper* keeper, Uuid event,
                                           Direction direction, WalkLimits limits) {
  const std::uint64_t behind = co_await keeper->catch_up();
  const auto graph = co_await keeper->walk(event, direction, limits);
  if (!graph) co_return error_response(graph.error());
  co_return text_response(
      with_behind(correlation::write_graph_json(event, direction, *graph), behind));
}

asio::awaitable<HttpResponse> answer_link(CorrelationKeeper* keeper, Link more) {
  const auto link = co_await keeper->add(std::move(more));
  if (!link) co_return error_response(link.error());
  co_return text_response(correlation::write_link_json(link->child, *link));
}

// {"events": [...]} in the order of the ids: the body as a JSON string, null where there is none.
// It may be shorter than the ids: the rest is to be asked for again.
asio::awaitable<HttpResponse> answer_bodies(CorrelationKeeper* keeper, std::vector<Uuid> events) {
  const std::uint64_t behind = co_await keeper->catch_up();
  const auto bodies = co_await keeper->bodies(std::move(events), kBodyBytesMax);
  if (!bodies) co_return error_response(bodies.error());
  std::string json = "{\"events\":[";
  for (const std::string& body : *bodies) {
    if (json.back() != '[') json += ',';
    if (!body.empty() && check_json(body)) {
      event::append_json_string(json, body);
    } else {
      json += "null";
    }
  }
  co_return text_response(with_behind(json + "]}", behind));
}

Result<std::vector<Uuid>> ids_of(const json::object& body, std::string_view name,
                                 std::size_t most) {
  const json::value* const list = body.if_contains(name);
  if (list == nullptr || !list->is_array() || list->get_array().empty() ||
      list->get_array().size() > most) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("'{}' has to be a list of 1 to {} event ids", name, most));
  }
  std::vector<Uuid> ids;
  for (const json::value& item : list->get_array()) {
    if (!item.is_string()) {
      return fail(ErrorCode::kPreconditionFailed, fmt::format("'{}' has to hold event ids", name));
    }
    BB_TRY_ASSIGN(const Uuid id, Uuid::parse(std::string_view(item.get_string())));
    if (std::ranges::find(ids, id) == ids.end() || name != "parents") ids.push_back(id);
  }
  return ids;
}

}  // namespace

ManagementResult get_correlation(const ManagementCall& call) {
  BB_TRY_ASSIGN(CorrelationKeeper* const keeper, keeper_for(call, broker::Access::kRead));
  const CorrelationKeeper::Status status = keeper->status();
  return json_response(json::object{{"has_history", status.has_history},
                                    {"next_offset", status.next_offset},
                                    {"behind", status.behind},
                                    {"links_recorded", status.recorded}});
}

ManagementResult get_event_links(const ManagementCall& call) {
  BB_TRY_ASSIGN(CorrelationKeeper* const keeper, keeper_for(call, broker::Access::kRead));
  BB_TRY_ASSIGN(const Uuid event, event_of(call));
  return later([keeper, event] { return answer_neighbours(keeper, event); });
}

ManagementResult get_event_graph(const ManagementCall& call) {
  BB_TRY_ASSIGN(CorrelationKeeper* const keeper, keeper_for(call, broker::Access::kRead));
  BB_TRY_ASSIGN(const Uuid event, event_of(call));
  WalkLimits limits;
  BB_TRY_ASSIGN(limits.depth_max, number_of(call, "depth", limits.depth_max, kDepthMax));
  BB_TRY_ASSIGN(limits.events_max, number_of(call, "events", limits.events_max, kEventsMax));
  Direction direction = Direction::kConnected;
  if (const auto found = call.target.query.find("direction"); found != call.target.query.end()) {
    const auto parsed = correlation::parse_direction(found->second);
    if (!parsed) {
      return fail(ErrorCode::kUsage,
                  "'direction' has to be ancestors, descendants, lineage or connected");
    }
    direction = *parsed;
  }
  return later([keeper, event, direction, limits] {
    return answer_graph(keeper, event, direction, limits);
  });
}

ManagementResult post_event_links(const ManagementCall& call) {
  BB_TRY_ASSIGN(CorrelationKeeper* const keeper, keeper_for(call, broker::Access::kWrite));
  BB_TRY_ASSIGN(const Uuid event, event_of(call));
  BB_TRY_ASSIGN(const Link sent, correlation::read_link_json(call.request.body));
  if (sent.parents.empty() || sent.parents.size() > correlation::kParentsMax) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("'parents' has to be a list of 1 to {} event ids", correlation::kParentsMax));
  }
  if (!correlation::is_metadata(sent.metadata) || sent.metadata.size() > kMetadataBytesMax) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("'metadata' has to be an object of {} bytes at most", kMetadataBytesMax));
  }
  Link more = sent;
  more.child = event;
  more.created_at = Timestamp(std::chrono::system_clock::now());
  return later([keeper, more = std::move(more)] { return answer_link(keeper, more); });
}

ManagementResult post_event_bodies(const ManagementCall& call) {
  BB_TRY_ASSIGN(CorrelationKeeper* const keeper, keeper_for(call, broker::Access::kRead));
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(std::vector<Uuid> events, ids_of(body, "event_ids", kBodiesMax));
  return later([keeper, events = std::move(events)] { return answer_bodies(keeper, events); });
}

}  // namespace bb::server
