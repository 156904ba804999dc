#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "cli/completion.h"

namespace bb::cli {
namespace {

// The statement that completes a value of this kind; empty where there is nothing to offer.
std::string value_action(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::kFile:
      return "_bb_files -f";
    case ValueKind::kDirectory:
      return "_bb_files -d";
    case ValueKind::kInlineOrFile:
      return "[[ $cur == @* ]] && _bb_files -P @ -f";
    case ValueKind::kChoice:
      return fmt::format("_bb_words {}",
                         single_quoted(fmt::format("{}", fmt::join(spec.choices, " "))));
    case ValueKind::kCommand:
      return "_bb_words \"$commands\"";
    case ValueKind::kEventType:
      return "_bb_words \"$(\"${COMP_WORDS[0]}\" __complete event-types 2>/dev/null)\"";
    case ValueKind::kNothing:
    case ValueKind::kText:
      return "";
  }
  return "";
}

std::string option_names(const Command& command) {
  std::string names;
  for (const OptionSpec& spec : command.options) {
    if (spec.is_argument() || spec.hidden) continue;
    for (const std::string& name : spec.names) names += name + " ";
  }
  return names + "-h --help";
}

// The words that name a command in a `case`.
std::string case_label(const Command& command) {
  return command.aliases.empty()
             ? command.name
             : fmt::format("{}|{}", command.name, fmt::join(command.aliases, "|"));
}

void append_command(std::string& out, const Command& command, std::size_t indent) {
  auto end = std::back_inserter(out);
  fmt::format_to(end, "{:{}}{})\n{:{}}  case $prev in\n", "", indent, case_label(command), "",
                 indent);
  std::string argument_action;
  for (const OptionSpec& spec : command.options) {
    if (spec.hidden || !spec.takes_value()) continue;
    if (spec.is_argument()) {
      argument_action = value_action(spec);
      continue;
    }
    fmt::format_to(end, "{:{}}    {}) {}{}return ;;\n", "", indent, fmt::join(spec.names, "|"),
                   value_action(spec), value_action(spec).empty() ? "" : "; ");
  }
  fmt::format_to(end,
                 "{0:{1}}  esac\n"
                 "{0:{1}}  if [[ $cur == -* ]]; then _bb_words '{2}'; return; fi\n",
                 "", indent, option_names(command));
  if (!argument_action.empty()) fmt::format_to(end, "{:{}}  {}\n", "", indent, argument_action);
  fmt::format_to(end, "{:{}}  ;;\n", "", indent);
}

// The names of commands that are offered, in one word of the shell.
std::string quoted_names(const std::vector<Command>& commands) {
  std::string names;
  for (const Command& command : commands) {
    if (command.hidden) continue;
    if (!names.empty()) names += ' ';
    names += command.name;
    for (const std::string& alias : command.aliases) names += " " + alias;
  }
  return single_quoted(names);
}

void append_group(std::string& out, const Command& group) {
  std::string options = "-h --help";
  for (const Command& command : group.subcommands) {
    if (command.name == group.default_subcommand) options = option_names(command);
  }
  fmt::format_to(std::back_inserter(out),
                 "    {})\n"
                 "      if ((COMP_CWORD == 2)); then\n"
                 "        if [[ $cur == -* ]]; then _bb_words '{}'; else _bb_words {}; fi\n"
                 "        return\n"
                 "      fi\n"
                 "      case ${{COMP_WORDS[2]}} in\n",
                 case_label(group), options, quoted_names(group.subcommands));
  for (const Command& command : group.subcommands) {
    if (!command.hidden) append_command(out, command, 8);
  }
  out +=
      "      esac\n"
      "      ;;\n";
}

constexpr std::string_view kHelpers =
    R"(# bash completion of bb. To load it: source <(bb completion bash)

_bb_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

# Names of files or directories; what stands before them on the line ('@') is not part of them.
_bb_files() {
  local typed=$cur
  [[ $1 == -P ]] && typed=${cur#"$2"}
  mapfile -t COMPREPLY < <(compgen "$@" -- "$typed")
  compopt -o filenames 2>/dev/null
}

)";

}  // namespace

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string bash_completion(const std::vector<Command>& commands) {
  std::string out(kHelpers);
  out += "_bb() {\n";
  fmt::format_to(std::back_inserter(out), "  local commands={}\n", quoted_names(commands));
  // Bash splits --output=json at '=': three words, of which the last may be '=' itself.
  out += R"(  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $cur == '=' ]]; then
    cur=
  elif [[ $prev == '=' ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD == 1)); then
    if [[ $cur == -* ]]; then _bb_words '-h --help -V --version'; else _bb_words "$commands"; fi
    return
  fi
  case ${COMP_WORDS[1]} in
)";
  for (const Command& command : commands) {
    if (command.hidden) continue;
    if (command.is_group()) {
      append_group(out, command);
    } else {
      append_command(out, command, 4);
    }
  }
  out +=
      "  esac\n"
      "}\n"
      "\n"
      "complete -F _bb bb\n";
  return out;
}

}  // namespace bb::cli
