#include "cli/service_registration.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/host_name.h"
#include "base/try.h"
#include "cli/output.h"
#include "cli/service_registry.h"
#include "cli/settings.h"
#include "registry/service_instance.h"

namespace bb::cli {
namespace {

registry::ServiceInstance this_instance(const SubscribeCommandOptions& options,
                                        const Subscribed& subscribed) {
  registry::ServiceInstance instance;
  instance.key = {subscribed.vhost, subscribed.exchange, *options.service};
  instance.queue = subscribed.queue;
  instance.patterns = subscribed.patterns;
  instance.host = host_name();
  instance.pid = ::getpid();
  instance.version = BB_VERSION;
  instance.health_url = options.health_url.value_or("");
  instance.ttl = options.ttl.value_or(registry::kTtlDefault);
  instance.expire = options.expire;
  instance.started_at = std::chrono::system_clock::now();
  return instance;
}

}  // namespace

std::unique_ptr<registry::Registration> make_registration(
    const boost::asio::any_io_executor& executor, const SubscribeCommandOptions& options,
    const Subscribed& subscribed) {
  if (!options.service) return nullptr;
  auto place = registry_place(Settings::load(), std::nullopt, options.url);
  if (!place) {
    print_warning(fmt::format("not registered as a service, and runs all the same: {}",
                              place.error().message));
    return nullptr;
  }
  return std::make_unique<registry::Registration>(
      executor, place->open(executor), this_instance(options, subscribed), place->advice,
      [](const std::string& notice) { print_warning(notice); });
}

}  // namespace bb::cli
