// The registry that `bb serve` keeps, over its management API.
#pragma once

#include <memory>

#include "client/http_url.h"
#include "registry/registry.h"

namespace bb::registry {

// `url` has a user; the account needs to be allowed to read the service's queue, and to configure
// it in order to remove the service. kNotImplemented: another broker's API.
std::unique_ptr<Registry> make_http_registry(client::HttpUrl url);

}  // namespace bb::registry
