#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "correlation/uuid_hash.h"

namespace bb::correlation {

// References to its elements are good until the next insertion.
template <class Value>
using UuidMap = boost::unordered_flat_map<Uuid, Value, UuidHash>;

}  // namespace bb::correlation
