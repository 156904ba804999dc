#include "amqp/url.h"

#include <gtest/gtest.h>

namespace bb::amqp {
namespace {

// "user password host port vhost", with commas.
std::string parts(const Url& url) {
  return url.user + "," + url.password + "," + url.host + "," + std::to_string(url.port) + "," +
         url.vhost;
}

TEST(AmqpUrl, PartsThatAreMissingHaveDefaults) {
  struct Case {
    const char* text;
    const char* parts;
    const char* redacted;
  };
  const Case cases[] = {
      // The examples of RabbitMQ's URI specification, appendix A.
      {"amqp://user:pass@host:10000/vhost", "user,pass,host,10000,vhost",
       "amqp://user@host:10000/vhost"},
      {"amqp://user%61:%61pass@ho%61st:10000/v%2Fhost", "usera,apass,hoast,10000,v/host",
       "amqp://usera@hoast:10000/v%2Fhost"},
      {"amqp://", "guest,guest,localhost,5672,/", "amqp://guest@localhost:5672/"},
      {"amqp://:@/", ",,localhost,5672,/", "amqp://@localhost:5672/"},
      {"amqp://user@", "user,guest,localhost,5672,/", "amqp://user@localhost:5672/"},
      {"amqp://user:pass@", "user,pass,localhost,5672,/", "amqp://user@localhost:5672/"},
      {"amqp://host", "guest,guest,host,5672,/", "amqp://guest@host:5672/"},
      {"amqp://:10000", "guest,guest,localhost,10000,/", "amqp://guest@localhost:10000/"},
      {"amqp:///vhost", "guest,guest,localhost,5672,vhost", "amqp://guest@localhost:5672/vhost"},
      {"amqp://host/", "guest,guest,host,5672,/", "amqp://guest@host:5672/"},
      {"amqp://host/%2F", "guest,guest,host,5672,/", "amqp://guest@host:5672/"},
      {"amqp://host/%2f", "guest,guest,host,5672,/", "amqp://guest@host:5672/"},
      {"amqp://[::1]", "guest,guest,::1,5672,/", "amqp://guest@[::1]:5672/"},
      // And others that are met in the field.
      {"AMQP://Host", "guest,guest,Host,5672,/", "amqp://guest@Host:5672/"},
      {"amqp://guest:guest@localhost:5672//", "guest,guest,localhost,5672,/",
       "amqp://guest@localhost:5672/"},
      {"amqp://u:p@[fe80::1:2]:5673/v", "u,p,fe80::1:2,5673,v", "amqp://u@[fe80::1:2]:5673/v"},
      {"amqp://127.0.0.1:1", "guest,guest,127.0.0.1,1,/", "amqp://guest@127.0.0.1:1/"},
      {"amqp://host:/v", "guest,guest,host,5672,v", "amqp://guest@host:5672/v"},
      {"amqp://host:65535", "guest,guest,host,65535,/", "amqp://guest@host:65535/"},
      {"amqp://u%40d:p%3A%2F%3F%23%40%25@h", "u@d,p:/?#@%,h,5672,/", "amqp://u%40d@h:5672/"},
      {"amqps://host", "guest,guest,host,5671,/", "amqps://guest@host:5671/"},
      {"amqps://host:5672/", "guest,guest,host,5672,/", "amqps://guest@host:5672/"},
      {"amqp://host/a%0Ab%20c", "guest,guest,host,5672,a\nb c", "amqp://guest@host:5672/a%0Ab%20c"},
      {"amqp://host/dots.and-dashes_~", "guest,guest,host,5672,dots.and-dashes_~",
       "amqp://guest@host:5672/dots.and-dashes_~"},
  };
  for (const auto& [text, expected, redacted] : cases) {
    const auto url = parse_url(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_EQ(parts(*url), expected) << text;
    EXPECT_EQ(url->redacted(), redacted) << text;
    EXPECT_EQ(url->tls, std::string_view(redacted).starts_with("amqps")) << text;
    EXPECT_EQ(url->heartbeat_seconds, std::nullopt) << text;
  }
}

TEST(AmqpUrl, TakesParameters) {
  const auto url = parse_url("amqp://h/v?heartbeat=30&connection_timeout=1500&channel_max=100");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->heartbeat_seconds, 30);
  EXPECT_EQ(url->connection_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(url->channel_max, 100);
  EXPECT_EQ(url->vhost, "v");
  EXPECT_EQ(url->redacted(), "amqp://guest@h:5672/v");

  EXPECT_EQ(parse_url("amqp://?heartbeat=0")->heartbeat_seconds, 0);
  EXPECT_EQ(parse_url("amqp://h?heartbeat=65535")->heartbeat_seconds, 65535);
  EXPECT_TRUE(parse_url("amqp://h/?"));
}

TEST(AmqpUrl, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* problem;
  };
  constexpr const char* kScheme = "it does not start with amqp:// or amqps://";
  constexpr const char* kPort =
      "the port is not a number from 1 to 65535 (an IPv6 address is written in brackets)";
  constexpr const char* kEscape =
      "it holds a character that must be percent-encoded, or a broken %-escape or address";
  constexpr const char* kHost = "the host is neither a name nor an address";
  constexpr const char* kKnown = "; known are heartbeat, connection_timeout and channel_max";
  const Case cases[] = {
      {"", kScheme},
      {"localhost:5672", kScheme},
      {"amqp:localhost", kScheme},
      {"http://localhost", kScheme},
      {" amqp://localhost", kScheme},
      {"amqp://host:0", kPort},
      {"amqp://host:65536", kPort},
      {"amqp://host:-1", kPort},
      {"amqp://host:99999999999999999999", kPort},
      {"amqp://host:port", kPort},
      {"amqp://::1", kPort},
      {"amqp://[::1", kEscape},
      {"amqp://[::1]x", kEscape},
      {"amqp://[zz]", kEscape},
      {"amqp://ho st", kEscape},
      {"amqp://host/v host", kEscape},
      {"amqp://host/\n", kEscape},
      {"amqp://host/%zz", kEscape},
      {"amqp://h\xc3\xb6st", kEscape},
      {"amqp://h%00st", kHost},
      {"amqp://h%2Fst", kHost},
      {"amqp://host%0A", kHost},
      {"amqp://[v1.x]", kHost},
      {"amqp://host/a/b", "a vhost is one path segment: write '/' in its name as %2F"},
      {"amqp://host/v%00", "the vhost holds a NUL byte"},
      {"amqp://us%00er@host", "the user name holds a NUL byte"},
      {"amqp://user:pa%00ss@host", "the password holds a NUL byte"},
      {"amqp://host/v#x",
       "nothing may follow a '#'; in a user name, password or vhost write it as %23"},
      {"amqp://host?heartbeat=", "heartbeat is not a whole number from 0 to 65535"},
      {"amqp://host?heartbeat", "heartbeat is not a whole number from 0 to 65535"},
      {"amqp://host?heartbeat=65536", "heartbeat is not a whole number from 0 to 65535"},
      {"amqp://host?heartbeat=-1", "heartbeat is not a whole number from 0 to 65535"},
      {"amqp://host?heartbeat=5s", "heartbeat is not a whole number from 0 to 65535"},
      {"amqp://host?heartbeat=5&heartbeat=6", "heartbeat is given twice"},
      {"amqp://host?channel_max=70000", "channel_max is not a whole number from 0 to 65535"},
      {"amqp://host?connection_timeout=0",
       "connection_timeout is not a whole number from 1 to 2147483647"},
      {"amqp://host?connection_timeout=2147483648",
       "connection_timeout is not a whole number from 1 to 2147483647"},
      {"amqps://host?verify=verify_none", "the parameter 'verify' is not supported"},
      {"amqps://host?cacertfile=/ca.pem", "the parameter 'cacertfile' is not supported"},
      {"amqps://host?certfile=/c.pem", "the parameter 'certfile' is not supported"},
      {"amqps://host?keyfile=/k.pem", "the parameter 'keyfile' is not supported"},
      {"amqps://host?server_name_indication=h",
       "the parameter 'server_name_indication' is not supported"},
      {"amqps://host?auth_mechanism=external", "the parameter 'auth_mechanism' is not supported"},
      {"amqp://host?heartbeats=5", "unknown parameter 'heartbeats'"},
      {"amqp://host?a%0Ab=5", "unknown parameter with an odd name"},
      {"amqp://host?=5", "unknown parameter with an odd name"},
  };
  for (const auto& [text, problem] : cases) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidUrl);
    const bool unknown = std::string_view(problem).starts_with("unknown");
    EXPECT_EQ(url.error().message,
              "invalid AMQP URL: " + std::string(problem) + (unknown ? kKnown : ""))
        << text;
  }
}

