#include "cli/link_source.h"

#include <utility>

#include "base/try.h"
#include "cli/redis_settings.h"
#include "correlation/redis_link_store.h"

namespace bb::cli {

OptionSpec link_place_option(LinkPlace& place) {
  return choice_option(
      "--links", {"redis", "embedded"},
      [&place](const std::string& name) {
        place = name == "redis" ? LinkPlace::kRedis : LinkPlace::kEmbedded;
      },
      "Where the links are: in Redis, or with the `bb serve` of --http-url (default redis where "
      "$REDIS_HOST is set, else embedded)");
}

Result<LinkSource> LinkSource::open(const boost::asio::any_io_executor& executor,
                                    const Settings& settings, LinkPlace place,
                                    const ManagementOptions& management) {
  LinkSource source;
  BB_TRY_ASSIGN(const std::optional<RedisAddress> redis, settings.redis());
  if (place == LinkPlace::kRedis && !redis) {
    return fail(ErrorCode::kUsage, "--links redis needs REDIS_HOST");
  }
  source.is_redis_ = redis && place != LinkPlace::kEmbedded;
  auto session = open_session(management);
  if (session) {
    source.broker_ = std::make_shared<HttpLinkStore>(std::move(session->client));
  } else if (!source.is_redis_) {
    return fail(std::move(session).error());
  }
  if (source.is_redis_) {
    BB_TRY_ASSIGN(const std::chrono::seconds ttl, settings.correlation_ttl());
    source.store_ = std::make_shared<correlation::RedisLinkStore>(
        std::make_shared<redis::Client>(executor, redis_options(*redis)), ttl);
  } else {
    source.store_ = source.broker_;
  }
  return source;
}

}  // namespace bb::cli
