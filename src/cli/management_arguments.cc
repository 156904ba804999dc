#include "cli/management_arguments.h"

#include <fmt/format.h>

#include "amqp/constants.h"
#include "cli/display_text.h"
#include "cli/json_value.h"

namespace bb::cli {

OptionSpec arguments_option(std::vector<DeclarationArgument>& arguments) {
  OptionSpec spec;
  spec.names = {"--argument"};
  spec.value_name = "KEY=VALUE";
  spec.help =
      "An argument, such as x-max-length=1000; a value that is JSON is taken as such, any other as "
      "text";
  spec.repeatable = true;
  spec.accept = [&arguments](const std::string& text) -> Result<void> {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::kUsage, fmt::format("'{}' is not KEY=VALUE", text));
    }
    const std::string key = text.substr(0, equals);
    if (key.size() > amqp::kShortStringMaxBytes) {
      return fail(ErrorCode::kUsage, fmt::format("the name of an argument has at most {} bytes",
                                                 amqp::kShortStringMaxBytes));
    }
    const std::string value = text.substr(equals + 1);
    auto parsed = parse_json_value(value);
    if (!parsed && !is_valid_utf8(value)) {
      return fail(ErrorCode::kUsage, fmt::format("the value of '{}' is not UTF-8", key));
    }
    arguments.push_back({key, parsed ? *std::move(parsed) : boost::json::value(value)});
    return {};
  };
  return spec;
}

Result<boost::json::object> arguments_object(const std::vector<DeclarationArgument>& arguments) {
  boost::json::object object;
  for (const DeclarationArgument& argument : arguments) {
    if (!object.emplace(argument.key, argument.value).second) {
      return fail(ErrorCode::kUsage,
                  fmt::format("--argument {} is given more than once", argument.key));
    }
  }
  return object;
}

}  // namespace bb::cli
