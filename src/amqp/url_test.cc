#include "amqp/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bb::amqp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

TEST(AmqpUrl, TakesParametersOfTls) {
  const auto url = parse_url(
      "amqps://h?cacertfile=/etc/ca%20s.pem&certfile=me.pem&keyfile=key.pem&password=s%26cret"
      "&verify=verify_none&server_name_indication=bus.example&depth=2");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->port, 5671);
  EXPECT_EQ(url->tls_parameters, (TlsParameters{.cacertfile = "/etc/ca s.pem",
                                                .certfile = "me.pem",
                                                .keyfile = "key.pem",
                                                .key_password = "s&cret",
                                                .verify_peer = false,
                                                .server_name = "bus.example",
                                                .depth = 2}));
  EXPECT_EQ(url->redacted(), "amqps://guest@h:5671/");

  EXPECT_EQ(parse_url("amqps://h")->tls_parameters, TlsParameters());
  EXPECT_TRUE(parse_url("amqps://h?verify=verify_peer")->tls_parameters.verify_peer);
  EXPECT_EQ(parse_url("amqps://h?server_name_indication=disable")->tls_parameters.server_name, "");
}

TEST(AmqpUrl, TakesTheMechanismsInTheirOrder) {
  EXPECT_THAT(parse_url("amqp://h")->auth_mechanisms, testing::IsEmpty());
  EXPECT_THAT(parse_url("amqps://h?certfile=a&auth_mechanism=external&auth_mechanism=plain")
                  ->auth_mechanisms,
              ElementsAre(AuthMechanism::kExternal, AuthMechanism::kPlain));
  EXPECT_THAT(parse_url("amqp://h?auth_mechanism=amqplain")->auth_mechanisms,
              ElementsAre(AuthMechanism::kAmqplain));
}

// "host:port" of each, with blanks.
std::string places(std::string_view text) {
  const auto urls = parse_urls(text);
  if (!urls) return urls.error().message;
  std::string places;
  for (const Url& url : *urls) {
    places += (places.empty() ? "" : " ") + url.host + ":" + std::to_string(url.port);
  }
  return places;
}

TEST(AmqpUrls, AreSeparatedByCommasBeforeASchemeAndByLines) {
  EXPECT_EQ(places("amqp://a"), "a:5672");
  EXPECT_EQ(places("amqp://a,amqps://b,AMQP://c:1"), "a:5672 b:5671 c:1");
  EXPECT_EQ(places("amqp://a\namqp://b"), "a:5672 b:5672");
  const auto comma = parse_urls("amqp://u:p,w@a/v,w,amqp://b");
  ASSERT_TRUE(comma) << comma.error().message;
  ASSERT_EQ(comma->size(), 2u);
  EXPECT_EQ(comma->front().password, "p,w");
  EXPECT_EQ(comma->front().vhost, "v,w");
}

TEST(AmqpUrls, SayWhichOneIsWrong) {
  EXPECT_EQ(places(""), "invalid AMQP URL: it does not start with amqp:// or amqps://");
  EXPECT_EQ(places("amqp://a,amqp://b:0"),
            "URL 2 of 2: invalid AMQP URL: the port is not a number from 1 to 65535 (an IPv6 "
            "address is written in brackets)");
  EXPECT_THAT(places("amqp://a,b"), HasSubstr("neither a name nor an address"));
  EXPECT_THAT(places("amqp://a,"), HasSubstr("neither a name nor an address"));
  std::string many = "amqp://h";
  for (std::size_t i = 1; i < kUrlsMax; ++i) many += ",amqp://h";
  EXPECT_TRUE(parse_urls(many));
  EXPECT_EQ(places(many + ",amqp://h"), "invalid AMQP URL: there are more than 64 of them");
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
  constexpr const char* kKnown =
      "; known are auth_mechanism, cacertfile, certfile, channel_max, connection_timeout, depth, "
      "heartbeat, keyfile, password, server_name_indication and verify";
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
      {"amqps://host?verify=none", "verify is neither verify_peer nor verify_none"},
      {"amqps://host?cacertfile=", "cacertfile is empty, or holds a NUL byte"},
      {"amqps://host?cacertfile=%00", "cacertfile is empty, or holds a NUL byte"},
      {"amqps://host?cacertfile=a&cacertfile=b", "cacertfile is given twice"},
      {"amqps://host?keyfile=/k.pem", "keyfile is of use together with certfile alone"},
      {"amqps://host?password=x",
       "password is that of a key, and there is no certfile that one belongs to"},
      {"amqps://host?server_name_indication=",
       "server_name_indication is neither a host name nor disable"},
      {"amqps://host?depth=256", "depth is not a whole number from 0 to 255"},
      {"amqps://host?fail_if_no_peer_cert=true", "fail_if_no_peer_cert is for servers"},
      {"amqps://host?auth_mechanism=external",
       "auth_mechanism=external logs in with a certificate: it needs amqps:// and certfile"},
      {"amqp://host?auth_mechanism=PLAIN",
       "auth_mechanism is none of plain, amqplain and external"},
      {"amqp://host?auth_mechanism=plain&auth_mechanism=plain", "an auth_mechanism is given twice"},
      {"amqp://host?cacertfile=/ca.pem",
       "cacertfile is for TLS, and the URL does not start with amqps://, which has it"},
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
      "amqps://user:1?password=SECRET",
      "amqps://host?certfile=c&password=SECRET&password=SECRET",
      "amqps://host?verify=SECRET",
      "amqps://host?auth_mechanism=SECRET",
      "amqps://host?certfile=SECRET&certfile=SECRET",
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
