// Where a command's settings come from: the flag, then the environment, then `.env` in the
// current directory, then the default. Names and defaults are RABBIT_URL,
// EXCHANGE_NAME, BB_DATA_DIR, HOLYFIELDS_PATH, BB_HTTP_URL, REDIS_HOST, REDIS_PORT, REDIS_DB,
// REDIS_PASSWORD, CORRELATION_TRACKING, CORRELATION_TTL_DAYS.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/url.h"
#include "bloodbank/redis_config.h"
#include "bloodbank/result.h"
#include "cli/dotenv.h"

namespace bb::cli {

inline constexpr std::string_view kDefaultUrl = "amqp://guest:guest@localhost:5672/";
inline constexpr std::uint16_t kDefaultHttpPort = 8682;
inline constexpr std::string_view kDefaultExchange = "bloodbank.events.v1";

enum class Origin { kFlag, kEnvironment, kDotEnv, kDefault };

struct Setting {
  std::string value;
  Origin origin = Origin::kDefault;
};

// The settings that every command shares. An environment variable that is empty counts as unset.
class Settings {
 public:
  using Flag = std::optional<std::string>;
  using Environment = std::function<const char*(const char* name)>;  // as std::getenv

  // From the process's environment and `.env` in the current directory. Its warnings are printed
  // on standard error.
  static Settings load();

  Settings(Environment environment, DotEnv dotenv);

  // One URL or several, as of amqp::parse_urls().
  Setting url(const Flag& flag) const;
  // The same, parsed: at least one. kInvalidUrl.
  Result<std::vector<amqp::Url>> urls(const Flag& flag) const;
  // The management API. Empty by default, which means to go by url(): see management_url.h.
  Setting http_url(const Flag& flag) const;
  // The port of the HTTP API where no URL of it is set: HTTP_PORT, else 8682. kUsage where that is
  // no port.
  Result<std::uint16_t> http_port() const;
  // kUsage where the name is too long for AMQP or empty.
  Result<Setting> exchange(const Flag& flag) const;
  // $XDG_STATE_HOME/bloodbank or ~/.local/state/bloodbank by default; kUsage when neither that nor
  // HOME says where.
  Result<Setting> data_dir(const Flag& flag) const;
  // The folder of event schemas; empty by default, which means to look for one. kUsage for an
  // empty flag.
  Result<Setting> schemas(const Flag& flag) const;
  // REDIS_HOST and the others; nullopt where no host is set. kUsage for a port or a database that
  // is none.
  Result<std::optional<RedisConfig>> redis() const;
  // CORRELATION_TRACKING, "on" or "off": whether what caused an event is recorded. On by default;
  // kUsage for anything else.
  Result<bool> correlation_tracking(const Flag& flag) const;
  // CORRELATION_TTL_DAYS: for how long. 30 days by default; kUsage for no number from 1 to 36500.
  Result<std::chrono::seconds> correlation_ttl() const;
  // HOME, where it is set.
  std::optional<std::string> home() const;

 private:
  Setting find(const char* name, const Flag& flag, std::string_view default_value) const;
  // A whole number from `least` to `most`; kUsage for anything else.
  Result<std::uint64_t> find_number(const char* name, std::uint64_t default_value,
                                    std::uint64_t least, std::uint64_t most) const;

  Environment environment_;
  DotEnv dotenv_;
};

// "the flag", "the environment", ".env", "the default".
std::string_view to_string(Origin origin);

}  // namespace bb::cli