TEST(AmqpUrl, HasBounds) {
  EXPECT_TRUE(parse_url("amqp://host/" + std::string(255, 'v')));
  EXPECT_EQ(parse_url("amqp://host/" + std::string(256, 'v')).error().message,
            "invalid AMQP URL: the vhost is longer than 255 bytes");
  EXPECT_EQ(parse_url("amqp://" + std::string(9000, 'h')).error().message,
            "invalid AMQP URL: it is longer than 8192 bytes");
}

// What a person forgets to encode moves parts of the password elsewhere.
TEST(AmqpUrl, NoErrorQuotesThePassword) {
  const char* const bad_urls[] = {
      "amqp://user:SECRET@host:0/",
      "amqp://user:SECRET@host:abc/",
      "amqp://user:SECRET@ho st/",
      "amqp://user:SECRET%zz@host/",
      "amqp://user:SECRET%00@host/",
      "amqp://user:SECRET@host/a/b",
      "amqp://user:SECRET@host?x=1",
      "amqp://user:SECRET@host/%zz",
      "amqp://user:SECRET/SECRET@host/",
      "amqp://user:1/SECRET@host/",
      "amqp://user:1?SECRET@host/",
      "amqp://user:1?SECRET=SECRET@host/",
      "amqp://user:1#SECRET@host/",
      "amqp://user:SECRET@SECRET@host/",
      "amqp://user:SECRET#SECRET@host/",
      "amqp://user:SECRET:SECRET@ho^st/",
      "amqp://user:SECRET@host?verify=none",
      "http://user:SECRET@host/",
      "user:SECRET@host",
      "amqp:/user:SECRET@host",
      "amqp://user:[SECRET@host",
      "amqp://user:SECRET@[host",
      "amqp://user:SECRET",
      "amqp://:SECRET@host:99999",
      "amqp://user:1?password=SECRET",
  };
  for (const char* text : bad_urls) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().message.find("SECRET"), std::string::npos) << url.error().message;
  }
}

TEST(AmqpUrl, RedactedHasNoPassword) {
  const auto url = parse_url("amqp://user:SECRET@host/v?heartbeat=5");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->password, "SECRET");
  EXPECT_EQ(url->redacted(), "amqp://user@host:5672/v");
}

}  // namespace
}  // namespace bb::amqp
