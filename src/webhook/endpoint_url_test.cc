#include "webhook/endpoint_url.h"

#include <gmock/gmock.h>

namespace bb::webhook {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(EndpointUrl, KeepsPathAndQueryAsTheyAre) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"https://example.com", "/"},
      {"https://example.com/", "/"},
      {"https://example.com/hooks/1", "/hooks/1"},
      {"https://example.com/hooks/1//", "/hooks/1//"},
      {"https://example.com/%7Ea/../b", "/%7Ea/../b"},
      {"https://example.com?key=a%40b&c", "/?key=a%40b&c"},
      {"https://example.com/hook?", "/hook?"},
      {"https://example.com/hook?a=/b?c", "/hook?a=/b?c"},
  };
  for (const auto& [text, target] : cases) {
    const auto url = parse_endpoint_url(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_EQ(url->target, target) << text;
    EXPECT_EQ(url->server.host, "example.com");
    EXPECT_EQ(url->server.port, 443);
    EXPECT_TRUE(url->server.tls);
  }
}

TEST(EndpointUrl, IsNamedWithoutWhatMayBeAKey) {
  const auto url = parse_endpoint_url("http://[::1]:8080/services/T0/B0/XXXX?key=YYYY");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->server.redacted(), "http://[::1]:8080");
}

TEST(EndpointUrl, RefusesWhatItCannotUseAndQuotesNothing) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "http:// or https://"},
      {"ftp://secret/", "http:// or https://"},
      {"amqp://secret/", "http:// or https://"},
      {"/secret", "http:// or https://"},
      {"https://ada:secret@host/", "password"},
      {"https://secret@host/", "password"},
      {"https://ada:1234?secret@host/", "%40"},
      {"https://ada:1234/secret@host/", "%40"},
      {"https://host/#secret", "fragment"},
      {"https://host/?a#secret", "fragment"},
      {"https://host/?a=%4secret", "percent-encoded"},
      {"https://host/?a secret", "percent-encoded"},
      {"https://host/?a\r\nsecret: x", "percent-encoded"},
      {"https://host/a\r\nsecret: x", "percent-encoded"},
      {"https://host/?a=\xc3\xa9secret", "percent-encoded"},
      {"https://host:0/secret", "port"},
      {"https://host/" + std::string(8192, 's'), "longer"},
  };
  for (const auto& [text, said] : cases) {
    const auto url = parse_endpoint_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidUrl);
    EXPECT_THAT(url.error().message, HasSubstr(said)) << text;
    EXPECT_THAT(url.error().message, Not(HasSubstr("secret"))) << text;
  }
}

}  // namespace
}  // namespace bb::webhook
