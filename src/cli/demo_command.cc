#include "cli/commands.h"
namespace bb::cli {
Command demo_command() {
  Command c;
  c.name = "demo";
  c.hidden = true;
  c.run = [] { return 1; };
  return c;
}
}  // namespace bb::cli
