#include "cli/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/assert.h"
#include "base/try.h"
#include "cli/suggest.h"

namespace bb::cli {
namespace {

// The CLI11 side of one command. CLI11 splits the arguments; what they mean is checked here, so
// that every message has one form.
struct Bound {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::vector<CLI::Option*> options;  // as Command::options
  CLI::Option* help = nullptr;
};

CLI::Option* bind_option(CLI::App& app, const OptionSpec& spec) {
  const std::string names = fmt::format("{}", fmt::join(spec.names, ","));
  if (!spec.takes_value()) return app.add_flag(names)->disable_flag_override();
  CLI::Option* const option = app.add_option(names);
  // TakeAll: a second value is for us to refuse, in our words.
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option->allow_extra_args(spec.is_argument() && spec.repeatable);
  return option;
}

void bind_command(CLI::App& root, const Command& command, std::vector<Bound>& bounds) {
  Bound bound;
  bound.command = &command;
  bound.app = root.add_subcommand(command.name);
  for (const std::string& alias : command.aliases) bound.app->alias(alias);
  bound.app->set_help_flag();
  bound.app->allow_extras();
  for (const OptionSpec& spec : command.options) {
    bound.options.push_back(bind_option(*bound.app, spec));
  }
  bound.help = bound.app->add_flag("-h,--help");
  bounds.push_back(bound);
  if (command.is_group()) bound.app->require_subcommand(0, 1);
  for (const Command& subcommand : command.subcommands) {
    bind_command(*bound.app, subcommand, bounds);
  }
}

std::string see_help(const Command* command) {
  return command == nullptr ? "see 'bb help'"
                            : fmt::format("see 'bb help {}'", command->full_name());
}

std::unexpected<Error> usage_error(const Command* command, std::string_view problem) {
  return fail(ErrorCode::kUsage, fmt::format("{}; {}", problem, see_help(command)));
}

std::string did_you_mean(const std::optional<std::string>& suggestion) {
  return suggestion ? fmt::format(" (did you mean '{}'?)", *suggestion) : "";
}

std::unexpected<Error> unknown_option(const Command* command, std::string option) {
  option = option.substr(0, option.find('='));
  std::vector<std::string> names{"--help"};
  if (command == nullptr) names.emplace_back("--version");
  if (command != nullptr) {
    for (const OptionSpec& spec : command->options) {
      if (spec.is_argument() || spec.hidden) continue;
      // One letter is near any other letter: only long names are worth suggesting.
      names.push_back(spec.display_name());
    }
  }
  return usage_error(
      command, fmt::format("unknown option '{}'{}", option, did_you_mean(nearest(option, names))));
}

// The first thing on the command line that no option or argument took.
Result<void> check_extras(const Command* command, const std::vector<std::string>& extras) {
  const std::string* first = nullptr;
  bool options_over = false;
  for (const std::string& extra : extras) {
    if (!options_over && extra == "--") {
      options_over = true;
      continue;
    }
    if (!options_over && extra.size() > 1 && extra.front() == '-') {
      return unknown_option(command, extra);
    }
    if (first == nullptr) first = &extra;
  }
  if (first == nullptr) return {};
  return usage_error(command, fmt::format("unexpected argument '{}'", *first));
}

Result<void> accept_values(const Bound& bound) {
  for (std::size_t i = 0; i < bound.options.size(); ++i) {
    const OptionSpec& spec = bound.command->options[i];
    const auto& values = bound.options[i]->results();
    if (values.empty() && spec.required) {
      return usage_error(bound.command, fmt::format("{} is missing", spec.display_name()));
    }
    if (values.size() > 1 && !spec.repeatable) {
      return usage_error(bound.command,
                         fmt::format("{} is given more than once", spec.display_name()));
    }
    for (const std::string& value : values) {
      const auto accepted = spec.accept(spec.takes_value() ? value : std::string());
      if (!accepted) {
        return usage_error(bound.command,
                           fmt::format("{}: {}", spec.display_name(), accepted.error().message));
      }
    }
  }
  return {};
}

// CLI11 reads `--name=` as "the value is the next argument". Here it is an empty value.
std::vector<std::string> with_empty_values_apart(std::span<const std::string> arguments) {
  std::vector<std::string> out;
  bool options_over = false;
  for (const std::string& argument : arguments) {
    options_over = options_over || argument == "--";
    const bool empty_value = !options_over && argument.size() > 3 && argument.starts_with("--") &&
                             argument.find('=') == argument.size() - 1;
    out.push_back(empty_value ? argument.substr(0, argument.size() - 1) : argument);
    if (empty_value) out.emplace_back();
  }
  return out;
}

// `bb queues --vhost prod` is `bb queues list --vhost prod`.
void name_default_subcommand(const std::vector<Command>& commands,
                             std::vector<std::string>& arguments) {
  if (arguments.empty()) return;
  const auto group = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
    return command.name == arguments.front() && !command.default_subcommand.empty();
  });
  if (group == commands.end()) return;
  const bool names_one = arguments.size() > 1 && !arguments[1].starts_with('-');
  const bool wants_help =
      arguments.size() > 1 && (arguments[1] == "-h" || arguments[1] == "--help");
  if (names_one || wants_help) return;
  arguments.insert(arguments.begin() + 1, group->default_subcommand);
}

