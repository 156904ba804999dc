// Time as sans-io code sees it: a point handed in by whoever owns the clock.
#pragma once

#include <chrono>

namespace bb {

// Monotonic. Only differences mean anything.
using TimePoint = std::chrono::steady_clock::time_point;

}  // namespace bb
