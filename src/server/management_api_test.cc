#include "server/management_api.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <string>

#include "server/test_management.h"

namespace bb::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class ManagementApi : public ManagementTest {};

TEST_F(ManagementApi, ListsManyQueuesInPiecesAndThoseAloneThatAreStillThere) {
  constexpr int kQueues = 1000;
  for (int i = 0; i < kQueues; ++i) {
    ASSERT_EQ(status("PUT", fmt::format("/api/queues/%2F/q{:04}", i), "{}"), 201u);
  }
  int pieces = 0;
  const auto between = [&] {
    if (pieces++ > 0) return;
    EXPECT_EQ(status("DELETE", "/api/queues/%2F/q0000"), 204u);
    EXPECT_EQ(status("DELETE", "/api/queues/%2F/q0999"), 204u);
  };
  const auto list = boost::json::parse(send("GET", "/api/queues", "", between).body).as_array();
  EXPECT_GT(pieces, 1);
  ASSERT_EQ(list.size(), kQueues - 1u);
  EXPECT_EQ(list.front().at("name"), "q0000") << "it was listed before it went";
  EXPECT_EQ(list.back().at("name"), "q0998");
  EXPECT_EQ(boost::json::parse(get("/api/queues/%2F")).as_array().size(), kQueues - 2u);
}

TEST_F(ManagementApi, WantsALogInThatIsRight) {
  log_in("");
  const HttpResponse nobody = send("GET", "/api/overview");
  EXPECT_EQ(nobody.status, 401u);
  EXPECT_FALSE(nobody.login_refused) << "a browser asks without one first";
  log_in("guest:wrong");
  const HttpResponse wrong = send("GET", "/api/overview");
  EXPECT_EQ(wrong.status, 401u);
  EXPECT_TRUE(wrong.login_refused);
  log_in("guest:guest");
  EXPECT_EQ(status("GET", "/api/overview"), 200u);
  loopback_ = false;
  EXPECT_EQ(status("GET", "/api/overview"), 401u) << "guest from elsewhere";
}

TEST_F(ManagementApi, TagsSayWhatAUserMayAskFor) {
  add_user("nobody", "");
  add_user("looker", "management");
  add_user("monitor", "monitoring");
  log_in("nobody:pw");
  EXPECT_THAT(send("GET", "/api/whoami").body, HasSubstr("Not management user"));
  log_in("looker:pw");
  EXPECT_THAT(get("/api/whoami"), HasSubstr(R"("name":"looker")"));
  EXPECT_EQ(status("GET", "/api/users"), 401u);
  EXPECT_EQ(status("GET", "/api/nodes"), 401u);
  EXPECT_EQ(get("/api/queues"), "[]");
  EXPECT_EQ(status("GET", "/api/queues/%2F"), 401u) << "no permissions there";
  log_in("monitor:pw");
  EXPECT_EQ(status("GET", "/api/nodes"), 200u);
  EXPECT_EQ(status("GET", "/api/queues/%2F"), 200u);
  EXPECT_EQ(status("PUT", "/api/users/x", R"({"tags": ""})"), 401u);
}

TEST_F(ManagementApi, PathsAndMethodsThatAreNotThere) {
  EXPECT_EQ(status("GET", "/api/nothing"), 404u);
  EXPECT_EQ(status("GET", "/"), 404u);
  EXPECT_EQ(status("POST", "/api/users"), 405u);
  EXPECT_EQ(status("GET", "/api/queues/%2"), 400u);
  EXPECT_EQ(status("GET", "/api/queues/%2F/q/more/of/it"), 404u);
}

