// The name of this machine.
#pragma once

#include <string>

namespace bb {

// As gethostname(2) has it; "unknown" where it has none.
std::string host_name();

}  // namespace bb
