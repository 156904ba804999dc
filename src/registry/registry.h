// Where services are registered.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "bloodbank/result.h"
#include "registry/service_instance.h"
#include "registry/service_rules.h"

namespace bb::registry {

// Errors of every call: kUnreachable, kTimeout, kAccessRefused, kResourceError (it holds as many as
// it may), kNotImplemented (there is no registry), each a line that is complete but for what
// follows from it. On one executor; not thread-safe. Calls may outlive the object.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  virtual ~Registry() = default;

  // Registers the instance, or says that it is there still: the same call is the heartbeat, so that
  // a registry that has forgotten everything learns it again. `stopped` says that it ends.
  virtual boost::asio::awaitable<Result<void>> put(ServiceInstance instance) = 0;

  // All that there are, of every vhost that one may see, in no order.
  virtual boost::asio::awaitable<Result<std::vector<RegisteredInstance>>> list() = 0;

  // Forgets a service with all its instances. kNotFound.
  virtual boost::asio::awaitable<Result<void>> remove(ServiceKey key) = 0;
};

}  // namespace bb::registry
