#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "cli/completion.h"

namespace bb::cli {
namespace {

// _arguments separates the parts of a specification by these.
std::string escape_spec(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string value_action(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kDirectory:
      return "_files -/";
    case ValueKind::kInlineOrFile:
      return "_bb_inline_or_file";
    case ValueKind::kChoice:
      return fmt::format("({})", fmt::join(spec.choices, " "));
    case ValueKind::kCommand:
      return "_bb_commands";
    case ValueKind::kEventType:
      return "_bb_event_types";
    case ValueKind::kNothing:
    case ValueKind::kText:
      return " ";
  }
  return " ";
}

std::string value_part(const OptionSpec& spec) {
  if (!spec.takes_value()) return "";
  return fmt::format(":{}:{}",
                     escape_spec(spec.is_argument() ? spec.display_name() : spec.value_name),
                     value_action(spec));
}

void append_spec(std::string& out, std::string_view spec) {
  fmt::format_to(std::back_inserter(out), " \\\n        {}", single_quoted(spec));
}

void append_option(std::string& out, const OptionSpec& spec) {
  const bool again = spec.repeatable && spec.takes_value();
  for (const std::string& name : spec.names) {
    // Either name given rules out both, unless the option may be repeated.
    const std::string prefix = again ? "*" : fmt::format("({})", fmt::join(spec.names, " "));
    append_spec(out,
                fmt::format("{}{}[{}]{}", prefix, name, escape_spec(spec.help), value_part(spec)));
  }
}

// The words that name a command in a `case`.
std::string case_label(const Command& command) {
  return command.aliases.empty()
             ? command.name
             : fmt::format("{}|{}", command.name, fmt::join(command.aliases, "|"));
}

void append_command(std::string& out, const Command& command) {
  fmt::format_to(std::back_inserter(out), "    {})\n      _arguments -s", case_label(command));
  append_spec(out, "(-h --help)-h[This help]");
  append_spec(out, "(-h --help)--help[This help]");
  std::size_t position = 1;
  for (const OptionSpec& spec : command.options) {
    if (spec.hidden) continue;
    if (spec.is_argument()) {
      append_spec(out, (spec.repeatable ? "*" : fmt::format("{}", position)) + value_part(spec));
      ++position;
    } else {
      append_option(out, spec);
    }
  }
  out += "\n      ;;\n";
}

// Names with what they do, as _describe reads them.
void append_names(std::string& out, const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    if (command.hidden) continue;
    std::vector<std::string> names = command.aliases;
    names.insert(names.begin(), command.name);
    for (const std::string& name : names) {
      fmt::format_to(std::back_inserter(out), "\n    {}",
                     single_quoted(fmt::format("{}:{}", name, command.summary)));
    }
  }
}

void append_group(std::string& out, const Command& group) {
  fmt::format_to(std::back_inserter(out),
                 "    {})\n"
                 "      if ((CURRENT == 2)); then\n"
                 "        local -a subcommands=(",
                 case_label(group));
  append_names(out, group.subcommands);
  out += R"(
        )
        _describe -t commands command subcommands
        return
      fi
      command=$words[2]
      shift words
      ((CURRENT--))
      case $command in
)";
  for (const Command& command : group.subcommands) {
    if (!command.hidden) append_command(out, command);
  }
  out += R"(      esac
      ;;
)";
}

}  // namespace

std::string zsh_completion(const std::vector<Command>& commands) {
  std::string out =
      "#compdef bb\n"
      "# zsh completion of bb. To load it: source <(bb completion zsh)\n"
      "\n"
      "_bb_commands() {\n"
      "  local -a commands=(";
  append_names(out, commands);
  out += R"zsh(
  )
  _describe -t commands command commands
}

_bb_inline_or_file() {
  if compset -P '@'; then _files; fi
}

_bb_event_types() {
  compadd -- ${(f)"$($bb_program __complete event-types 2>/dev/null)"}
}

_bb() {
  local bb_program=${~words[1]}
  if ((CURRENT == 2)); then
    if [[ $words[2] == -* ]]; then
      compadd -- -h --help -V --version
    else
      _bb_commands
    fi
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
)zsh";
  for (const Command& command : commands) {
    if (command.hidden) continue;
    if (command.is_group()) {
      append_group(out, command);
    } else {
      append_command(out, command);
    }
  }
  // Loaded from $fpath the file is the function itself; sourced, it has to be registered.
  out += R"(  esac
}

if [[ $funcstack[1] == _bb ]]; then _bb "$@"; else compdef _bb bb; fi
)";
  return out;
}

}  // namespace bb::cli
