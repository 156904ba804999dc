#include "registry/service_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "registry/test_services.h"

namespace bb::registry {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

TEST(ServiceInstance, ComesBackFromItsJson) {
  ServiceInstance instance = test_instance();
  EXPECT_EQ(parse_instance(json::serialize(to_json(instance))), instance);
  instance.health_url = "http://127.0.0.1:8080/health";
  instance.expire = std::chrono::hours(24);
  instance.stopped = true;
  EXPECT_EQ(parse_instance(json::serialize(to_json(instance))), instance);
  EXPECT_EQ(instance.id(), "here:1");
}

TEST(ServiceInstance, PassesOverWhatItDoesNotKnow) {
  json::object object = to_json(test_instance());
  object["from_the_future"] = json::array{1, 2};
  EXPECT_EQ(instance_from_json(object), test_instance());
}

TEST(ServiceInstance, NamesTheMemberThatIsWrong) {
  const auto text_of = [](std::size_t size) { return '"' + std::string(size, 'x') + '"'; };
  std::string patterns = R"("#")";
  for (int i = 0; i < 100; ++i) patterns += R"(,"#")";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"name", "null"},
      {"name", R"("")"},
      {"name", R"("a b")"},
      {"name", text_of(101)},
      {"exchange", R"("")"},
      {"vhost", "7"},
      {"queue", R"("events.of-somebody-else")"},
      {"patterns", R"("a.#")"},
      {"patterns", "[]"},
      {"patterns", "[1]"},
      {"patterns", "[" + patterns + "]"},
      {"patterns", "[" + text_of(256) + "]"},
      {"host", text_of(256)},
      {"pid", "0"},
      {"pid", R"("1")"},
      {"version", "1"},
      {"ttl_ms", "499"},
      {"ttl_ms", "86400001"},
      {"ttl_ms", "1.5"},
      {"started_at", R"("yesterday")"},
      {"stopped", R"("no")"},
      {"health_url", text_of(2049)},
      {"expire_ms", "0"},
  };
  for (const auto& [member, value] : wrong) {
    json::object object = to_json(test_instance());
    object[member] = json::parse(value);
    const auto instance = instance_from_json(object);
    ASSERT_FALSE(instance) << member << " " << value;
    EXPECT_EQ(instance.error().code, ErrorCode::kPreconditionFailed);
    EXPECT_THAT(instance.error().message, HasSubstr("'" + member + "'"));
  }
  for (const std::string member : {"name", "exchange", "vhost", "queue", "patterns", "host", "pid",
                                   "version", "ttl_ms", "started_at"}) {
    json::object object = to_json(test_instance());
    object.erase(member);
    const auto instance = instance_from_json(object);
    ASSERT_FALSE(instance) << member;
    EXPECT_THAT(instance.error().message, HasSubstr("'" + member + "'"));
  }
}

TEST(ServiceInstance, HasABound) {
  ServiceInstance instance = test_instance();
  instance.patterns.assign(100, std::string(200, 'p'));
  const auto large = parse_instance(json::serialize(to_json(instance)));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kContentTooLarge);
  EXPECT_EQ(parse_instance(std::string(1 << 20, ' ')).error().code, ErrorCode::kContentTooLarge);
}

TEST(ServiceInstance, IsAnObject) {
  for (const std::string text : {"", "[]", "{", "{} {}", "null"}) {
    EXPECT_EQ(parse_instance(text).error().code, ErrorCode::kInvalidJson) << text;
  }
}

}  // namespace
}  // namespace bb::registry
