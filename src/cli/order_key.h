// By which field of an event its order is kept: `bb subscribe --ordered-by source.app`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "client/message.h"

namespace bb::cli {

// The field's JSON text of each delivery, for the members that `path` names one after the other,
// separated by dots. "" (no order) for an event that has no such field, and for what is no JSON.
// kUsage: the path has an empty name in it, or begins with no field that an envelope, or one of the
// legacy shape, has.
Result<std::function<std::string(const client::Delivery&)>> order_key(std::string_view path);

}  // namespace bb::cli
