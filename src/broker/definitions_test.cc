#include "broker/definitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <map>
#include <utility>

#include "broker/access_json.h"
#include "broker/test_results.h"
#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

boost::json::object parsed(std::string_view text) {
  auto object = parse_object(text);
  EXPECT_TRUE(object) << text;
  return object ? *std::move(object) : boost::json::object();
}

// As RabbitMQ 3.10 exports them, cut down.
constexpr std::string_view kFromRabbitMq = R"({
  "rabbit_version": "3.10.8", "product_name": "RabbitMQ",
  "users": [{"name": "ada", "password_hash": "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR",
             "hashing_algorithm": "rabbit_password_hashing_sha256",
             "tags": ["management"], "limits": {}}],
  "vhosts": [{"name": "/"}, {"name": "shop"}],
  "permissions": [{"user": "ada", "vhost": "shop",
                   "configure": "", "write": "^orders$", "read": ".*"}],
  "topic_permissions": [],
  "global_parameters": [{"name": "internal_cluster_id", "value": "rabbitmq-cluster-id-x"}],
  "policies": [{"vhost": "/", "name": "p"}],
  "queues": [{"name": "orders.eu", "vhost": "shop", "durable": true, "auto_delete": false,
              "arguments": {"x-custom": 5, "x-list": [1, "two", {"three": true}]}}],
  "exchanges": [{"name": "all", "vhost": "shop", "type": "topic", "durable": true,
                 "auto_delete": false, "internal": false,
                 "arguments": {"alternate-exchange": "orders"}},
                {"name": "orders", "vhost": "shop", "type": "topic", "durable": true,
                 "auto_delete": false, "internal": false, "arguments": {}}],
  "bindings": [{"source": "orders", "vhost": "shop", "destination": "orders.eu",
                "destination_type": "queue", "routing_key": "eu.#", "arguments": {}},
               {"source": "all", "vhost": "shop", "destination": "orders",
                "destination_type": "exchange", "routing_key": "eu.#", "arguments": {}}]
})";

TEST(Definitions, AreTakenFromRabbitMq) {
  TestStorage storage;
  Broker broker(Options{}, storage);
  const auto imported = import_definitions(broker, parsed(kFromRabbitMq));
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_THAT(imported->passed_over, ElementsAre("policies", "global_parameters"));

  EXPECT_TRUE(broker.accepts_login({"ada", "test12"}, /*peer_is_loopback=*/false));
  VHost* const shop = broker.find_vhost("shop");
  ASSERT_NE(shop, nullptr);
  EXPECT_TRUE(
      broker.access().check("ada", "shop", Access::kWrite, ResourceKind::kExchange, "orders"));
  const auto queues = shop->route("all", {.routing_key = "eu.fr", .headers = {}});
  ASSERT_TRUE(queues);
  ASSERT_EQ(queues->size(), 1u);
  EXPECT_EQ((*queues)[0]->name(), "orders.eu");
  EXPECT_EQ((*queues)[0]->properties().arguments.find("x-custom")->as_integer(), 5);
  EXPECT_TRUE(broker.access().find_user("guest")) << "what was there stays";
}

TEST(Definitions, WhatIsExportedMakesTheSameBrokerAgain) {
  TestStorage storage;
  Broker first(Options{}, storage);
  ASSERT_TRUE(import_definitions(first, parsed(kFromRabbitMq)));
  const auto exported = export_definitions(first);
  ASSERT_TRUE(exported);

  Options options;
  options.seed = 1;  // other salts
  Broker second(options, storage);
  ASSERT_TRUE(import_definitions(second, *exported));
  EXPECT_EQ(boost::json::serialize(*export_definitions(second)), boost::json::serialize(*exported));
}

TEST(Definitions, OfOneVHostDoNotNameItAndGoIntoAnother) {
  TestStorage storage;
  Broker broker(Options{}, storage);
  ASSERT_TRUE(import_definitions(broker, parsed(kFromRabbitMq)));
  const auto exported = export_definitions(broker, "shop");
  ASSERT_TRUE(exported);
  EXPECT_FALSE(exported->contains("users"));
  EXPECT_FALSE(exported->at("queues").at(0).as_object().contains("vhost"));
  ASSERT_TRUE(import_definitions(broker, *exported, "/"));
  EXPECT_TRUE(broker.find_vhost("/")->has_queue("orders.eu"));
  EXPECT_EQ(export_definitions(broker, "nowhere").error().code, ErrorCode::kNotFound);
}

