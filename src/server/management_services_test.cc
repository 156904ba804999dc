#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "registry/test_services.h"
#include "server/test_management.h"

namespace bb::server {
namespace {

using registry::test_instance;
using testing::HasSubstr;

class ManagementServices : public ManagementTest {
 protected:
  static std::string path(const std::string& name = "svc", const std::string& instance = "here:1") {
    return "/api/bloodbank/services/%2F/events/" + name + "/" + instance;
  }
  unsigned put(const registry::ServiceInstance& instance) {
    return status("PUT", path(instance.key.name, instance.id()),
                  boost::json::serialize(registry::to_json(instance)));
  }
  std::size_t count(const std::string& under = "") {
    return get_json("/api/bloodbank/services" + under).as_array().size();
  }
};

TEST_F(ManagementServices, AreRegisteredListedAndRemoved) {
  EXPECT_EQ(get("/api/bloodbank/services"), "[]");
  EXPECT_EQ(put(test_instance()), 201u);
  EXPECT_EQ(put(test_instance()), 204u) << "a heartbeat";
  EXPECT_EQ(put(test_instance("svc", 2)), 204u) << "another instance of it";
  EXPECT_EQ(put(test_instance("other")), 201u);
  const auto list = get_json("/api/bloodbank/services").as_array();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].at("name"), "other");
  EXPECT_EQ(list[0].at("state"), "live");
  EXPECT_EQ(count("/%2F"), 3u);
  EXPECT_EQ(status("GET", "/api/bloodbank/services/nowhere"), 404u);
  EXPECT_EQ(status("DELETE", "/api/bloodbank/services/%2F/events/svc"), 204u);
  EXPECT_EQ(count(), 1u);
  EXPECT_THAT(send("DELETE", "/api/bloodbank/services/%2F/events/svc").body,
              HasSubstr(R"("error":"not_found")"));
}

TEST_F(ManagementServices, ANameThatAnotherQueueHasIsNoServices) {
  for (const std::string name : {"history", "quarantine", "svc.dlq", "svc.retry.1000"}) {
    EXPECT_EQ(put(test_instance(name)), 400u) << name;
  }
  EXPECT_EQ(count(), 0u);
}

TEST_F(ManagementServices, WhatIsPutIsWhatThePathSays) {
  const std::string body = boost::json::serialize(registry::to_json(test_instance()));
  EXPECT_EQ(status("PUT", path("other"), body), 400u);
  EXPECT_EQ(status("PUT", path("svc", "here:2"), body), 400u);
  EXPECT_EQ(status("PUT", "/api/bloodbank/services/nowhere/events/svc/here:1", body), 400u);
  EXPECT_EQ(status("PUT", path(), "{}"), 400u);
  EXPECT_EQ(status("PUT", path(), "[]"), 400u);
  registry::ServiceInstance elsewhere = test_instance();
  elsewhere.key.vhost = "nowhere";
  EXPECT_EQ(status("PUT", "/api/bloodbank/services/nowhere/events/svc/here:1",
                   boost::json::serialize(registry::to_json(elsewhere))),
            404u);
  EXPECT_EQ(count(), 0u);
}

TEST_F(ManagementServices, WhoMayReadItsQueueRegistersAServiceAndNeedsNoTag) {
  add_user("worker", "");
  add_user("looker", "management");
  log_in("worker:pw");
  EXPECT_EQ(put(test_instance()), 401u) << "it may not enter the vhost";
  log_in("guest:guest");
  ASSERT_EQ(status("PUT", "/api/permissions/%2F/worker",
                   R"({"configure": "^$", "write": "^$", "read": "^events\\.svc$"})"),
            201u);
  ASSERT_EQ(status("PUT", "/api/permissions/%2F/looker",
                   R"({"configure": "^$", "write": "^$", "read": "^$"})"),
            201u);
  log_in("worker:pw");
  EXPECT_EQ(put(test_instance()), 201u);
  EXPECT_EQ(put(test_instance("other")), 401u) << "the queue of another service";
  EXPECT_THAT(send("GET", "/api/bloodbank/services").body, HasSubstr("Not management user"));
  EXPECT_THAT(send("GET", "/api/nothing").body, HasSubstr("Not management user"));
  EXPECT_EQ(status("DELETE", "/api/bloodbank/services/%2F/events/svc"), 401u);
  log_in("looker:pw");
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(status("DELETE", "/api/bloodbank/services/%2F/events/svc"), 401u)
      << "it may not configure the queue";
  log_in("guest:guest");
  EXPECT_EQ(status("DELETE", "/api/bloodbank/services/%2F/events/svc"), 204u);
}

TEST_F(ManagementServices, OfVhostsThatOneMayNotEnterAreNotSeen) {
  ASSERT_EQ(put(test_instance()), 201u);
  add_user("looker", "management");
  add_user("monitor", "monitoring");
  log_in("looker:pw");
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(status("GET", "/api/bloodbank/services/%2F"), 401u);
  log_in("monitor:pw");
  EXPECT_EQ(count(), 1u);
}

TEST_F(ManagementServices, AreBounded) {
  services_ = registry::ServiceTable({.instances_max = 1, .instances_per_service_max = 1});
  EXPECT_EQ(put(test_instance()), 201u);
  EXPECT_EQ(put(test_instance("other")), 429u);
  EXPECT_EQ(put(test_instance()), 204u);
}

TEST_F(ManagementServices, QueuesTellWhatIsKnownOfThem) {
  ASSERT_EQ(status("PUT", "/api/queues/%2F/q", R"({"durable": true})"), 201u);
  EXPECT_EQ(get_json("/api/queues/%2F/q").as_object().if_contains("oldest_ready_age_ms"), nullptr);
  ASSERT_EQ(status("POST", "/api/exchanges/%2F/amq.default/publish",
                   R"({"properties": {}, "routing_key": "q", "payload": "p",
                       "payload_encoding": "string"})"),
            200u);
  const auto waiting = get_json("/api/queues/%2F/q").as_object();
  EXPECT_GE(waiting.at("oldest_ready_age_ms").as_int64(), 0);
  EXPECT_EQ(waiting.at("message_stats").at("publish").to_number<int>(), 1);
  EXPECT_GT(waiting.at("message_stats").at("publish_details").at("rate").to_number<double>(), 0);
  EXPECT_EQ(waiting.at("message_stats").at("ack").to_number<int>(), 0);
}

}  // namespace
}  // namespace bb::server
