// Vhosts, users and refused log-ins, as connections see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/broker.h"
#include "broker/test_client.h"
#include "broker/test_results.h"
#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BrokerAccess : public testing::Test {
 protected:
  // With a password that is the name.
  void add_user(std::string_view name, std::string_view vhost, const PermissionPatterns& patterns) {
    ASSERT_TRUE(
        broker_.put_user(name, {.password = broker_.hash_password(name), .tags = {}}).has_value());
    ASSERT_TRUE(broker_.put_permissions(name, vhost, patterns).has_value());
  }
  void add_vhost(std::string_view name) { ASSERT_TRUE(broker_.put_vhost(name, {})); }

  TestStorage storage_;
  Broker broker_{Options{}, storage_};
};

const PermissionPatterns kAll{".*", ".*", ".*"};

TEST_F(BrokerAccess, ARefusedLogInIsAnsweredLate) {
  TestClient client(broker_);
  client.opens_connection({.user = "mallory"});
  EXPECT_THAT(client.received(), IsEmpty());
  client.waits(std::chrono::seconds(1));
  EXPECT_THAT(client.received(), ElementsAre("connection.close 403"));
  EXPECT_FALSE(client.connection().finished()) << "the client may answer";
  EXPECT_EQ(broker_.refused_login_count(), 1u);

  TestClient again(broker_);
  again.opens_connection({.user = "mallory"});
  again.waits(std::chrono::seconds(1));
  EXPECT_THAT(again.received(), IsEmpty()) << "the second time it takes longer";
  again.waits(std::chrono::seconds(1));
  EXPECT_THAT(again.received(), ElementsAre("connection.close 403"));
}

TEST_F(BrokerAccess, WhoWasRefusedIsNotHeardAnyMore) {
  TestClient client(broker_);
  client.opens_connection({.user = "mallory"});
  client.sends(amqp::channel::Open{});
  client.sends(amqp::connection::Open{.virtual_host = "/"}, 0);
  EXPECT_THAT(client.received(), IsEmpty());
  client.sends_bytes("no frame at all");
  EXPECT_TRUE(client.connection().finished());
  EXPECT_THAT(client.connection().reason(), testing::HasSubstr("login of user 'mallory'"));
}

TEST_F(BrokerAccess, ABindingBetweenExchangesTakesWriteOnOneAndReadOnTheOther) {
  add_user("ada", "/", {.configure = "", .write = "^to$", .read = "^from$"});
  for (const char* name : {"from", "to"}) {
    ASSERT_TRUE(broker_.find_vhost("/")->declare_exchange(name, {.arguments = {}}));
  }
  TestClient client(broker_);
  client.logs_in({.user = "ada"});
  client.sends(amqp::exchange::Bind{.destination = "to", .source = "from"});
  client.sends(amqp::exchange::Unbind{.destination = "to", .source = "from"});
  EXPECT_THAT(client.received(), ElementsAre("exchange.bind-ok", "exchange.unbind-ok"));
  client.sends(amqp::exchange::Bind{.destination = "from", .source = "from"});
  EXPECT_THAT(client.received(), ElementsAre("channel.close 403"));
  client.sends(amqp::channel::CloseOk{});
  client.sends(amqp::channel::Open{});
  client.sends(amqp::exchange::Unbind{.destination = "to", .source = "to"});
  EXPECT_THAT(client.received(), ElementsAre("channel.open-ok", "channel.close 403"));
}

TEST_F(BrokerAccess, AnAlternateExchangeIsOneThatTheUserMayWriteTo) {
  add_user("ada", "/", {.configure = ".*", .write = "^mine$", .read = "^readable"});
  TestClient client(broker_);
  client.logs_in({.user = "ada"});
  const auto declare = [&](std::string_view name, std::string_view alternate) {
    client.sends(amqp::exchange::Declare{.exchange = name,
                                         .arguments = {{"alternate-exchange", alternate}}});
    auto answer = client.received();
    client.sends(amqp::channel::CloseOk{});
    client.sends(amqp::channel::Open{});
    client.received();
    return answer;
  };
  EXPECT_THAT(declare("readable", "theirs"), ElementsAre("channel.close 403"));
  EXPECT_THAT(declare("other", "mine"), ElementsAre("channel.close 403"));
  client.sends(amqp::exchange::Declare{.exchange = "readable",
                                       .arguments = {{"alternate-exchange", "mine"}}});
  EXPECT_THAT(client.received(), ElementsAre("exchange.declare-ok"));
}