// What AMQP has no way to say must not get into the broker by another door.
TEST_F(ManagementApi, WhatCouldNotGoOverAmqpIsRefused) {
  const std::string longest(255, 'n');
  const std::string too_long(256, 'n');
  for (const std::string kind : {"queues", "exchanges"}) {
    EXPECT_EQ(status("PUT", "/api/" + kind + "/%2F/" + longest, R"({"durable": true})"), 201u);
    EXPECT_EQ(status("PUT", "/api/" + kind + "/%2F/" + too_long, R"({"durable": true})"), 400u);
    EXPECT_EQ(status("PUT", "/api/" + kind + "/%2F/" + kind,
                     R"({"arguments": {")" + too_long + R"(": 1}})"),
              400u);
    EXPECT_EQ(status("PUT", "/api/" + kind + "/%2F/" + kind,
                     R"({"arguments": {"a": [{")" + too_long + R"(": 1}]}})"),
              400u);
  }
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/amq.topic/q/" + longest,
                   R"({"routing_key": ")" + too_long + R"("})"),
            400u);
  EXPECT_EQ(
      status("PUT", "/api/queues/%2F/mortal",
             R"({"arguments": {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": ")" +
                 too_long + R"("}})"),
      400u);
  const auto publish = [&](const std::string& properties) {
    return status("POST", "/api/exchanges/%2F/amq.topic/publish",
                  R"({"properties": )" + properties +
                      R"(, "routing_key": "q", "payload": "hi", "payload_encoding": "string"})");
  };
  std::string many = R"({"headers": {"CC": ["x"])";
  for (int i = 0; i < 70'000; ++i) many += ",\"" + std::to_string(i) + "\": 1";
  EXPECT_EQ(publish(many + "}}"), 400u);
  EXPECT_EQ(publish(R"({"headers": {"CC": [")" + std::string(200'000, 'x') + R"("]}})"), 400u);
  EXPECT_EQ(publish(R"({"headers": {"CC": "not an array"}})"), 400u);
  EXPECT_EQ(publish(R"({"expiration": "soon"})"), 400u);
  EXPECT_EQ(publish(R"({"headers": {"CC": ["x"]}, "expiration": "1000"})"), 200u);
}

TEST_F(ManagementApi, QueuesAreMadeShownPurgedAndDeleted) {
  EXPECT_EQ(status("PUT", "/api/queues/%2F/q", R"({"durable": true, "arguments": {"x-a": 5}})"),
            201u);
  EXPECT_EQ(status("PUT", "/api/queues/%2F/q", R"({"durable": true, "arguments": {"x-a": 5}})"),
            204u);
  const HttpResponse other = send("PUT", "/api/queues/%2F/q", R"({"durable": false})");
  EXPECT_EQ(other.status, 400u);
  EXPECT_THAT(other.body, HasSubstr("inequivalent arg 'durable' for queue 'q' in vhost '/'"));
  ASSERT_EQ(status("POST", "/api/exchanges/%2F/amq.default/publish",
                   R"({"properties": {}, "routing_key": "q", "payload": "hi",
                       "payload_encoding": "string"})"),
            200u);
  const auto queue = get_json("/api/queues/%2F/q");
  EXPECT_EQ(queue.at("name"), "q");
  EXPECT_EQ(queue.at("vhost"), "/");
  EXPECT_EQ(queue.at("durable"), true);
  EXPECT_EQ(queue.at("messages_ready"), 1);
  EXPECT_EQ(queue.at("arguments").at("x-a"), 5);
  EXPECT_EQ(queue.at("type"), "classic");
  EXPECT_EQ(status("DELETE", "/api/queues/%2F/q?if-empty=true"), 400u);
  EXPECT_EQ(status("DELETE", "/api/queues/%2F/q/contents"), 204u);
  EXPECT_EQ(get_json("/api/queues/%2F/q").at("messages"), 0);
  EXPECT_EQ(status("DELETE", "/api/queues/%2F/q?if-empty=true"), 204u);
  EXPECT_EQ(status("DELETE", "/api/queues/%2F/q"), 404u);
  EXPECT_EQ(status("PUT", "/api/queues/nowhere/q", "{}"), 404u);
  EXPECT_EQ(status("PUT", "/api/queues/%2F/q", "{broken"), 400u);
}

