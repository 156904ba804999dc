#include "registry/service_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/test_services.h"

namespace bb::registry {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

RegisteredInstance seen(ServiceInstance instance, milliseconds unseen) {
  const ServiceState state = state_of(instance, unseen);
  return {std::move(instance), state, unseen};
}

TEST(ServiceState, FollowsFromWhenItWasSeen) {
  const ServiceInstance instance = test_instance();  // a TTL of 30 s
  EXPECT_EQ(state_of(instance, milliseconds(0)), ServiceState::kLive);
  EXPECT_EQ(state_of(instance, heartbeat_interval(instance)), ServiceState::kLive);
  EXPECT_EQ(state_of(instance, seconds(15)), ServiceState::kLive);
  EXPECT_EQ(state_of(instance, milliseconds(15'001)), ServiceState::kLate);
  EXPECT_EQ(state_of(instance, seconds(30)), ServiceState::kLate);
  EXPECT_EQ(state_of(instance, milliseconds(30'001)), ServiceState::kGone);
  EXPECT_EQ(state_of(stopped(instance), milliseconds(0)), ServiceState::kStopped);
}

TEST(ServiceState, HasANameThatIsReadBack) {
  for (const ServiceState state :
       {ServiceState::kLive, ServiceState::kLate, ServiceState::kGone, ServiceState::kStopped}) {
    EXPECT_EQ(parse_state(to_string(state)), state);
  }
  EXPECT_EQ(parse_state("dead"), std::nullopt);
}

TEST(ServiceExpiry, NeverUnlessAskedFor) {
  EXPECT_FALSE(is_expired(seen(test_instance(), hours(10'000))));
  ServiceInstance instance = test_instance();
  instance.expire = hours(1);
  EXPECT_FALSE(is_expired(seen(instance, hours(1))));
  EXPECT_TRUE(is_expired(seen(instance, hours(1) + milliseconds(1))));
  EXPECT_TRUE(is_expired(seen(stopped(instance), hours(2))));
}

TEST(ServiceExpiry, NotOfOneThatRuns) {
  ServiceInstance instance = test_instance();
  instance.expire = milliseconds(1);
  EXPECT_FALSE(is_expired(seen(instance, seconds(29)))) << "its TTL is not over";
  EXPECT_TRUE(is_expired(seen(instance, seconds(31))));
}

TEST(ServiceInstances, TheLastOneStaysWhateverItsState) {
  EXPECT_THAT(superseded({}), IsEmpty());
  EXPECT_THAT(superseded({seen(test_instance(), hours(900))}), IsEmpty());
  EXPECT_THAT(superseded({seen(stopped(test_instance()), hours(900))}), IsEmpty());
  EXPECT_THAT(superseded({seen(test_instance("svc", 1), hours(900)),
                          seen(test_instance("svc", 2), hours(800))}),
              ElementsAre(0));
}

TEST(ServiceInstances, ThoseThatRunStay) {
  EXPECT_THAT(superseded({seen(test_instance("svc", 1), seconds(1)),
                          seen(test_instance("svc", 2), seconds(29)),
                          seen(test_instance("svc", 3), seconds(1))}),
              IsEmpty());
}

TEST(ServiceInstances, ThoseThatStoppedGoAndThoseThatVanishedAreToldOfForAWhile) {
  EXPECT_THAT(superseded({seen(stopped(test_instance("svc", 1)), seconds(5)),
                          seen(test_instance("svc", 2), seconds(1)),
                          seen(test_instance("svc", 3), kGoneToldFor),
                          seen(test_instance("svc", 4), kGoneToldFor + milliseconds(1))}),
              ElementsAre(0, 3));
}

TEST(ServiceInstances, OneThatStoppedInTheMillisecondOfTheNextGoesToo) {
  EXPECT_THAT(superseded({seen(stopped(test_instance("svc", 1)), seconds(1)),
                          seen(test_instance("svc", 2), seconds(1))}),
              ElementsAre(0));
}

TEST(Services, AreGroupedAndSorted) {
  const auto services = services_of({
      seen(test_instance("b", 1), seconds(20)),
      seen(test_instance("a", 2), hours(1)),
      seen(test_instance("b", 3), seconds(1)),
      seen(stopped(test_instance("b", 4)), milliseconds(1)),
  });
  ASSERT_EQ(services.size(), 2u);
  EXPECT_EQ(services[0].key.name, "a");
  EXPECT_EQ(services[0].state, ServiceState::kGone);
  EXPECT_EQ(services[1].key.name, "b");
  EXPECT_EQ(services[1].state, ServiceState::kLive) << "the best of those that run";
  EXPECT_EQ(services[1].latest().pid, 4) << "the one seen last is first";
  EXPECT_EQ(services[1].instances.back().instance.pid, 1);
}

TEST(Services, WithoutOneThatRunsTheLastOneSaysHowItIs) {
  const auto services = services_of({
      seen(test_instance("a", 1), hours(2)),
      seen(stopped(test_instance("a", 2)), hours(1)),
  });
  ASSERT_EQ(services.size(), 1u);
  EXPECT_EQ(services[0].state, ServiceState::kStopped);
  const auto late = services_of(
      {seen(test_instance("a", 1), seconds(20)), seen(stopped(test_instance("a", 2)), seconds(2))});
  EXPECT_EQ(late[0].state, ServiceState::kLate);
}

TEST(Registered, ComesBackFromItsJson) {
  const RegisteredInstance late = seen(test_instance(), seconds(20));
  const auto read = registered_from_json(to_json(late));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->instance, late.instance);
  EXPECT_EQ(read->state, ServiceState::kLate);
  EXPECT_EQ(read->unseen, seconds(20));
  boost::json::object object = to_json(late);
  object["state"] = "dead";
  EXPECT_FALSE(registered_from_json(object));
  object["state"] = "late";
  object.erase("unseen_ms");
  EXPECT_FALSE(registered_from_json(object));
}

}  // namespace
}  // namespace bb::registry