// The words of the one error that is left to CLI11: an option at the end without its value.
std::unexpected<Error> value_missing(const Command* command,
                                     std::span<const std::string> arguments) {
  const std::string& option = arguments.empty() ? std::string() : arguments.back();
  if (command != nullptr) {
    for (const OptionSpec& spec : command->options) {
      if (std::find(spec.names.begin(), spec.names.end(), option) == spec.names.end()) continue;
      return usage_error(command, fmt::format("{} needs a value: {}", option, spec.value_name));
    }
  }
  return usage_error(command, fmt::format("'{}' cannot be used like this", option));
}

// Of `commands`, which are those of `group` if it is set.
Result<const Command*> find_one(const std::vector<Command>& commands, const std::string& name,
                                const Command* group) {
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (command.name == name) return &command;
    if (std::find(command.aliases.begin(), command.aliases.end(), name) != command.aliases.end()) {
      return &command;
    }
    if (command.hidden) continue;
    names.push_back(command.name);
    names.insert(names.end(), command.aliases.begin(), command.aliases.end());
  }
  const std::string typed = group == nullptr ? name : fmt::format("{} {}", group->name, name);
  return usage_error(
      group, fmt::format("unknown command '{}'{}", typed, did_you_mean(nearest(name, names))));
}

}  // namespace

Result<const Command*> find_command(const std::vector<Command>& commands,
                                    std::span<const std::string> words) {
  BB_ASSERT(!words.empty());
  BB_TRY_ASSIGN(const Command* const command, find_one(commands, words.front(), nullptr));
  if (words.size() == 1) return command;
  if (words.size() == 2 && command->is_group()) {
    return find_one(command->subcommands, words[1], command);
  }
  return usage_error(command, fmt::format("unexpected argument '{}'", words.back()));
}

Result<Parsed> parse_command_line(const std::vector<Command>& commands,
                                  std::span<const std::string> arguments) {
  CLI::App root;
  root.set_help_flag();
  root.allow_extras();
  // At most one: the word after it is an argument even if it is a command's name too.
  root.require_subcommand(0, 1);
  CLI::Option* const help = root.add_flag("-h,--help");
  CLI::Option* const version = root.add_flag("-V,--version");
  std::vector<Bound> bounds;
  for (const Command& command : commands) bind_command(root, command, bounds);

  const auto named = [&]() -> const Bound* {
    // A subcommand comes after its group.
    const auto found = std::find_if(bounds.rbegin(), bounds.rend(),
                                    [](const Bound& bound) { return bound.app->parsed(); });
    return found == bounds.rend() ? nullptr : &*found;
  };

  auto remaining = with_empty_values_apart(arguments);
  name_default_subcommand(commands, remaining);
  std::reverse(remaining.begin(), remaining.end());  // CLI11 takes them from the back
  try {
    root.parse(std::move(remaining));
  } catch (const CLI::ParseError&) {
    const Bound* const bound = named();
    return value_missing(bound == nullptr ? nullptr : bound->command, arguments);
  }

  Parsed parsed;
  parsed.help = help->count() > 0;
  parsed.version = version->count() > 0;
  const Bound* const bound = named();
  const std::vector<std::string> root_extras = root.remaining();
  if (bound == nullptr) {
    if (parsed.help || parsed.version) return parsed;
    const auto word = std::find_if(root_extras.begin(), root_extras.end(),
                                   [](const std::string& text) { return !text.starts_with('-'); });
    BB_TRY(check_extras(nullptr, {root_extras.begin(), word}));
    if (word != root_extras.end()) return fail(find_command(commands, {{*word}}).error());
    return parsed;
  }
  parsed.command = bound->command;
  parsed.help = parsed.help || std::any_of(bounds.begin(), bounds.end(), [](const Bound& each) {
                  return each.help->count() > 0;
                });
  if (parsed.help) return parsed;
  const std::vector<std::string> extras = bound->app->remaining();
  if (bound->command->is_group() && !extras.empty() && !extras.front().starts_with('-')) {
    return fail(find_one(bound->command->subcommands, extras.front(), bound->command).error());
  }
  BB_TRY(check_extras(bound->command, extras));
  if (CLI::App* const group = bound->app->get_parent(); group != &root) {
    BB_TRY(check_extras(bound->command, group->remaining()));
  }
  BB_TRY(check_extras(nullptr, root_extras));
  BB_TRY(accept_values(*bound));
  return parsed;
}

}  // namespace bb::cli
