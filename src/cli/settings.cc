#include "cli/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <utility>

#include "amqp/constants.h"
#include "base/try.h"
#include "cli/output.h"

namespace bb::cli {

Settings Settings::load() {
  DotEnv dotenv = load_dotenv(".env");
  for (const std::string& warning : dotenv.warnings) print_warning(warning);
  return Settings([](const char* name) { return std::getenv(name); }, std::move(dotenv));
}

Settings::Settings(Environment environment, DotEnv dotenv)
    : environment_(std::move(environment)), dotenv_(std::move(dotenv)) {}

Setting Settings::find(const char* name, const Flag& flag, std::string_view default_value) const {
  if (flag) return {*flag, Origin::kFlag};
  const char* const variable = environment_(name);
  if (variable != nullptr && *variable != '\0') return {variable, Origin::kEnvironment};
  const auto entry = dotenv_.values.find(std::string_view(name));
  if (entry != dotenv_.values.end() && !entry->second.empty()) {
    return {entry->second, Origin::kDotEnv};
  }
  return {std::string(default_value), Origin::kDefault};
}

Setting Settings::url(const Flag& flag) const {
  return find("RABBIT_URL", flag, kDefaultUrl);
}

Result<std::vector<amqp::Url>> Settings::urls(const Flag& flag) const {
  return amqp::parse_urls(url(flag).value);
}

Setting Settings::http_url(const Flag& flag) const {
  return find("BB_HTTP_URL", flag, "");
}

Result<std::uint64_t> Settings::find_number(const char* name, std::uint64_t default_value,
                                            std::uint64_t least, std::uint64_t most) const {
  const Setting setting = find(name, std::nullopt, "");
  if (setting.value.empty()) return default_value;
  std::uint64_t number = 0;
  const char* const end = setting.value.data() + setting.value.size();
  const auto [rest, error] = std::from_chars(setting.value.data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most) {
    return fail(ErrorCode::kUsage, fmt::format("{}, from {}, is not a number from {} to {}", name,
                                               to_string(setting.origin), least, most));
  }
  return number;
}

Result<std::uint16_t> Settings::http_port() const {
  BB_TRY_ASSIGN(const std::uint64_t port,
                find_number("HTTP_PORT", kDefaultHttpPort, 1, UINT16_MAX));
  return static_cast<std::uint16_t>(port);
}

Result<std::optional<RedisConfig>> Settings::redis() const {
  RedisConfig address;
  address.host = find("REDIS_HOST", std::nullopt, "").value;
  if (address.host.empty()) return std::nullopt;
  BB_TRY_ASSIGN(const std::uint64_t port, find_number("REDIS_PORT", 6379, 1, UINT16_MAX));
  BB_TRY_ASSIGN(const std::uint64_t database, find_number("REDIS_DB", 0, 0, INT32_MAX));
  address.port = static_cast<std::uint16_t>(port);
  address.database = static_cast<std::uint32_t>(database);
  address.password = find("REDIS_PASSWORD", std::nullopt, "").value;
  return address;
}

Result<bool> Settings::correlation_tracking(const Flag& flag) const {
  const Setting setting = find("CORRELATION_TRACKING", flag, "on");
  if (setting.value == "on" || setting.value == "off") return setting.value == "on";
  return fail(ErrorCode::kUsage, fmt::format("CORRELATION_TRACKING, from {}, has to be on or off",
                                             to_string(setting.origin)));
}

Result<std::chrono::seconds> Settings::correlation_ttl() const {
  BB_TRY_ASSIGN(const std::uint64_t days, find_number("CORRELATION_TTL_DAYS", 30, 1, 36'500));
  return std::chrono::days(days);
}

Result<Setting> Settings::exchange(const Flag& flag) const {
  Setting setting = find("EXCHANGE_NAME", flag, kDefaultExchange);
  if (setting.value.empty() || setting.value.size() > amqp::kShortStringMaxBytes) {
    return fail(
        ErrorCode::kUsage,
        fmt::format("the exchange's name must have 1 to {} bytes, from {} it has {}",
                    amqp::kShortStringMaxBytes, to_string(setting.origin), setting.value.size()));
  }
  return setting;
}

Result<Setting> Settings::data_dir(const Flag& flag) const {
  Setting setting = find("BB_DATA_DIR", flag, "");
  if (flag && flag->empty()) return fail(ErrorCode::kUsage, "--data-dir needs a directory");
  if (!setting.value.empty()) return setting;
  const char* const state_home = environment_("XDG_STATE_HOME");
  const char* const home = environment_("HOME");
  // The XDG base directory specification: a path that is not absolute is to be ignored.
  if (state_home != nullptr && *state_home == '/') {
    setting.value = fmt::format("{}/bloodbank", state_home);
  } else if (home != nullptr && *home != '\0') {
    setting.value = fmt::format("{}/.local/state/bloodbank", home);
  } else {
    return fail(ErrorCode::kUsage, "HOME is not set: say where the data goes with --data-dir DIR");
  }
  return setting;
}

Result<Setting> Settings::schemas(const Flag& flag) const {
  if (flag && flag->empty()) return fail(ErrorCode::kUsage, "--schemas needs a directory");
  return find("HOLYFIELDS_PATH", flag, "");
}

std::optional<std::string> Settings::home() const {
  const char* const home = environment_("HOME");
  if (home == nullptr || *home == '\0') return std::nullopt;
  return home;
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::kFlag:
      return "the flag";
    case Origin::kEnvironment:
      return "the environment";
    case Origin::kDotEnv:
      return ".env";
    case Origin::kDefault:
      return "the default";
  }
  return "";
}

}  // namespace bb::cli
