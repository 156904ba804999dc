#include "cli/completion.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/app.h"

namespace bb::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

namespace fs = std::filesystem;

// Stands in for the program that the script asks for names.
constexpr std::string_view kFakeProgram = R"(
bb() { [[ "$*" == '__complete event-types' ]] && printf '%s\n' llm.error llm.prompt; }
)";

// A directory of the test's own, with two files and a folder in it.
class Completion : public testing::Test {
 protected:
  Completion() {
    std::string name = (fs::path(testing::TempDir()) / "bb-completion-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    std::ofstream(directory_ / "event one.json") << "{}";
    std::ofstream(directory_ / "other.txt") << "";
    fs::create_directory(directory_ / "data");
  }
  ~Completion() override { fs::remove_all(directory_); }

  // The lines that `script` prints in a shell that starts in the directory.
  std::vector<std::string> run(std::string_view shell, std::string_view script) {
    std::ofstream(directory_ / "script") << script;
    const std::string command =
        "cd '" + directory_.string() + "' && " + std::string(shell) + " script 2>&1";
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    std::string output;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) {
      output.append(part.data(), size);
    }
    status_ = ::pclose(pipe);
    std::vector<std::string> lines;
    std::istringstream stream(output);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  // What bash offers for the last of `words`, which are quoted for bash.
  std::vector<std::string> complete(std::string_view words,
                                    const std::vector<Command>& commands = all_commands()) {
    std::string script = bash_completion(commands);
    script += kFakeProgram;
    script += "COMP_WORDS=(bb " + std::string(words) + ")\n";
    script +=
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        "_bb\n"
        "((${#COMPREPLY[@]})) && printf '%s\\n' \"${COMPREPLY[@]}\"\n"
        "exit 0\n";
    return run("bash --norc", script);
  }

  bool has_shell(const std::string& name) {
    return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
  }

  fs::path directory_;
  int status_ = 0;
};

TEST_F(Completion, BashRegistersTheFunction) {
  EXPECT_THAT(run("bash --norc", bash_completion(all_commands()) + "complete -p bb\n"),
              ElementsAre("complete -F _bb bb"));
}

TEST_F(Completion, BashOffersCommands) {
  EXPECT_THAT(complete("''"), IsSupersetOf({"serve", "publish", "subscribe", "tail", "doctor",
                                            "demo", "completion", "help", "version"}));
  EXPECT_THAT(complete("pub"), ElementsAre("publish"));
  EXPECT_THAT(complete("--v"), ElementsAre("--version"));
  EXPECT_THAT(complete("help sub"), ElementsAre("subscribe"));
}

TEST_F(Completion, BashOffersTheOptionsOfTheCommand) {
  EXPECT_THAT(complete("publish a.b --envelope-"),
              ElementsAre("--envelope-file", "--envelope-json"));
  EXPECT_THAT(complete("tail --no"), ElementsAre("--no-color"));
  EXPECT_THAT(complete("serve --p"), ElementsAre("--port"));
}

TEST_F(Completion, BashOffersTheValuesOfAChoice) {
  EXPECT_THAT(complete("subscribe -o ''"), ElementsAre("text", "json", "ndjson"));
  EXPECT_THAT(complete("publish --source-type a"), ElementsAre("agent"));
  EXPECT_THAT(complete("completion ''"), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(Completion, BashUnderstandsTheEqualsSign) {
  EXPECT_THAT(complete("subscribe --output = nd"), ElementsAre("ndjson"));
  EXPECT_THAT(complete("subscribe --output ="), ElementsAre("text", "json", "ndjson"));
}

TEST_F(Completion, BashOffersFilesAndDirectories) {
  EXPECT_THAT(complete("publish --payload-file e"), ElementsAre("event one.json"));
  EXPECT_THAT(complete("publish --json @o"), ElementsAre("@other.txt"));
  EXPECT_THAT(complete("publish --json o"), IsEmpty());
  EXPECT_THAT(complete("serve --data-dir ''"), ElementsAre("data"));
}

// A program with a group of commands, one of which takes an event type.
std::vector<Command> grouped_commands() {
  static std::optional<std::string> target;
  Command show;
  show.name = "show";
  show.summary = "Show it";
  show.options = {text_option("NAME", "NAME", target, "A name", ValueKind::kEventType),
                  text_option("--type", "TYPE", target, "A type", ValueKind::kEventType)};
  Command hide;
  hide.name = "hide";
  hide.summary = "Hide it";
  Command list;  // of the same name as another command, and what a group does by itself
  list.name = "list";
  list.summary = "List them";
  list.options = {text_option("--like", "GLOB", target, "A name")};
  Command others = list;
  others.options = {text_option("--other", "GLOB", target, "A name")};
  Command things = command_group("things", "Many", "", {list, hide});
  things.default_subcommand = "list";
  return {command_group("thing", "Things", "", {show, hide}), things, others};
}

TEST_F(Completion, BashOffersTheCommandsOfAGroup) {
  EXPECT_THAT(complete("thing ''", grouped_commands()), ElementsAre("show", "hide"));
  EXPECT_THAT(complete("thing show --t", grouped_commands()), ElementsAre("--type"));
  EXPECT_THAT(complete("thing --h", grouped_commands()), ElementsAre("--help"));
  EXPECT_THAT(complete("thing hide ''", grouped_commands()), IsEmpty());
}

TEST_F(Completion, DefaultCommandOfAGroupNeedsNoName) {
  EXPECT_THAT(complete("things --l", grouped_commands()), ElementsAre("--like"));
  EXPECT_THAT(complete("things ''", grouped_commands()), ElementsAre("list", "hide"));
  ASSERT_TRUE(has_shell("fish"));
  const std::string fish = fish_completion(grouped_commands());
  EXPECT_THAT(run("fish --no-config", fish + "complete -C 'bb things --l'\n"),
              ElementsAre(HasSubstr("--like")));
  EXPECT_THAT(run("fish --no-config", fish + "complete -C 'bb things list --'\n"),
              AllOf(Contains(HasSubstr("--like")), Not(Contains(HasSubstr("--other")))));
  EXPECT_THAT(run("fish --no-config", fish + "complete -C 'bb things hide --'\n"),
              Not(Contains(HasSubstr("--like"))));
}

TEST_F(Completion, BashAsksTheProgramForEventTypes) {
  EXPECT_THAT(complete("thing show llm.p", grouped_commands()), ElementsAre("llm.prompt"));
  EXPECT_THAT(complete("thing show --type ''", grouped_commands()),
              ElementsAre("llm.error", "llm.prompt"));
}

TEST_F(Completion, FishOffersTheCommandsOfAGroupAndEventTypes) {
  ASSERT_TRUE(has_shell("fish"));
  const std::string script =
      "function bb; echo llm.error; echo llm.prompt; end\n" + fish_completion(grouped_commands());
  EXPECT_THAT(run("fish --no-config", script + "complete -C 'bb thing '\n"),
              ElementsAre(HasSubstr("hide"), HasSubstr("show")));
  EXPECT_THAT(run("fish --no-config", script + "complete -C 'bb thing show llm.p'\n"),
              ElementsAre("llm.prompt"));
  EXPECT_THAT(run("fish --no-config", script + "complete -C 'bb thing show --type '\n"),
              ElementsAre("llm.error\tA type", "llm.prompt\tA type"));
}

TEST_F(Completion, ZshReadsTheScriptOfAGroup) {
  ASSERT_TRUE(has_shell("zsh"));
  EXPECT_THAT(run("zsh -f -n", zsh_completion(grouped_commands())), IsEmpty());
  EXPECT_EQ(status_, 0);
}

TEST_F(Completion, HiddenOptionsAreNotOffered) {
  EXPECT_THAT(complete("serve --exit"), IsEmpty());
  for (const auto& script : {bash_completion(all_commands()), zsh_completion(all_commands()),
                             fish_completion(all_commands())}) {
    EXPECT_THAT(script, Not(HasSubstr("exit-with-parent")));
  }
}

TEST_F(Completion, EveryShellKnowsEveryOption) {
  const std::string bash = bash_completion(all_commands());
  const std::string zsh = zsh_completion(all_commands());
  const std::string fish = fish_completion(all_commands());
  for_each_command(all_commands(), [&](const Command& command) {
    for (const OptionSpec& spec : command.options) {
      if (command.hidden || spec.hidden || spec.is_argument()) continue;
      EXPECT_THAT(bash, HasSubstr(spec.display_name()));
      EXPECT_THAT(zsh, HasSubstr(spec.display_name() + "["));
      EXPECT_THAT(fish, HasSubstr("-l " + spec.display_name().substr(2)));
    }
  });
}

TEST_F(Completion, ZshReadsTheScript) {
  ASSERT_TRUE(has_shell("zsh"));
  EXPECT_THAT(run("zsh -f -n", zsh_completion(all_commands())), IsEmpty());
  EXPECT_EQ(status_, 0);
}

TEST_F(Completion, FishOffersCommandsAndValues) {
  ASSERT_TRUE(has_shell("fish"));
  const std::string script = fish_completion(all_commands());
  EXPECT_THAT(run("fish --no-config", script + "complete -C 'bb pub'\n"),
              ElementsAre(HasSubstr("publish")));
  EXPECT_THAT(run("fish --no-config", script + "complete -C 'bb subscribe -o '\n"),
              ElementsAre(HasSubstr("json"), HasSubstr("ndjson"), HasSubstr("text")));
  EXPECT_THAT(run("fish --no-config", script + "complete -C 'bb publish --envelope-'\n"),
              Contains(HasSubstr("--envelope-file")));
}

TEST(SingleQuoted, IsOneWordOfAShell) {
  EXPECT_EQ(single_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(single_quoted("$(x)"), "'$(x)'");
}

}  // namespace
}  // namespace bb::cli
