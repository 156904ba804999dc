// What `bb subscribe` is to do, of its options and the settings.
#pragma once

#include "bloodbank/result.h"
#include "cli/service_run.h"
#include "cli/subscribe_options.h"
#include "cli/subscription.h"

namespace bb::cli {

// Events to standard output. Without the callbacks. kUsage, kInvalidUrl.
Result<SubscribeJob> resolve_subscription(const SubscribeCommandOptions& options);

// Events to a command or a webhook; there is a queue of that name. Opens what --deduplicate
// remembers. Without the callbacks. The same errors, and kIo.
Result<ServiceJob> resolve_service(const SubscribeCommandOptions& options);

}  // namespace bb::cli
