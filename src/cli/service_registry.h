// Where `bb subscribe --service` registers, and `bb services` looks.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "bloodbank/result.h"
#include "cli/settings.h"
#include "registry/registry.h"

namespace bb::cli {

struct RegistryPlace {
  std::function<std::unique_ptr<registry::Registry>(const boost::asio::any_io_executor&)> open;
  // What to do where that registry cannot be used.
  std::string advice;
};

// Redis where REDIS_HOST is set, whatever the broker; else that which `bb serve` keeps, at the
// management API. Nothing is sent. kUsage, kInvalidUrl; kUsage where nothing says the password.
Result<RegistryPlace> registry_place(const Settings& settings, const Settings::Flag& http_url,
                                     const Settings::Flag& amqp_url);

}  // namespace bb::cli
