#include "cli/http_link_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "cli/json_value.h"
#include "correlation/graph_json.h"
#include "event/json_cursor.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBodiesPerRequest = 1000;

std::string event_path(const Uuid& event, std::initializer_list<std::string_view> more) {
  std::string path = api_path({"bloodbank", "correlation", event.to_string()});
  for (const std::string_view segment : more) path += "/" + std::string(segment);
  return path;
}

// RabbitMQ has no such paths: it takes a POST to one for a wrong method.
Error explain(Error error) {
  const bool is_wrong_method = error.code == ErrorCode::kNotImplemented &&
                               error.message.find("answered 405") != std::string::npos;
  if (error.code == ErrorCode::kNotFound || is_wrong_method) {
    error.code = ErrorCode::kNotImplemented;
    error.message =
        "this broker does not keep what caused its events: with RabbitMQ, links are in Redis "
        "(REDIS_HOST), and `bb publish` records them there";
  }
  return error;
}

}  // namespace

Result<std::string> HttpLinkStore::get(const std::string& path) {
  auto text = client_.get_text(path);
  if (!text) return fail(explain(std::move(text).error()));
  behind_ = 0;
  if (const auto value = parse_json_value(*text); value && value->is_object()) {
    behind_ = static_cast<std::uint64_t>(number_at(value->get_object(), "behind"));
  }
  return text;
}

asio::awaitable<Result<void>> HttpLinkStore::record(std::vector<correlation::Link> links) {
  for (correlation::Link& link : links) {
    if (auto added = co_await add(std::move(link)); !added) co_return fail(added.error());
  }
  co_return Result<void>{};
}

asio::awaitable<Result<correlation::Link>> HttpLinkStore::add(correlation::Link more) {
  auto text = client_.post_text(event_path(more.child, {"links"}),
                                correlation::write_link_json(more.child, more));
  if (!text) co_return fail(explain(std::move(text).error()));
  co_return correlation::read_link_json(*text);
}

asio::awaitable<Result<correlation::Neighbours>> HttpLinkStore::neighbours(Uuid event) {
  const auto text = get(event_path(event, {}));
  if (!text) co_return fail(text.error());
  co_return correlation::read_neighbours_json(*text);
}

asio::awaitable<Result<correlation::Graph>> HttpLinkStore::walk(Uuid event,
                                                                correlation::Direction direction,
                                                                correlation::WalkLimits limits) {
  const auto text =
      get(fmt::format("{}?direction={}&depth={}&events={}", event_path(event, {"graph"}),
                      correlation::to_string(direction), limits.depth_max, limits.events_max));
  if (!text) co_return fail(text.error());
  co_return correlation::read_graph_json(*text);
}

Result<std::vector<std::string>> HttpLinkStore::bodies(const std::vector<Uuid>& events) {
  std::vector<std::string> bodies;
  bodies.reserve(events.size());
  // An answer may be shorter than what was asked for.
  while (bodies.size() < events.size()) {
    boost::json::array ids;
    const std::size_t end = std::min(events.size(), bodies.size() + kBodiesPerRequest);
    for (std::size_t i = bodies.size(); i < end; ++i) ids.emplace_back(events[i].to_string());
    const boost::json::object request{{"event_ids", std::move(ids)}};
    auto text = client_.post_text(api_path({"bloodbank", "events"}), write_json(request));
    if (!text) return fail(explain(std::move(text).error()));
    BB_TRY_ASSIGN(const boost::json::value answer, parse_json_value(*text));
    const boost::json::value* const list =
        answer.is_object() ? answer.get_object().if_contains("events") : nullptr;
    if (list == nullptr || !list->is_array() || list->get_array().empty() ||
        list->get_array().size() > end - bodies.size()) {
      return fail(ErrorCode::kFailure, "the broker's answer has not the form of events");
    }
    const auto behind = static_cast<std::uint64_t>(number_at(answer.get_object(), "behind"));
    behind_ = std::max(behind_, behind);
    for (const boost::json::value& body : list->get_array()) {
      bodies.push_back(body.is_string() ? std::string(body.get_string()) : "");
    }
  }
  return bodies;
}

}  // namespace bb::cli
