#include "cli/link_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "cli/duration.h"
#include "correlation/redis_link_store.h"
#include "redis/client_options.h"

namespace bb::cli {
namespace {

constexpr std::chrono::milliseconds kDefaultTimeout{30'000};  // as of --timeout

}  // namespace

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
  BB_TRY_ASSIGN(const std::optional<RedisConfig> redis, settings.redis());
  if (place == LinkPlace::kRedis && !redis) {
    return fail(ErrorCode::kUsage, "--links redis needs REDIS_HOST");
  }
  if (place != LinkPlace::kEmbedded) source.redis_ = redis;
  source.timeout_ = management.timeout.value_or(kDefaultTimeout);
  auto session = open_session(management);
  if (session) {
    source.broker_ = std::make_shared<HttpLinkStore>(std::move(session->client));
  } else if (!source.is_redis()) {
    return fail(std::move(session).error());
  }
  if (source.is_redis()) {
    BB_TRY_ASSIGN(const std::chrono::seconds ttl, settings.correlation_ttl());
    redis::ClientOptions client = redis::client_options(*redis);
    client.timeout = source.timeout_;
    source.store_ = std::make_shared<correlation::RedisLinkStore>(
        std::make_shared<redis::Client>(executor, std::move(client)), ttl);
  } else {
    source.store_ = source.broker_;
  }
  return source;
}

Deadline LinkSource::deadline() const {
  return is_redis() ? Deadline::in(timeout_) : Deadline();
}

Error LinkSource::explain(Error error) const {
  if (!is_redis()) return error;
  constexpr std::string_view kWhere =
      "; REDIS_HOST, REDIS_PORT and REDIS_PASSWORD say where it is, and --links embedded asks `bb "
      "serve`";
  switch (error.code) {
    case ErrorCode::kTimeout:
      error.message =
          fmt::format("Redis at {}:{} did not answer within {}; allow more with --timeout{}",
                      redis_->host, redis_->port, format_duration(timeout_), kWhere);
      break;
    case ErrorCode::kUnreachable:
    case ErrorCode::kClosed:
    case ErrorCode::kAccessRefused:
      error.message += kWhere;
      break;
    default:
      if (error.message.find("WRONGTYPE") != std::string::npos) {
        error.message +=
            "; something else than links is in a key bloodbank:correlation:...: DEL removes it, or "
            "REDIS_DB chooses another database";
      }
  }
  return error;
}

}  // namespace bb::cli
