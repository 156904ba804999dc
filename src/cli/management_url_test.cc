#include "cli/management_url.h"

#include <gmock/gmock.h>

#include <map>

namespace bb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<ManagementTarget> target_with(std::map<std::string, std::string> environment,
                                     const Settings::Flag& flag = std::nullopt) {
  const Settings settings(
      [&environment](const char* name) -> const char* {
        const auto entry = environment.find(name);
        return entry == environment.end() ? nullptr : entry->second.c_str();
      },
      {});
  return management_target(settings, flag);
}

// "user:password@host:port", as it would be used.
std::string used(const Result<ManagementTarget>& target) {
  if (!target) return target.error().message;
  const client::HttpUrl& url = target->url;
  return url.user.value_or("?") + ":" + url.password.value_or("?") + "@" + url.redacted();
}

TEST(ManagementUrl, IsThatOfBbServeByDefault) {
  EXPECT_EQ(used(target_with({})), "guest:guest@http://127.0.0.1:8682");
  EXPECT_EQ(used(target_with({{"HTTP_PORT", "9000"}})), "guest:guest@http://127.0.0.1:9000");
  EXPECT_EQ(target_with({})->vhost, "/");
}

TEST(ManagementUrl, FollowsTheAmqpUrl) {
  const auto target = target_with({{"RABBIT_URL", "amqp://ada:secret@bus.example/prod"}});
  EXPECT_EQ(used(target), "ada:secret@http://bus.example:8682");
  EXPECT_EQ(target->vhost, "prod");
  EXPECT_EQ(used(target_with({{"RABBIT_URL", "amqps://ada:secret@bus.example"}})),
            "ada:secret@https://bus.example:8682");
}

TEST(ManagementUrl, FlagComesBeforeEnvironment) {
  EXPECT_EQ(used(target_with({{"BB_HTTP_URL", "http://a:b@one:1"}})), "a:b@http://one:1");
  EXPECT_EQ(used(target_with({{"BB_HTTP_URL", "http://a:b@one:1"}}, "http://c:d@two:2")),
            "c:d@http://two:2");
}

TEST(ManagementUrl, MayEndWithThePathOfTheApi) {
  EXPECT_EQ(used(target_with({}, "http://a:b@one:1/api/")), "a:b@http://one:1");
  EXPECT_EQ(used(target_with({}, "http://a:b@one:1/base/api")), "a:b@http://one:1/base");
}

TEST(ManagementUrl, LendsTheAmqpAccountToTheSameHostAlone) {
  const std::string amqp = "amqp://ada:secret@bus.example";
  EXPECT_EQ(used(target_with({{"RABBIT_URL", amqp}}, "http://bus.example:15672")),
            "ada:secret@http://bus.example:15672");
  EXPECT_EQ(used(target_with({{"RABBIT_URL", amqp}}, "http://other.example:15672")),
            "guest:guest@http://other.example:15672");
  EXPECT_EQ(used(target_with({{"RABBIT_URL", amqp}}, "http://ada@bus.example")),
            "ada:secret@http://bus.example:80");
  EXPECT_EQ(used(target_with({{"RABBIT_URL", amqp}}, "http://bob@bus.example")),
            "bob:?@http://bus.example:80");
  EXPECT_EQ(used(target_with({{"RABBIT_URL", "amqp://ada:secret@localhost"}}, "http://[::1]:9")),
            "ada:secret@http://[::1]:9");
}

TEST(ManagementUrl, WhatTlsProtectsIsNotSentWithoutIt) {
  EXPECT_EQ(used(target_with({{"RABBIT_URL", "amqps://ada:secret@bus.example"}},
                             "http://bus.example:15672")),
            "guest:guest@http://bus.example:15672");
}

TEST(ManagementUrl, OfSeveralBrokersGoesByTheFirst) {
  EXPECT_EQ(used(target_with({{"RABBIT_URL", "amqp://ada:secret@one,amqp://bob:secret@two"}})),
            "ada:secret@http://one:8682");
}

TEST(ManagementUrl, TakesParametersOfTlsAndThoseOfTheSameHost) {
  const std::string amqp = "amqps://bus.example?cacertfile=amqp.pem&certfile=me.pem";
  const auto parameters = [&](const std::string& http) {
    const auto target = target_with({{"RABBIT_URL", amqp}, {"BB_HTTP_URL", http}});
    return target ? target->url.tls_parameters.cacertfile : target.error().message;
  };
  EXPECT_EQ(parameters(""), "amqp.pem");
  EXPECT_EQ(parameters("https://bus.example:15671"), "amqp.pem");
  EXPECT_EQ(parameters("https://bus.example:15671?cacertfile=http.pem"), "http.pem");
  EXPECT_EQ(parameters("https://other.example"), "");
  EXPECT_EQ(parameters("http://bus.example"), "");
  EXPECT_THAT(parameters("https://bus.example?x=1"), HasSubstr("can be cacertfile, certfile"));
  EXPECT_EQ(used(target_with({{"RABBIT_URL", "amqps://localhost"}})),
            "guest:guest@https://localhost:8682")
      << "as the certificate has it";
}

TEST(ManagementUrl, NamesTheSettingThatIsWrong) {
  EXPECT_THAT(used(target_with({{"RABBIT_URL", "http://x:secret@y"}})), HasSubstr("RABBIT_URL: "));
  EXPECT_THAT(used(target_with({{"BB_HTTP_URL", "amqp://x:secret@y"}})),
              AllOf(HasSubstr("BB_HTTP_URL: "), Not(HasSubstr("secret"))));
  EXPECT_THAT(used(target_with({}, "amqp://x")), HasSubstr("--http-url: "));
  EXPECT_EQ(target_with({}, "").error().code, ErrorCode::kUsage);
  EXPECT_EQ(target_with({{"HTTP_PORT", "x"}}).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace bb::cli
