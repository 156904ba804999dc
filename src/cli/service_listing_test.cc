#include "cli/service_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "cli/json_value.h"

namespace bb::cli {
namespace {

namespace json = boost::json;
using registry::RegisteredInstance;
using registry::ServiceState;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

RegisteredInstance instance(std::string name, std::int64_t pid, ServiceState state,
                            milliseconds unseen, std::string health_url = "") {
  registry::ServiceInstance what;
  what.key = {"/", "events", name};
  what.queue = "events." + name;
  what.patterns = {"a.#", "b.*"};
  what.host = "here";
  what.pid = pid;
  what.version = "1.2.3";
  what.health_url = std::move(health_url);
  return {std::move(what), state, unseen};
}

ListedService listed(std::vector<RegisteredInstance> instances) {
  ListedService one;
  one.service = registry::services_of(std::move(instances)).at(0);
  return one;
}

QueueFigures figures(std::string_view text, std::int64_t wall_ms = 0) {
  return figures_of(json::parse({text.data(), text.size()}).as_object(), wall_ms);
}

TEST(QueueFigures, AreThoseOfBbServe) {
  const QueueFigures all = figures(
      R"({"messages": 5, "messages_ready": 3, "messages_unacknowledged": 2, "consumers": 1,
          "oldest_ready_age_ms": 1500, "oldest_unacked_age_ms": 20,
          "message_stats": {"ack_details": {"rate": 2.5}, "deliver_get_details": {"rate": 3}}})");
  EXPECT_EQ(all.messages, 5);
  EXPECT_EQ(all.ready, 3);
  EXPECT_EQ(all.unacked, 2);
  EXPECT_EQ(all.consumers, 1);
  EXPECT_EQ(all.ack_rate, 2.5);
  EXPECT_EQ(all.deliver_rate, 3);
  EXPECT_EQ(all.lag_ms, 1500);
  EXPECT_EQ(all.oldest_unacked_ms, 20);
}

TEST(QueueFigures, OfRabbitMqGoByTheFirstMessagesTimestamp) {
  const QueueFigures all = figures(R"({"messages": 5, "head_message_timestamp": 1000})", 1'002'500);
  EXPECT_EQ(all.lag_ms, 2500);
  EXPECT_EQ(all.oldest_unacked_ms, std::nullopt);
  EXPECT_EQ(all.ack_rate, std::nullopt);
  EXPECT_EQ(figures(R"({"messages": 5, "head_message_timestamp": 1000})", 0).lag_ms, 0);
  EXPECT_EQ(figures(R"({"messages": 5, "head_message_timestamp": ""})", 0).lag_ms, std::nullopt);
  EXPECT_EQ(figures(R"({"messages": 0, "head_message_timestamp": 1000})", 5000).lag_ms,
            std::nullopt)
      << "what is left of a message that has gone";
}

TEST(ServiceListing, TellsWhatHealthUrlsSay) {
  ListedService one = listed({instance("svc", 1, ServiceState::kLive, {}, "http://a"),
                              instance("svc", 2, ServiceState::kLive, {}, "http://b"),
                              instance("svc", 3, ServiceState::kLive, {})});
  EXPECT_EQ(health_text(one), "") << "nobody was asked";
  std::map<std::string, Health> health;
  one.health = &health;
  health["http://a"].ok = true;
  health["http://b"].error = "answered 503";
  EXPECT_EQ(health_text(one), "1/2 ok");
  health["http://b"].ok = true;
  EXPECT_EQ(health_text(one), "ok");
  health["http://a"].ok = health["http://b"].ok = false;
  EXPECT_EQ(health_text(one), "failing");
}

TEST(ServiceListing, SaysWhatIsNotKnownInJson) {
  const json::object object =
      to_json(listed({instance("svc", 1, ServiceState::kGone, milliseconds(70'000))}));
  EXPECT_EQ(object.at("state"), "gone");
  EXPECT_EQ(object.at("unseen_ms"), 70'000);
  for (const char* const unknown :
       {"messages", "lag_ms", "ack_rate", "oldest_unacked_ms", "health"}) {
    EXPECT_TRUE(object.at(unknown).is_null()) << unknown;
  }
  const json::object& first = object.at("instances").at(0).as_object();
  EXPECT_EQ(first.at("pid"), 1);
  EXPECT_EQ(first.if_contains("queue"), nullptr) << "that is the service's";
}

TEST(ServiceListing, IsATable) {
  ListedService one = listed({instance("svc", 1, ServiceState::kLive, milliseconds(1234)),
                              instance("svc", 2, ServiceState::kGone, milliseconds(4'000'000))});
  one.queue = QueueFigures{};
  one.queue->messages = 7;
  one.queue->ack_rate = 1.25;
  one.queue->lag_ms = 61'500;
  const std::string text = render_services({one}, false, false);
  EXPECT_THAT(text, HasSubstr("svc"));
  EXPECT_THAT(text, HasSubstr("1/2"));
  EXPECT_THAT(text, HasSubstr("1.2/s"));
  EXPECT_THAT(text, HasSubstr("1m"));
  EXPECT_THAT(text, HasSubstr("1.2s ago"));
  EXPECT_THAT(text, HasSubstr("a.# b.*"));
  EXPECT_THAT(text, Not(HasSubstr("EXCHANGE")));
  const std::string shown = render_service(one, false);
  EXPECT_THAT(shown, HasSubstr("1.1h ago"));
  EXPECT_THAT(shown, HasSubstr("1.2.3"));
}

TEST(ServiceListing, NamesTheExchangeWhereThereAreSeveral) {
  ListedService other = listed({instance("svc", 1, ServiceState::kLive, {})});
  other.service.key.exchange = "others";
  const std::string text = render_services(
      {listed({instance("svc", 1, ServiceState::kLive, {})}), other}, /*with_vhost=*/true, false);
  EXPECT_THAT(text, HasSubstr("EXCHANGE"));
  EXPECT_THAT(text, HasSubstr("others"));
  EXPECT_THAT(text, HasSubstr("VHOST"));
}

}  // namespace
}  // namespace bb::cli
