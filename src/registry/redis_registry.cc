#include "registry/redis_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>
#include <vector>

#include "client/http_url.h"

namespace bb::registry {
namespace {

namespace asio = boost::asio;
using redis::Command;
using redis::Reply;
using std::chrono::milliseconds;

constexpr std::string_view kIndexKey = "bloodbank:services";
constexpr std::string_view kRecordPrefix = "bloodbank:service:";
constexpr std::int64_t kInstancesMax = 2000;
// What never expires goes by a time to live as well, for what is left of it
// tells when it was seen.
constexpr milliseconds kForEver = std::chrono::hours(24 * 365 * 1000);

// "<vhost>/<exchange>/<name>/", each percent-encoded.
std::string prefix_of(const ServiceKey& key) {
  return fmt::format("{}/{}/{}/", client::encode_path_segment(key.vhost),
                     client::encode_path_segment(key.exchange),
                     client::encode_path_segment(key.name));
}

std::string id_of(const ServiceInstance& instance) {
  return prefix_of(instance.key) + client::encode_path_segment(instance.id());
}

std::string record_key(std::string_view id) {
  return fmt::format("{}{}", kRecordPrefix, id);
}

milliseconds time_to_live(const ServiceInstance& instance) {
  return std::max(instance.expire.value_or(kForEver), instance.ttl);
}

std::vector<Command> commands_to_put(const ServiceInstance& instance) {
  std::vector<Command> commands;
  commands.push_back({"SET", record_key(id_of(instance)), boost::json::serialize(to_json(instance)),
                      "PX", std::to_string(time_to_live(instance).count())});
  commands.push_back({"SADD", std::string(kIndexKey), id_of(instance)});
  return commands;
}

std::vector<Command> commands_to_look(const std::vector<std::string>& ids) {
  std::vector<Command> commands;
  for (const std::string& id : ids) {
    commands.push_back({"GET", record_key(id)});
    commands.push_back({"PTTL", record_key(id)});
  }
  return commands;
}

std::vector<Command> commands_to_forget(const std::vector<std::string>& ids) {
  Command records{"DEL"};
  Command index{"SREM", std::string(kIndexKey)};
  for (const std::string& id : ids) {
    records.push_back(record_key(id));
    index.push_back(id);
  }
  std::vector<Command> commands;
  commands.push_back(std::move(records));
  commands.push_back(std::move(index));
  return commands;
}

// As they are in the index, and so in Redis, or no longer.
struct Found {
  Found() = default;
  std::vector<std::string> ids;  // of `instances`
  std::vector<RegisteredInstance> instances;
  std::vector<std::string> missing;  // in the index alone: they have expired
};

Found read_instances(const std::vector<std::string>& ids, const std::vector<Reply>& replies) {
  Found found;
  for (std::size_t i = 0; i < ids.size() && 2 * i + 1 < replies.size(); ++i) {
    const Reply& record = replies[2 * i];
    const Reply& left = replies[2 * i + 1];
    if (record.is_nil()) {
      found.missing.push_back(ids[i]);
      continue;
    }
    auto instance = parse_instance(record.text);
    // Whatever else somebody keeps under such a key is not ours to judge.
    if (!instance || left.kind != Reply::Kind::kInteger) continue;
    // Below zero: it has no time to live, or went in between.
    const milliseconds unseen =
        left.integer < 0
            ? instance->ttl + milliseconds(1)
            : std::max(time_to_live(*instance) - milliseconds(left.integer), milliseconds(0));
    const ServiceState state = state_of(*instance, unseen);
    RegisteredInstance registered(*std::move(instance), state, unseen);
    if (is_expired(registered)) continue;
    found.ids.push_back(ids[i]);
    found.instances.push_back(std::move(registered));
  }
  return found;
}

std::vector<std::string> texts_of(const Reply& reply) {
  std::vector<std::string> texts;
  for (const Reply& each : reply.items) texts.push_back(each.text);
  std::ranges::sort(texts);
  return texts;
}

// Owned by the calls, which may outlive the registry.
struct Place {
  Place(const asio::any_io_executor& executor, redis::ClientOptions options)
      : client(executor, std::move(options)) {}
  redis::Client client;
  bool is_known = false;  // the instance that put() is about
};
using PlacePtr = std::shared_ptr<Place>;

asio::awaitable<Result<void>> forget(PlacePtr place, std::vector<std::string> ids) {
  if (ids.empty()) co_return Result<void>();
  auto commands = commands_to_forget(ids);
  auto done = co_await place->client.transaction(std::move(commands));
  if (!done) co_return fail(std::move(done).error());
  co_return Result<void>();
}

// Those of all services, or of the one whose ids begin with `prefix`.
asio::awaitable<Result<Found>> look(PlacePtr place, std::string prefix) {
  Command members{"SMEMBERS", std::string(kIndexKey)};
  auto index = co_await place->client.command(std::move(members));
  if (!index) co_return fail(std::move(index).error());
  std::vector<std::string> ids = texts_of(*index);
  std::erase_if(ids, [&](const std::string& id) { return !id.starts_with(prefix); });
  if (ids.empty()) co_return Found();
  auto commands = commands_to_look(ids);
  auto replies = co_await place->client.pipeline(std::move(commands));
  if (!replies) co_return fail(std::move(replies).error());
  Found found = read_instances(ids, *replies);
  // Another one may have put it again meanwhile; its next heartbeat puts it
  // into the index, too.
  if (!found.missing.empty()) {
    auto forgotten = co_await forget(place, found.missing);
    if (!forgotten) co_return fail(std::move(forgotten).error());
  }
  co_return std::move(found);
}

asio::awaitable<Result<void>> drop_superseded(PlacePtr place, std::string prefix) {
  auto found = co_await look(place, std::move(prefix));
  if (!found) co_return fail(std::move(found).error());
  std::vector<std::string> ids;
  for (const std::size_t at : superseded(found->instances)) ids.push_back(found->ids[at]);
  co_return co_await forget(place, std::move(ids));
}

asio::awaitable<Result<void>> has_room(PlacePtr place) {
  Command count{"SCARD", std::string(kIndexKey)};
  auto size = co_await place->client.command(std::move(count));
  if (!size) co_return fail(std::move(size).error());
  if (size->integer >= kInstancesMax) {
    co_return fail(ErrorCode::kResourceError,
                   fmt::format("{} instances of services are registered, which is the limit; "
                               "'bb services remove' removes those that are gone",
                               size->integer));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> put_instance(PlacePtr place, ServiceInstance instance) {
  const bool is_new = !place->is_known;
  if (is_new) {
    auto room = co_await has_room(place);
    if (!room) co_return fail(std::move(room).error());
  }
  auto commands = commands_to_put(instance);
  auto done = co_await place->client.transaction(std::move(commands));
  if (!done) co_return fail(std::move(done).error());
  place->is_known = true;
  if (!is_new) co_return Result<void>();
  std::string prefix = prefix_of(instance.key);
  co_return co_await drop_superseded(place, std::move(prefix));
}

asio::awaitable<Result<std::vector<RegisteredInstance>>> list_all(PlacePtr place) {
  auto found = co_await look(place, "");
  if (!found) co_return fail(std::move(found).error());
  co_return std::move(found->instances);
}

asio::awaitable<Result<void>> remove_service(PlacePtr place, ServiceKey key) {
  std::string prefix = prefix_of(key);
  auto found = co_await look(place, std::move(prefix));
  if (!found) co_return fail(std::move(found).error());
  if (found->ids.empty()) {
    co_return fail(ErrorCode::kNotFound,
                   fmt::format("no service '{}' of the exchange '{}' in the vhost '{}' is "
                               "registered",
                               key.name, key.exchange, key.vhost));
  }
  co_return co_await forget(place, std::move(found->ids));
}

class RedisRegistry final : public Registry {
 public:
  RedisRegistry(const asio::any_io_executor& executor, redis::ClientOptions options)
      : place_(std::make_shared<Place>(executor, std::move(options))) {}
  ~RedisRegistry() override { place_->client.close(); }

  asio::awaitable<Result<void>> put(ServiceInstance instance) override {
    return put_instance(place_, std::move(instance));
  }
  asio::awaitable<Result<std::vector<RegisteredInstance>>> list() override {
    return list_all(place_);
  }
  asio::awaitable<Result<void>> remove(ServiceKey key) override {
    return remove_service(place_, std::move(key));
  }

 private:
  const PlacePtr place_;
};

}  // namespace

std::unique_ptr<Registry> make_redis_registry(const asio::any_io_executor& executor,
                                              redis::ClientOptions options) {
  return std::make_unique<RedisRegistry>(executor, std::move(options));
}

}  // namespace bb::registry
