#include "cli/service_registry.h"

#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "cli/management_url.h"
#include "redis/client_options.h"
#include "registry/http_registry.h"
#include "registry/redis_registry.h"

namespace bb::cli {
namespace {

RegistryPlace redis_place(const RedisConfig& address) {
  RegistryPlace place;
  place.open = [options =
                    redis::client_options(address)](const boost::asio::any_io_executor& executor) {
    return registry::make_redis_registry(executor, options);
  };
  place.advice = "REDIS_HOST, REDIS_PORT, REDIS_DB and REDIS_PASSWORD say where the registry is";
  return place;
}

}  // namespace

Result<RegistryPlace> registry_place(const Settings& settings, const Settings::Flag& http_url,
                                     const Settings::Flag& amqp_url) {
  BB_TRY_ASSIGN(const std::optional<RedisConfig> redis, settings.redis());
  if (redis) return redis_place(*redis);
  BB_TRY_ASSIGN(ManagementTarget target, management_target(settings, http_url, amqp_url));
  if (!target.url.password) {
    return fail(ErrorCode::kUsage, fmt::format("no password for {}: put it into BB_HTTP_URL, as in "
                                               "http://USER:PASSWORD@HOST:PORT",
                                               target.url.redacted()));
  }
  RegistryPlace place;
  place.open = [url = std::move(target.url)](const boost::asio::any_io_executor&) {
    return registry::make_http_registry(url);
  };
  place.advice =
      "bb serve keeps a registry, at its HTTP address (BB_HTTP_URL); with RabbitMQ it is in Redis: "
      "set REDIS_HOST";
  return place;
}

}  // namespace bb::cli
