#include "cli/help.h"

#include <gmock/gmock.h>

#include <sstream>

#include "cli/app.h"
#include "cli/display_text.h"
#include "cli/parse.h"

namespace bb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Help, OverviewNamesEveryCommand) {
  const std::string overview = render_overview(all_commands());
  for (const Command& command : all_commands()) {
    if (command.hidden) continue;
    EXPECT_THAT(overview, HasSubstr("\n  " + command.name));
    EXPECT_THAT(overview, HasSubstr(command.summary));
  }
}

TEST(Help, OfACommandNamesEveryOptionAndHasExamples) {
  for_each_command(all_commands(), [](const Command& command) {
    if (command.hidden) return;
    SCOPED_TRACE(command.full_name());
    const std::string help = render_help(command);
    EXPECT_THAT(help, HasSubstr("Usage: bb " + command.full_name()));
    EXPECT_THAT(help, HasSubstr("Examples:\n  "));
    for (const OptionSpec& spec : command.options) {
      if (spec.hidden) {
        EXPECT_THAT(help, Not(HasSubstr(spec.display_name())));
      } else {
        for (const std::string& name : spec.names) EXPECT_THAT(help, HasSubstr(name));
      }
    }
    for (const Command& subcommand : command.subcommands) {
      EXPECT_THAT(help, HasSubstr("\n  " + subcommand.name));
      EXPECT_THAT(help, HasSubstr(subcommand.summary));
    }
  });
}

TEST(Help, FitsTheWidth) {
  for_each_command(all_commands(), [](const Command& command) {
    // An example is one line however long, because it is there to be pasted.
    Command without_examples = command;
    without_examples.examples.clear();
    std::istringstream lines(render_help(without_examples, 100));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), 100u) << line;
    }
  });
}

TEST(Help, OptionalAndRepeatedArgumentsAreMarked) {
  Command command;
  command.name = "x";
  OptionSpec many;
  many.names = {"MANY"};
  many.required = true;
  many.repeatable = true;
  OptionSpec maybe;
  maybe.names = {"MAYBE"};
  command.options = {many, maybe};
  EXPECT_THAT(render_help(command), HasSubstr("Usage: bb x [OPTIONS] MANY... [MAYBE]\n"));
}

// Cuts a line of an example into words as a shell does, as far as the examples need it.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      in_word = true;
    } else if (c == ' ' && !quoted) {
      if (in_word) words.push_back(std::exchange(word, ""));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

// The examples of one plain command are parsed as they stand.
TEST(Help, ExamplesAreValidCommandLines) {
  std::size_t checked = 0;
  for_each_command(all_commands(), [&checked](const Command& command) {
    std::istringstream lines(command.examples);
    for (std::string line; std::getline(lines, line);) {
      std::vector<std::string> words = shell_words(line);
      const bool plain = words.front() == "bb" && line.find_first_of("|<>$\"") == std::string::npos;
      if (!plain) continue;
      words.erase(words.begin());
      const auto parsed = parse_command_line(all_commands(), words);
      EXPECT_TRUE(parsed) << line << ": " << parsed.error().message;
      ++checked;
    }
  });
  EXPECT_GE(checked, 10u);
}

}  // namespace
}  // namespace bb::cli
