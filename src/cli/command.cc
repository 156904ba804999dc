#include "cli/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/try.h"
#include "cli/byte_size.h"
#include "cli/duration.h"

namespace bb::cli {

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> parts;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    parts.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return parts;
}

Command command_group(std::string name, std::string summary, std::string description,
                      std::vector<Command> subcommands) {
  Command group;
  group.name = std::move(name);
  group.summary = std::move(summary);
  group.description = std::move(description);
  group.subcommands = std::move(subcommands);
  for (Command& subcommand : group.subcommands) {
    BB_ASSERT(subcommand.subcommands.empty());
    subcommand.parent = group.name;
    group.examples += subcommand.examples;
  }
  return group;
}

void for_each_command(const std::vector<Command>& commands,
                      const std::function<void(const Command&)>& visit) {
  for (const Command& command : commands) {
    visit(command);
    for (const Command& subcommand : command.subcommands) visit(subcommand);
  }
}

OptionSpec flag(std::string_view names, bool& target, std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.kind = ValueKind::kNothing;
  spec.help = std::move(help);
  spec.repeatable = true;
  spec.accept = [&target](const std::string&) -> Result<void> {
    target = true;
    return {};
  };
  return spec;
}

OptionSpec text_option(std::string_view names, std::string value_name,
                       std::optional<std::string>& target, std::string help, ValueKind kind) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.kind = kind;
  spec.value_name = std::move(value_name);
  spec.help = std::move(help);
  spec.accept = [&target](const std::string& value) -> Result<void> {
    target = value;
    return {};
  };
  return spec;
}

OptionSpec choice_option(std::string_view names, std::vector<std::string> choices,
                         std::function<void(const std::string&)> accept, std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.kind = ValueKind::kChoice;
  spec.value_name = fmt::format("{}", fmt::join(choices, "|"));
  spec.choices = choices;
  spec.help = std::move(help);
  spec.accept = [choices = std::move(choices),
                 accept = std::move(accept)](const std::string& value) -> Result<void> {
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is not one of {}", value, fmt::join(choices, ", ")));
    }
    accept(value);
    return {};
  };
  return spec;
}

OptionSpec duration_option(std::string_view names, std::optional<std::chrono::milliseconds>& target,
                           std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.value_name = "DURATION";
  spec.help = std::move(help);
  spec.accept = [&target](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(target, parse_duration(value));
    return {};
  };
  return spec;
}

OptionSpec number_option(std::string_view names, std::uint64_t least, std::uint64_t most,
                         std::optional<std::uint64_t>& target, std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.value_name = "N";
  spec.help = std::move(help);
  spec.accept = [least, most, &target](const std::string& value) -> Result<void> {
    std::uint64_t number = 0;
    const char* const end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc{} || rest != end || number < least || number > most) {
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is not a whole number from {} to {}", value, least, most));
    }
    target = number;
    return {};
  };
  return spec;
}

OptionSpec bytes_option(std::string_view names, std::uint64_t least, std::uint64_t most,
                        std::optional<std::uint64_t>& target, std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.value_name = "SIZE";
  spec.help = std::move(help);
  spec.accept = [least, most, &target](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(const std::uint64_t bytes, parse_byte_size(value));
    if (bytes < least || bytes > most) {
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is not from {} to {} bytes", value, least, most));
    }
    target = bytes;
    return {};
  };
  return spec;
}

OptionSpec url_option(std::optional<std::string>& target) {
  OptionSpec spec = text_option(
      "--url", "URL", target,
      "The broker, amqp[s]://USER:PASSWORD@HOST:PORT/VHOST; of several the first that answers "
      "(default $RABBIT_URL, else amqp://guest:guest@localhost:5672/)");
  spec.repeatable = true;
  spec.accept = [&target](const std::string& value) -> Result<void> {
    target = target ? fmt::format("{}\n{}", *target, value) : value;
    return {};
  };
  return spec;
}

OptionSpec exchange_option(std::optional<std::string>& target) {
  return text_option("--exchange", "NAME", target,
                     "The exchange that events go through (default $EXCHANGE_NAME, else "
                     "bloodbank.events.v1)");
}

}  // namespace bb::cli
