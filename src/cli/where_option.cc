#include "cli/where_option.h"

#include <utility>

#include "base/try.h"

namespace bb::cli {

OptionSpec where_option(std::string help, std::optional<filter::Filter>& target) {
  OptionSpec spec;
  spec.names = {"--where"};
  spec.value_name = "CONDITION";
  spec.help = std::move(help);
  spec.accept = [&target](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(target, filter::Filter::parse(value));
    return {};
  };
  return spec;
}

}  // namespace bb::cli