TEST_F(ManagementApi, ExchangesAndBindingsLeadMessages) {
  EXPECT_EQ(status("PUT", "/api/exchanges/%2F/a%2Fb", R"({"type": "topic"})"), 201u);
  EXPECT_EQ(status("PUT", "/api/exchanges/%2F/bad", R"({"type": "odd"})"), 400u);
  EXPECT_EQ(status("PUT", "/api/queues/%2F/q", "{}"), 201u);
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/a%2Fb/q/q", R"({"routing_key": "k.#"})"), 201u);
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/a%2Fb/q/none", "{}"), 404u);
  const auto bindings = get_json("/api/bindings/%2F/e/a%2Fb/q/q");
  ASSERT_EQ(bindings.as_array().size(), 1u);
  EXPECT_EQ(bindings.at(0).at("properties_key"), "k.%23");
  const auto publish = [&](std::string_view key) {
    const HttpResponse response =
        send("POST", "/api/exchanges/%2F/a%2Fb/publish",
             R"({"properties": {"headers": {"h": 1}, "delivery_mode": 2}, "routing_key": ")" +
                 std::string(key) + R"(", "payload": "aGk=", "payload_encoding": "base64"})");
    return response.body;
  };
  EXPECT_EQ(publish("k.1"), R"({"routed":true})");
  EXPECT_EQ(publish("other"), R"({"routed":false})");
  const auto got =
      boost::json::parse(send("POST", "/api/queues/%2F/q/get",
                              R"({"count": 5, "ackmode": "ack_requeue_true", "encoding": "auto"})")
                             .body);
  ASSERT_EQ(got.as_array().size(), 1u);
  EXPECT_EQ(got.at(0).at("payload"), "hi");
  EXPECT_EQ(got.at(0).at("exchange"), "a/b");
  EXPECT_EQ(got.at(0).at("properties").at("headers").at("h"), 1);
  const std::string take = R"({"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"})";
  EXPECT_THAT(send("POST", "/api/queues/%2F/q/get", take).body, HasSubstr(R"("redelivered":true)"));
  EXPECT_EQ(send("POST", "/api/queues/%2F/q/get", take).body, "[]");
  EXPECT_EQ(status("DELETE", "/api/bindings/%2F/e/a%2Fb/q/q/k.%2523"), 204u);
  EXPECT_EQ(status("DELETE", "/api/bindings/%2F/e/a%2Fb/q/q/k.%2523"), 404u);
  EXPECT_EQ(status("DELETE", "/api/exchanges/%2F/a%2Fb"), 204u);
  EXPECT_EQ(status("DELETE", "/api/exchanges/%2F/amq.topic"), 401u) << "as RabbitMQ answers";
}

