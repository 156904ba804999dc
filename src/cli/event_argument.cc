#include "cli/event_argument.h"

#include <utility>

#include "base/try.h"

namespace bb::cli {
namespace {

OptionSpec argument(std::string name, std::string help) {
  OptionSpec spec;
  spec.value_name = name;
  spec.names = {std::move(name)};
  spec.help = std::move(help);
  spec.required = true;
  return spec;
}

}  // namespace

OptionSpec event_argument(std::string name, std::optional<Uuid>& target, std::string help) {
  OptionSpec spec = argument(std::move(name), std::move(help));
  spec.accept = [&target](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(target, Uuid::parse(value));
    return {};
  };
  return spec;
}

OptionSpec event_arguments(std::string name, std::vector<Uuid>& target, std::string help) {
  OptionSpec spec = argument(std::move(name), std::move(help));
  spec.repeatable = true;
  spec.accept = [&target](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(const Uuid id, Uuid::parse(value));
    target.push_back(id);
    return {};
  };
  return spec;
}

}  // namespace bb::cli
