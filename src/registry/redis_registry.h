// The registry in Redis, for a broker that keeps none; its keys are in
// docs/formats/services.md.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "redis/client.h"
#include "registry/registry.h"

namespace bb::registry {

// Time is Redis's own: how long an instance was not seen follows from what is
// left of its key's time to live. Connects with the first call.
std::unique_ptr<Registry> make_redis_registry(const boost::asio::any_io_executor& executor,
                                              redis::ClientOptions options);

}  // namespace bb::registry