TEST_F(BrokerAccess, AnImpersonatorSpeaksForOthers) {
  add_user("ada", "/", kAll);
  TestClient ada(broker_);
  ada.logs_in({.user = "ada"});
  ada.asks_for_confirms();
  ASSERT_TRUE(broker_.put_user(
      "ada", {.password = broker_.hash_password("ada"), .tags = {"impersonator"}}));
  ada.publishes({{.exchange = "amq.fanout", .user_id = "guest"}});
  EXPECT_THAT(ada.received(), ElementsAre("basic.ack 1"));
  ASSERT_TRUE(broker_.put_user("ada", {.password = broker_.hash_password("ada"), .tags = {}}));
  ada.publishes({{.exchange = "amq.fanout", .user_id = "ada"}});
  ada.publishes({{.exchange = "amq.fanout", .user_id = "guest"}});
  EXPECT_THAT(ada.received(), ElementsAre("basic.ack 2", "channel.close 406"));
}

TEST_F(BrokerAccess, AVHostIsForThoseWithPermissionsThere) {
  add_vhost("other");
  add_user("ada", "other", kAll);
  TestClient stays_out(broker_);
  stays_out.opens_connection({.user = "ada", .vhost = "/"});
  EXPECT_THAT(stays_out.received(), ElementsAre("connection.tune", "connection.close 530"));
  EXPECT_EQ(stays_out.connection().reason(),
            "NOT_ALLOWED - access to vhost '/' refused for user 'ada'");
  TestClient enters(broker_);
  enters.logs_in({.user = "ada", .vhost = "other"});
}

TEST_F(BrokerAccess, VHostsHaveQueuesOfTheirOwn) {
  add_vhost("other");
  add_user("ada", "other", kAll);
  TestClient guest(broker_);
  guest.logs_in();
  guest.declares("q", /*durable=*/true);
  TestClient ada(broker_);
  ada.logs_in({.user = "ada", .vhost = "other"});
  ada.declares("q", /*durable=*/true);
  ada.publishes_persistent("q", "ada's");
  guest.publishes_persistent("q", "guest's");
  EXPECT_THAT(storage_.calls(), ElementsAre("append ada's for 2", "append guest's for 1"))
      << "the storage tells the two apart";
  ada.gets("q", 2);
  EXPECT_THAT(ada.received(), ElementsAre("basic.get-ok 1 ada's", "basic.get-empty"));
}

TEST_F(BrokerAccess, ADeletedVHostClosesItsConnectionsAndTakesEverythingAlong) {
  add_vhost("other");
  add_user("ada", "other", kAll);
  TestClient ada(broker_);
  ada.logs_in({.user = "ada", .vhost = "other"});
  ada.declares("q", /*durable=*/true);
  ada.sends(amqp::exchange::Declare{.exchange = "x", .type = "topic", .no_wait = true});
  ada.binds("q", "x");
  ada.publishes("q", "body");
  ada.gets("q");
  ada.received();
  TestClient guest(broker_);
  guest.logs_in();

  ASSERT_TRUE(broker_.delete_vhost("other"));

  EXPECT_THAT(ada.received(), ElementsAre("connection.close 320"));
  EXPECT_EQ(ada.connection().reason(), "CONNECTION_FORCED - vhost 'other' is deleted");
  EXPECT_THAT(guest.received(), IsEmpty());
  EXPECT_EQ(broker_.find_vhost("other"), nullptr);
  EXPECT_THAT(storage_.calls(), testing::Contains("forget 1"));
  EXPECT_EQ(broker_.message_bytes(), 0u);
  ada.vanishes();

  add_vhost("other");
  EXPECT_EQ(broker_.find_vhost("other")->queue_count(), 0u);
  EXPECT_FALSE(broker_.access().enters("ada", "other")) << "permissions do not come back";
  EXPECT_EQ(broker_.delete_vhost("nowhere").error().code, ErrorCode::kNotFound);
}

TEST_F(BrokerAccess, ADeletedUserIsAskedToLeave) {
  add_user("ada", "/", kAll);
  TestClient ada(broker_);
  ada.logs_in({.user = "ada"});
  ASSERT_TRUE(broker_.delete_user("ada"));
  EXPECT_THAT(ada.received(), ElementsAre("connection.close 320"));
  EXPECT_EQ(ada.connection().reason(), "CONNECTION_FORCED - user 'ada' is deleted");
  EXPECT_EQ(broker_.delete_user("ada").error().code, ErrorCode::kNotFound);
}

TEST_F(BrokerAccess, PermissionsAreForUsersAndVHostsThatAreThere) {
  EXPECT_EQ(broker_.put_permissions("nobody", "/", kAll).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(broker_.put_permissions("guest", "nowhere", kAll).error().code, ErrorCode::kNotFound);
}

TEST_F(BrokerAccess, ChangedPermissionsHoldForOpenChannels) {
  add_user("ada", "/", kAll);
  TestClient ada(broker_);
  ada.logs_in({.user = "ada"});
  ada.declares("q");
  ada.publishes("q", "1");
  EXPECT_THAT(ada.received(), IsEmpty());
  ASSERT_TRUE(broker_.put_permissions("ada", "/", {".*", "", ".*"}));
  ada.publishes("q", "2");
  EXPECT_THAT(ada.received(), ElementsAre("channel.close 403"));
}

}  // namespace
}  // namespace bb::broker
