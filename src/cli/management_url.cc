#include "cli/management_url.h"

#include <fmt/format.h>

#include <utility>

#include "amqp/url.h"
#include "base/try.h"
#include "client/resolve.h"

namespace bb::cli {
namespace {

// An error of a setting's value, with the name of what it came from.
std::unexpected<Error> from_setting(Error error, const Setting& setting, std::string_view flag,
                                    std::string_view variable) {
  error.message =
      fmt::format("{}: {}", setting.origin == Origin::kFlag ? flag : variable, error.message);
  return fail(std::move(error));
}

bool is_loopback(const std::string& host) {
  const auto addresses = client::local_addresses(host);
  return addresses && addresses->front().is_loopback();
}

bool is_same_host(const std::string& one, const std::string& other) {
  return one == other || (is_loopback(one) && is_loopback(other));
}

}  // namespace

Result<ManagementTarget> management_target(const Settings& settings, const Settings::Flag& flag,
                                           const Settings::Flag& amqp_flag) {
  const Setting amqp_setting = settings.url(amqp_flag);
  const auto brokers = amqp::parse_urls(amqp_setting.value);
  if (!brokers) return from_setting(brokers.error(), amqp_setting, "--url", "RABBIT_URL");
  const amqp::Url* const amqp = &brokers->front();
  ManagementTarget target;
  target.vhost = amqp->vhost;

  const Setting setting = settings.http_url(flag);
  client::HttpUrl& url = target.url;
  if (setting.value.empty() && setting.origin == Origin::kFlag) {
    return fail(ErrorCode::kUsage, "--http-url needs a URL");
  }
  if (setting.value.empty()) {
    url.tls = amqp->tls;
    // As an address: a browser's or resolver's idea of localhost does not matter then. A
    // certificate is for a name.
    url.host = amqp->host == "localhost" && !amqp->tls ? "127.0.0.1" : amqp->host;
    BB_TRY_ASSIGN(url.port, settings.http_port());
  } else {
    auto parsed = client::parse_api_url(setting.value);
    if (!parsed)
      return from_setting(std::move(parsed).error(), setting, "--http-url", "BB_HTTP_URL");
    url = *std::move(parsed);
    // As people copy it from the address of a call.
    if (url.path.ends_with("/api")) url.path.erase(url.path.size() - 4);
  }
  const bool has_own_tls = url.tls_parameters != amqp::TlsParameters();
  if (url.tls && amqp->tls && url.host == amqp->host && !has_own_tls) {
    url.tls_parameters = amqp->tls_parameters;
  }
  const bool lends_account =
      is_same_host(url.host, amqp->host) && (url.tls || !amqp->tls || is_loopback(url.host));
  if (!url.user) {
    url.user = lends_account ? amqp->user : "guest";
    url.password = lends_account ? amqp->password : "guest";
  }
  if (!url.password && lends_account && url.user == amqp->user) url.password = amqp->password;
  return target;
}

}  // namespace bb::cli
