#include "cli/parse.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A program with two commands, and what its options were given.
class Parse : public testing::Test {
 protected:
  Parse() {
    Command send;
    send.name = "send";
    send.aliases = {"put"};
    OptionSpec tag = text_option("-t,--tag", "TAG", last_tag, "A tag");
    tag.repeatable = true;
    tag.accept = [this](const std::string& value) -> Result<void> {
      tags.push_back(value);
      return {};
    };
    OptionSpec secret = flag("--secret", dry, "Hidden");
    secret.hidden = true;
    send.options = {text_option("NAME", "NAME", name, "A name"),
                    text_option("--json", "JSON", json, "JSON"),
                    std::move(tag),
                    flag("-n,--dry-run", dry, "Do nothing"),
                    number_option("--count", 1, 10, count, "How many"),
                    std::move(secret)};
    Command watch;
    watch.name = "watch";
    OptionSpec patterns;
    patterns.names = {"PATTERN"};
    patterns.repeatable = true;
    patterns.required = true;
    patterns.accept = [this](const std::string& value) -> Result<void> {
      words.push_back(value);
      return {};
    };
    watch.options = {std::move(patterns)};
    Command clean;
    clean.name = "clean";
    clean.options = {text_option("NAME", "NAME", name, "A name"),
                     flag("-n,--dry-run", dry, "Do nothing")};
    Command fill;
    fill.name = "fill";
    commands = {send, watch, command_group("tank", "Tanks", "", {clean, fill})};
  }

  Result<Parsed> parse(std::vector<std::string> arguments) {
    return parse_command_line(commands, arguments);
  }

  std::string error_of(std::vector<std::string> arguments) {
    const auto parsed = parse(std::move(arguments));
    if (parsed) return "no error";
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    return parsed.error().message;
  }

  std::vector<Command> commands;
  std::optional<std::string> name;
  std::optional<std::string> json;
  std::optional<std::string> last_tag;
  std::vector<std::string> tags;
  std::vector<std::string> words;
  std::optional<std::uint64_t> count;
  bool dry = false;
};

