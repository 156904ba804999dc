#include "client/http_url.h"

#include <gmock/gmock.h>

namespace bb::client {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HttpUrl, HasTheParts) {
  const auto url = parse_http_url("https://ada:s%3Acret@[::1]:15671/rabbit/");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 15671);
  EXPECT_EQ(url->user, "ada");
  EXPECT_EQ(url->password, "s:cret");
  EXPECT_EQ(url->path, "/rabbit");
  EXPECT_EQ(url->authority(), "[::1]:15671");
  EXPECT_EQ(url->redacted(), "https://[::1]:15671/rabbit");
}

TEST(HttpUrl, PortIsThatOfTheScheme) {
  EXPECT_EQ(parse_http_url("http://host")->port, 80);
  EXPECT_EQ(parse_http_url("https://host")->port, 443);
  EXPECT_FALSE(parse_http_url("http://host")->user);
  EXPECT_FALSE(parse_http_url("http://ada@host")->password);
  EXPECT_EQ(parse_http_url("http://ada:@host")->password, "");
}

TEST(HttpUrl, HostHeaderLeavesOutTheSchemesOwnPort) {
  EXPECT_EQ(parse_http_url("http://host:80")->host_header(), "host");
  EXPECT_EQ(parse_http_url("https://[::1]")->host_header(), "[::1]");
  EXPECT_EQ(parse_http_url("https://host:80")->host_header(), "host:80");
  EXPECT_EQ(parse_http_url("http://host:443")->host_header(), "host:443");
}

TEST(HttpUrl, RefusesWhatItCannotUseAndQuotesNoPassword) {
  for (const std::string_view text :
       {"", "host", "amqp://host", "http://", "http://host:0", "http://host:65536", "http://host:x",
        "http://ada:secret/x@host", "http://ada:secret?x@host", "http://ada:secret#x@host",
        "http://ada:se cret@host", "http://ada:secret@ho%00st", "http://a%3Ab:secret@host",
        "http://ada:secret%00@host", "http://host/path?query", "http://host/#fragment",
        "http://[::1", "http://[v1.x]/"}) {
    const auto url = parse_http_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidUrl);
    EXPECT_THAT(url.error().message, Not(HasSubstr("secret"))) << text;
  }
}

TEST(HttpUrl, SegmentsAreEncoded) {
  EXPECT_EQ(encode_path_segment("/"), "%2F");
  EXPECT_EQ(encode_path_segment("a b/%?#\n"), "a%20b%2F%25%3F%23%0A");
  EXPECT_EQ(encode_path_segment(".."), "%2E%2E");
  EXPECT_EQ(encode_path_segment("a.b-c_d~"), "a.b-c_d~");
  EXPECT_EQ(encode_path_segment("\xc3\xa9"), "%C3%A9");
}

TEST(ApiUrl, TakesTheParametersOfTlsAlone) {
  const auto url = parse_api_url("https://host:1/base?cacertfile=a%20b&verify=verify_none");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->redacted(), "https://host:1/base");
  EXPECT_EQ(url->tls_parameters.cacertfile, "a b");
  EXPECT_FALSE(url->tls_parameters.verify_peer);
  EXPECT_TRUE(parse_api_url("http://host"));
  EXPECT_TRUE(parse_api_url("https://host?"));
  for (const char* text :
       {"http://host?cacertfile=a", "https://host?x=SECRET", "https://u:SECRET?w@host",
        "https://host?keyfile=SECRET", "https://host?cacertfile=%zz", "https://host#SECRET",
        "https://host?verify=SECRET"}) {
    const auto refused = parse_api_url(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidUrl);
    EXPECT_EQ(refused.error().message.find("SECRET"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace bb::client
