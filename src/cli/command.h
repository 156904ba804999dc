// A command as data: its options, arguments, help and what it does. The parser, `--help` and shell
// completion all read this one description.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"

namespace bb::cli {

// What an option takes; shells complete by it.
enum class ValueKind {
  kNothing,
  kText,
  kFile,
  kDirectory,
  kInlineOrFile,
  kChoice,
  kCommand,
  kEventType,  // one that has a schema
};

// An option, or an argument (whose one name has no dashes).
struct OptionSpec {
  std::vector<std::string> names;  // {"-o", "--output"}, {"EVENT_TYPE"}
  ValueKind kind = ValueKind::kText;
  std::string value_name;            // "FILE"; as help shows it
  std::vector<std::string> choices;  // of kChoice
  std::string help;                  // one sentence, no full stop
  bool repeatable = false;
  bool required = false;  // arguments alone
  bool hidden = false;    // in neither help nor completion
  // Called for each value in order, for an option without value with "". The error's message is
  // put behind the option's name.
  std::function<Result<void>(const std::string& value)> accept;

  bool is_argument() const { return !names.front().starts_with('-'); }
  bool takes_value() const { return kind != ValueKind::kNothing; }
  // The longest name, which is what messages call it.
  const std::string& display_name() const { return names.back(); }
};

struct Command {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;      // one line, for the list of commands
  std::string description;  // paragraphs, for the command's own help
  std::string examples;     // lines that work when pasted
  std::vector<OptionSpec> options;
  bool hidden = false;
  std::function<int()> run;  // the exit code; called after every accept()
  // Of a group such as `bb schema`, which has no options of its own. They have no subcommands of
  // their own.
  std::vector<Command> subcommands{};
  std::string default_subcommand{};  // of a group: what runs where none is named; empty for none
  std::string parent{};              // of a subcommand: the group's name

  bool is_group() const { return !subcommands.empty(); }
  // As it is typed: "schema lint".
  std::string full_name() const { return parent.empty() ? name : parent + " " + name; }
};

// A group of commands; they become its subcommands.
Command command_group(std::string name, std::string summary, std::string description,
                      std::vector<Command> subcommands);

// Calls `visit` with each command and, after it, its subcommands; hidden ones too.
void for_each_command(const std::vector<Command>& commands,
                      const std::function<void(const Command&)>& visit);

// Names of an option as they are in help: "-o,--output" becomes {"-o", "--output"}.
std::vector<std::string> split_names(std::string_view names);

// An option without a value.
OptionSpec flag(std::string_view names, bool& target, std::string help);

// An option with a text value, taken as it is.
OptionSpec text_option(std::string_view names, std::string value_name,
                       std::optional<std::string>& target, std::string help,
                       ValueKind kind = ValueKind::kText);

// An option with one of `choices` as its value; `accept` gets a valid one.
OptionSpec choice_option(std::string_view names, std::vector<std::string> choices,
                         std::function<void(const std::string&)> accept, std::string help);

OptionSpec duration_option(std::string_view names, std::optional<std::chrono::milliseconds>& target,
                           std::string help);

// An option with a whole number from `least` to `most`.
OptionSpec number_option(std::string_view names, std::uint64_t least, std::uint64_t most,
                         std::optional<std::uint64_t>& target, std::string help);

// An option with a size from `least` to `most` bytes: byte_size.h.
OptionSpec bytes_option(std::string_view names, std::uint64_t least, std::uint64_t most,
                        std::optional<std::uint64_t>& target, std::string help);

// Every command that talks to a broker has these two.
OptionSpec url_option(std::optional<std::string>& target);
OptionSpec exchange_option(std::optional<std::string>& target);

}  // namespace bb::cli
