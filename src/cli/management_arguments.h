// What is given to a broker with a declaration: `--argument KEY=VALUE`.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/command.h"

namespace bb::cli {

struct DeclarationArgument {
  std::string key;
  boost::json::value value;
};

// A VALUE that is JSON is that (10, true, {"a":1}, "10"), else it is a text as it is.
OptionSpec arguments_option(std::vector<DeclarationArgument>& arguments);

// As the management API takes them. kUsage for a key that comes twice.
Result<boost::json::object> arguments_object(const std::vector<DeclarationArgument>& arguments);

}  // namespace bb::cli
