// The name of this machine.
#pragma once

#include <string>

namespace bb::cli {

// As gethostname(2) has it; "unknown" where it has none.
std::string host_name();

}  // namespace bb::cli
