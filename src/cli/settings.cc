#include "cli/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <utility>

#include "amqp/constants.h"
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

Setting Settings::http_url(const Flag& flag) const {
  return find("BB_HTTP_URL", flag, "");
}

Result<std::uint16_t> Settings::http_port() const {
  const Setting setting = find("HTTP_PORT", std::nullopt, "");
  if (setting.value.empty()) return kDefaultHttpPort;
  std::uint16_t port = 0;
  const char* const end = setting.value.data() + setting.value.size();
  const auto [rest, error] = std::from_chars(setting.value.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0) {
    return fail(ErrorCode::kUsage, fmt::format("HTTP_PORT, from {}, is not a port from 1 to 65535",
                                               to_string(setting.origin)));
  }
  return port;
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
