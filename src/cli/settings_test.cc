#include "cli/settings.h"

#include <gmock/gmock.h>

#include <map>

namespace bb::cli {
namespace {

using testing::HasSubstr;

// Settings with this environment and this text of `.env`.
Settings settings_with(std::map<std::string, std::string> environment, std::string_view dotenv) {
  return Settings(
      [environment = std::move(environment)](const char* name) -> const char* {
        const auto entry = environment.find(name);
        return entry == environment.end() ? nullptr : entry->second.c_str();
      },
      parse_dotenv(dotenv));
}

TEST(Settings, FlagComesBeforeEnvironmentBeforeDotEnvBeforeDefault) {
  const auto all = settings_with({{"RABBIT_URL", "amqp://env/"}}, "RABBIT_URL=amqp://dotenv/");
  const Setting from_flag = all.url("amqp://flag/");
  EXPECT_EQ(from_flag.value, "amqp://flag/");
  EXPECT_EQ(from_flag.origin, Origin::kFlag);

  const Setting from_environment = all.url(std::nullopt);
  EXPECT_EQ(from_environment.value, "amqp://env/");
  EXPECT_EQ(from_environment.origin, Origin::kEnvironment);

  const Setting from_dotenv = settings_with({}, "RABBIT_URL=amqp://dotenv/").url(std::nullopt);
  EXPECT_EQ(from_dotenv.value, "amqp://dotenv/");
  EXPECT_EQ(from_dotenv.origin, Origin::kDotEnv);

  const Setting by_default = settings_with({}, "").url(std::nullopt);
  EXPECT_EQ(by_default.value, kDefaultUrl);
  EXPECT_EQ(by_default.origin, Origin::kDefault);
}

TEST(Settings, EmptyVariableCountsAsUnset) {
  const Setting setting =
      settings_with({{"RABBIT_URL", ""}}, "RABBIT_URL=amqp://dotenv/").url(std::nullopt);
  EXPECT_EQ(setting.origin, Origin::kDotEnv);
}

TEST(Settings, ExchangeMustFitAnAmqpShortString) {
  const Settings settings = settings_with({}, "");
  EXPECT_EQ(settings.exchange(std::nullopt)->value, "bloodbank.events.v1");
  EXPECT_EQ(settings.exchange(std::string(255, 'x'))->value.size(), 255u);
  EXPECT_EQ(settings.exchange(std::string(256, 'x')).error().code, ErrorCode::kUsage);
  EXPECT_EQ(settings.exchange("").error().code, ErrorCode::kUsage);
}

TEST(Settings, HttpPortIsAPort) {
  EXPECT_EQ(settings_with({}, "").http_port(), 8682);
  EXPECT_EQ(settings_with({{"HTTP_PORT", "9000"}}, "HTTP_PORT=1").http_port(), 9000);
  for (const char* const wrong : {"0", "65536", "80x", "-1"}) {
    const auto port = settings_with({{"HTTP_PORT", wrong}}, "").http_port();
    ASSERT_FALSE(port) << wrong;
    EXPECT_EQ(port.error().code, ErrorCode::kUsage);
  }
}

TEST(Settings, DataDirectoryFollowsTheXdgSpecification) {
  const Settings::Flag none;
  EXPECT_EQ(settings_with({{"HOME", "/users/ada"}}, "").data_dir(none)->value,
            "/users/ada/.local/state/bloodbank");
  EXPECT_EQ(settings_with({{"HOME", "/users/ada"}, {"XDG_STATE_HOME", "/state"}}, "")
                .data_dir(none)
                ->value,
            "/state/bloodbank");
  EXPECT_EQ(settings_with({{"HOME", "/users/ada"}, {"XDG_STATE_HOME", "relative"}}, "")
                .data_dir(none)
                ->value,
            "/users/ada/.local/state/bloodbank");
  EXPECT_EQ(settings_with({{"BB_DATA_DIR", "/data"}, {"XDG_STATE_HOME", "/state"}}, "")
                .data_dir(none)
                ->value,
            "/data");
  EXPECT_EQ(settings_with({{"BB_DATA_DIR", "/data"}}, "").data_dir("/flag")->value, "/flag");
}

TEST(Settings, DataDirectoryIsAskedForWhenThereIsNoHome) {
  const auto result = settings_with({}, "").data_dir(std::nullopt);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUsage);
  EXPECT_THAT(result.error().message, HasSubstr("--data-dir"));
}

TEST(Settings, SchemasAreLookedForWhereNoFolderIsSet) {
  EXPECT_EQ(settings_with({}, "").schemas(std::nullopt)->value, "");
  const auto all = settings_with({{"HOLYFIELDS_PATH", "/env"}}, "HOLYFIELDS_PATH=/dotenv");
  EXPECT_EQ(all.schemas("/flag")->value, "/flag");
  EXPECT_EQ(all.schemas(std::nullopt)->value, "/env");
  EXPECT_EQ(settings_with({}, "HOLYFIELDS_PATH=/dotenv").schemas(std::nullopt)->value, "/dotenv");
  EXPECT_EQ(all.schemas("").error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace bb::cli
