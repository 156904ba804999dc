#include "base/host_name.h"

#include <unistd.h>

namespace bb {

std::string host_name() {
  char name[256] = "unknown";
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "unknown";
  return name;
}

}  // namespace bb