TEST_F(Parse, ReadsOptionsAndArgumentsInAnyOrder) {
  const auto parsed = parse({"send", "--json", "{}", "x", "-n", "--count=3"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command->name, "send");
  EXPECT_EQ(name, "x");
  EXPECT_EQ(json, "{}");
  EXPECT_EQ(count, 3u);
  EXPECT_TRUE(dry);
}

TEST_F(Parse, AliasIsTheCommand) {
  EXPECT_EQ(parse({"put", "x"})->command->name, "send");
}

TEST_F(Parse, RepeatedOptionTakesOneValueEachTime) {
  ASSERT_TRUE(parse({"send", "-t", "a", "x", "--tag", "b", "-tc"}));
  EXPECT_THAT(tags, ElementsAre("a", "b", "c"));
  EXPECT_EQ(name, "x");
}

TEST_F(Parse, ValueMayLookLikeAnythingElse) {
  ASSERT_TRUE(parse({"send", "--json", "-", "watch"}));
  EXPECT_EQ(json, "-");
  EXPECT_EQ(name, "watch");
  ASSERT_TRUE(parse({"send", "--json", "[1,2]"}));
  EXPECT_EQ(json, "[1,2]");
  ASSERT_TRUE(parse({"send", "--json="}));
  EXPECT_EQ(json, "");
  ASSERT_TRUE(parse({"send", "--json", ""}));
  EXPECT_EQ(json, "");
}

TEST_F(Parse, TakesManyArgumentsAlsoThoseThatAreCommands) {
  ASSERT_TRUE(parse({"watch", "#", "send", "a.*"}));
  EXPECT_THAT(words, ElementsAre("#", "send", "a.*"));
}

TEST_F(Parse, TwoDashesEndTheOptions) {
  ASSERT_TRUE(parse({"watch", "--", "--odd", "#"}));
  EXPECT_THAT(words, ElementsAre("--odd", "#"));
}

TEST_F(Parse, NothingMayFollowTheArgumentsAfterTwoDashes) {
  EXPECT_THAT(error_of({"send", "--", "x", "y"}), HasSubstr("unexpected argument 'y'"));
  EXPECT_THAT(error_of({"send", "--", "x", "--dry-run"}), HasSubstr("argument '--dry-run'"));
  EXPECT_TRUE(parse({"send", "x", "--"}));
}

TEST_F(Parse, GroupMayHaveADefaultCommand) {
  commands.back().default_subcommand = "clean";
  EXPECT_EQ(parse({"tank"})->command->full_name(), "tank clean");
  const auto parsed = parse({"tank", "-n"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command->full_name(), "tank clean");
  EXPECT_TRUE(dry);
  EXPECT_EQ(parse({"tank", "fill"})->command->full_name(), "tank fill");
  EXPECT_TRUE(parse({"tank", "--help"})->command->is_group());
  EXPECT_EQ(parse({"tank", "-n", "--help"})->command->full_name(), "tank clean");
  EXPECT_THAT(error_of({"tank", "claen"}), HasSubstr("'clean'"));
  EXPECT_THAT(error_of({"tank", "--odd"}), HasSubstr("'bb help tank clean'"));
}

TEST_F(Parse, CommandOfAGroup) {
  const auto parsed = parse({"tank", "clean", "-n", "send"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command->full_name(), "tank clean");
  EXPECT_EQ(name, "send");
  EXPECT_TRUE(dry);
  ASSERT_TRUE(parse({"tank", "clean", "fill"}));
  EXPECT_EQ(name, "fill");
}

TEST_F(Parse, GroupWithoutCommandIsTheGroup) {
  const auto parsed = parse({"tank"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->command->name, "tank");
  EXPECT_TRUE(parsed->command->is_group());
  EXPECT_TRUE(parse({"tank", "--help"})->help);
  const auto help = parse({"tank", "clean", "--help"});
  EXPECT_TRUE(help->help);
  EXPECT_EQ(help->command->full_name(), "tank clean");
}

TEST_F(Parse, ErrorsOfAGroupNameIt) {
  EXPECT_THAT(error_of({"tank", "claen"}),
              AllOf(HasSubstr("'tank claen'"), HasSubstr("'clean'"), HasSubstr("'bb help tank'")));
  EXPECT_THAT(error_of({"tank", "--no"}), HasSubstr("'bb help tank'"));
  EXPECT_THAT(error_of({"tank", "--no", "clean"}), HasSubstr("'--no'"));
  EXPECT_THAT(error_of({"tank", "clean", "--no"}), HasSubstr("'bb help tank clean'"));
  EXPECT_THAT(error_of({"clean"}), HasSubstr("unknown command 'clean'"));
}

TEST_F(Parse, FindsACommandByItsWords) {
  const auto find = [this](std::vector<std::string> typed) {
    const auto found = find_command(commands, typed);
    return found ? (*found)->full_name() : found.error().message;
  };
  EXPECT_EQ(find({"put"}), "send");
  EXPECT_EQ(find({"tank"}), "tank");
  EXPECT_EQ(find({"tank", "fill"}), "tank fill");
  EXPECT_THAT(find({"tank", "fil"}), HasSubstr("did you mean 'fill'"));
  EXPECT_THAT(find({"send", "fill"}), HasSubstr("unexpected argument 'fill'"));
  EXPECT_THAT(find({"tank", "fill", "x"}), HasSubstr("unexpected argument 'x'"));
}

TEST_F(Parse, HelpAndVersionComeBeforeErrors) {
  EXPECT_TRUE(parse({"--help"})->help);
  EXPECT_TRUE(parse({"-V"})->version);
  EXPECT_EQ(parse({})->command, nullptr);
  const auto of_command = parse({"watch", "--help"});
  ASSERT_TRUE(of_command);
  EXPECT_TRUE(of_command->help);
  EXPECT_EQ(of_command->command->name, "watch");
}

TEST_F(Parse, SuggestsTheNearestCommand) {
  EXPECT_THAT(error_of({"sned"}),
              AllOf(HasSubstr("'sned'"), HasSubstr("'send'"), HasSubstr("bb help")));
  EXPECT_THAT(error_of({"frobnicate"}), Not(HasSubstr("did you mean")));
}

TEST_F(Parse, SuggestsTheNearestOption) {
  EXPECT_THAT(error_of({"send", "x", "--jsn", "{}"}),
              AllOf(HasSubstr("'--jsn'"), HasSubstr("'--json'"), HasSubstr("'bb help send'")));
  EXPECT_THAT(error_of({"send", "--jsn={\"password\":1}"}), Not(HasSubstr("password")));
  EXPECT_THAT(error_of({"--versoin"}), HasSubstr("'--version'"));
  EXPECT_THAT(error_of({"send", "--secrt"}), Not(HasSubstr("'--secret'")));
}

TEST_F(Parse, RefusesWhatIsTooMuch) {
  EXPECT_THAT(error_of({"send", "x", "y"}), HasSubstr("unexpected argument 'y'"));
  EXPECT_THAT(error_of({"send", "--json", "1", "--json", "2"}), HasSubstr("more than once"));
  EXPECT_FALSE(json);
}

TEST_F(Parse, RefusesWhatIsMissing) {
  EXPECT_THAT(error_of({"watch"}), HasSubstr("PATTERN is missing"));
  EXPECT_THAT(error_of({"send", "--json"}), HasSubstr("--json needs a value: JSON"));
}

TEST_F(Parse, NamesTheOptionWhoseValueIsWrong) {
  for (const std::string value : {"0", "11", "-1", "x", "", "1x", "99999999999999999999"}) {
    EXPECT_THAT(error_of({"send", "--count", value}), HasSubstr("--count:")) << value;
  }
  EXPECT_THAT(error_of({"send", "--dry-run=no"}), HasSubstr("dry-run"));
}

TEST_F(Parse, AcceptsNothingWhenTheLineIsWrong) {
  error_of({"send", "--json", "{}", "--nonsense"});
  EXPECT_FALSE(json);
  EXPECT_THAT(tags, IsEmpty());
}

}  // namespace
}  // namespace bb::cli