TEST(Definitions, APasswordMayBeWrittenByHand) {
  TestStorage storage;
  Broker broker(Options{}, storage);
  ASSERT_TRUE(import_definitions(
      broker,
      parsed(R"({"users": [{"name": "ada", "password": "secret", "tags": "monitoring"}]})")));
  EXPECT_TRUE(broker.accepts_login({"ada", "secret"}, /*peer_is_loopback=*/false));
  EXPECT_FALSE(broker.accepts_login({"ada", "other"}, /*peer_is_loopback=*/false));
  EXPECT_TRUE(broker.access().find_user("ada")->has_tag("monitoring"));
}

TEST(Definitions, AnErrorNamesTheDefinition) {
  TestStorage storage;
  Broker broker(Options{}, storage);
  const std::map<std::string_view, std::string_view> cases = {
      {R"({"users": [{"name": "a", "password_hash": "x"}]})", "users[0]: the password hash"},
      {R"({"users": [{"name": "a"}]})", "users[0]: 'password_hash' has to be a text"},
      {R"({"users": 5})", "'users' has to be an array"},
      {R"({"permissions": [{"user": "guest", "vhost": "no", "configure": "", "write": "",
           "read": ""}]})",
       "permissions[0]: no vhost 'no'"},
      {R"({"queues": [{"name": "ok", "vhost": "/"}, 7]})", "queues[1]: not an object"},
      {R"({"exchanges": [{"name": "x", "vhost": "/", "type": "odd"}]})",
       "exchanges[0]: unknown exchange type 'odd'"},
      {R"({"bindings": [{"source": "amq.topic", "vhost": "/", "destination": "q"}]})",
       "bindings[0]: no queue 'q' in vhost '/'"},
      {R"({"vhosts": [{"name": ""}]})", "vhosts[0]: "},
      {R"({"queues": [{"name": "q", "vhost": "/", "durable": "yes"}]})",
       "'durable' has to be true or false"},
  };
  for (const auto& [text, complaint] : cases) {
    const auto imported = import_definitions(broker, parsed(text));
    ASSERT_FALSE(imported) << text;
    EXPECT_THAT(imported.error().message, HasSubstr(complaint));
  }
}

// Hands back what was put, as the log does at the next start.
class DefinitionsOnly final : public Storage {
 public:
  Result<Position> append(const Message&, std::span<const QueueId>) override { return 1; }
  void acknowledge(QueueId, Position) override {}
  void forget_queue(QueueId) override {}
  void put_definition(DefinitionKind kind, std::string_view key, std::string_view value) override {
    kept_[{kind, std::string(key)}] = value;
  }
  void erase_definition(DefinitionKind kind, std::string_view key) override {
    kept_.erase({kind, std::string(key)});
  }
  Position appended() const override { return 1; }
  Position durable() const override { return 1; }

  StoredState state() const {
    StoredState state;
    for (const auto& [key, value] : kept_) {
      state.definitions.push_back({key.first, key.second, value});
    }
    return state;
  }

 private:
  std::map<std::pair<DefinitionKind, std::string>, std::string> kept_;
};

TEST(Definitions, UsersPermissionsAndVHostsComeBackAfterARestart) {
  DefinitionsOnly storage;
  boost::json::object before;
  {
    Broker broker(Options{}, storage);
    ASSERT_TRUE(broker.restore(storage.state()));
    ASSERT_TRUE(import_definitions(broker, parsed(kFromRabbitMq)));
    ASSERT_TRUE(broker.put_user("gone", {}));
    ASSERT_TRUE(broker.put_permissions("gone", "/", {}));
    ASSERT_TRUE(broker.delete_user("gone"));
    ASSERT_TRUE(broker.put_vhost("gone", {}));
    ASSERT_TRUE(broker.put_permissions("ada", "gone", {}));
    ASSERT_TRUE(broker.delete_vhost("gone"));
    ASSERT_TRUE(broker.put_permissions("ada", "/", {}));
    broker.delete_permissions("ada", "/");
    before = *export_definitions(broker);
  }
  Broker broker(Options{}, storage);
  const auto restored = broker.restore(storage.state());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(boost::json::serialize(*export_definitions(broker)), boost::json::serialize(before));
  EXPECT_TRUE(broker.accepts_login({"guest", "guest"}, /*peer_is_loopback=*/true));
}

TEST(Definitions, ADeletedGuestDoesNotComeBack) {
  DefinitionsOnly storage;
  {
    Broker broker(Options{}, storage);
    ASSERT_TRUE(broker.restore(storage.state()));
    ASSERT_TRUE(broker.delete_user("guest"));
  }
  Broker broker(Options{}, storage);
  ASSERT_TRUE(broker.restore(storage.state()));
  EXPECT_EQ(broker.access().find_user("guest"), nullptr);
}

}  // namespace
}  // namespace bb::broker