TEST_F(ManagementApi, ExchangesAreBoundToExchanges) {
  EXPECT_EQ(status("PUT", "/api/exchanges/%2F/x", "{}"), 201u);
  const std::string between = "/api/bindings/%2F/e/amq.topic/e/x";
  EXPECT_EQ(status("POST", between, R"({"routing_key": "k.#"})"), 201u);
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/amq.topic/e/none", "{}"), 404u);
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/none/e/x", "{}"), 404u);
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/amq.topic/odd/x", "{}"), 404u);
  EXPECT_EQ(status("POST", "/api/bindings/%2F/e/amq.default/e/x", "{}"), 401u);
  for (const std::string& path : {between, std::string("/api/bindings"),
                                  std::string("/api/exchanges/%2F/x/bindings/destination"),
                                  std::string("/api/exchanges/%2F/amq.topic/bindings/source")}) {
    const auto bindings = get_json(path);
    ASSERT_EQ(bindings.as_array().size(), 1u) << path;
    EXPECT_EQ(bindings.at(0).at("source"), "amq.topic");
    EXPECT_EQ(bindings.at(0).at("destination"), "x");
    EXPECT_EQ(bindings.at(0).at("destination_type"), "exchange");
    EXPECT_EQ(bindings.at(0).at("routing_key"), "k.#");
  }
  EXPECT_EQ(get_json(between + "/k.%2523").at("properties_key"), "k.%23");
  EXPECT_EQ(status("DELETE", between + "/k.%2523"), 204u);
  EXPECT_EQ(status("DELETE", between + "/k.%2523"), 404u);
  EXPECT_EQ(get_json("/api/bindings").as_array().size(), 0u);
}

TEST_F(ManagementApi, VHostsUsersAndPermissionsAreManaged) {
  EXPECT_EQ(status("PUT", "/api/vhosts/shop", R"({"description": "d", "tags": "a,b"})"), 201u);
  EXPECT_EQ(status("PUT", "/api/vhosts/shop"), 204u);
  EXPECT_EQ(get_json("/api/vhosts/shop").at("description"), "d");
  EXPECT_THAT(get("/api/permissions"), HasSubstr(R"("user":"guest","vhost":"shop")"))
      << "who makes a vhost may use it";
  add_user("ada", "management,policymaker");
  EXPECT_THAT(get("/api/users/ada"), HasSubstr(R"("tags":["management","policymaker"])"));
  EXPECT_EQ(status("PUT", "/api/users/bob", R"({"password": "x"})"), 400u) << "no tags";
  EXPECT_EQ(status("PUT", "/api/permissions/shop/ada",
                   R"({"configure": "^a", "write": ".*", "read": ".*"})"),
            201u);
  EXPECT_EQ(status("PUT", "/api/permissions/shop/ada", R"({"configure": "("})"), 400u);
  EXPECT_EQ(status("PUT", "/api/permissions/shop/nobody",
                   R"({"configure": "", "write": "", "read": ""})"),
            400u);
  log_in("ada:pw");
  EXPECT_EQ(status("PUT", "/api/queues/shop/a1", "{}"), 201u);
  const HttpResponse refused = send("PUT", "/api/queues/shop/b1", "{}");
  EXPECT_EQ(refused.status, 401u);
  EXPECT_THAT(refused.body, HasSubstr("configure access to queue 'b1' in vhost 'shop' refused"));
  EXPECT_EQ(status("PUT", "/api/queues/%2F/a1", "{}"), 401u);
  EXPECT_THAT(get("/api/vhosts"), Not(HasSubstr(R"("name":"/")")));
  log_in("guest:guest");
  EXPECT_EQ(status("DELETE", "/api/permissions/shop/ada"), 204u);
  EXPECT_EQ(status("DELETE", "/api/permissions/shop/ada"), 404u);
  EXPECT_EQ(status("DELETE", "/api/users/ada"), 204u);
  EXPECT_EQ(status("DELETE", "/api/users/ada"), 404u);
  EXPECT_EQ(status("DELETE", "/api/vhosts/shop"), 204u);
  EXPECT_EQ(status("DELETE", "/api/vhosts/shop"), 404u);
}

TEST_F(ManagementApi, TheLastAdministratorStays) {
  EXPECT_EQ(status("DELETE", "/api/users/guest"), 400u);
  EXPECT_EQ(status("PUT", "/api/users/guest", R"({"password": "p", "tags": ""})"), 400u);
  EXPECT_EQ(status("PUT", "/api/users/ada", R"({"password": "p", "tags": "administrator"})"), 201u);
  EXPECT_EQ(status("DELETE", "/api/users/ada"), 204u);
}

TEST_F(ManagementApi, DefinitionsGoOutAndIn) {
  EXPECT_EQ(status("PUT", "/api/queues/%2F/kept", R"({"durable": true})"), 201u);
  const std::string definitions = get("/api/definitions");
  EXPECT_EQ(status("DELETE", "/api/queues/%2F/kept"), 204u);
  EXPECT_EQ(status("POST", "/api/definitions", definitions), 204u);
  EXPECT_EQ(status("GET", "/api/queues/%2F/kept"), 200u);
  EXPECT_EQ(status("POST", "/api/definitions", R"({"queues": 1})"), 400u);
  EXPECT_THAT(send("POST", "/api/definitions", R"({"policies": [{"name": "p"}]})").body,
              HasSubstr(R"("not_imported":["policies"])"));
  // What another broker made a name for.
  EXPECT_EQ(status("POST", "/api/definitions",
                   R"({"queues": [{"name": "amq.gen-x", "vhost": "/", "durable": true}]})"),
            204u);
  EXPECT_EQ(status("GET", "/api/queues/%2F/amq.gen-x"), 200u);
}

TEST_F(ManagementApi, MetricsAreForThisMachineAndForUsers) {
  log_in("");
  EXPECT_THAT(get("/metrics"), HasSubstr("\nbloodbank_queues 0\n"));
  EXPECT_THAT(get("/metrics"), HasSubstr("# TYPE bloodbank_logins_refused_total counter\n"));
  loopback_ = false;
  EXPECT_EQ(status("GET", "/metrics"), 401u);
}

TEST_F(ManagementApi, AnAlarmIsNotHealthy) {
  EXPECT_EQ(get("/api/health/checks/alarms"), R"({"status":"ok"})");
  broker_.set_disk_alarm(true);
  EXPECT_EQ(status("GET", "/api/health/checks/alarms"), 503u);
  EXPECT_THAT(send("GET", "/api/health/checks/alarms").body, HasSubstr(R"("resource":"disk")"));
  EXPECT_THAT(get("/api/nodes"), HasSubstr(R"("disk_free_alarm":true)"));
  broker_.set_disk_alarm(false);
  EXPECT_EQ(status("GET", "/api/health/checks/alarms"), 200u);
}

}  // namespace
}  // namespace bb::server
