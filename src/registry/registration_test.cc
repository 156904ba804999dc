#include "registry/registration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "registry/test_services.h"

namespace bb::registry {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Answers as it is told, and remembers what it was given.
class ScriptedRegistry final : public Registry {
 public:
  asio::awaitable<Result<void>> put(ServiceInstance instance) override {
    puts.push_back(std::move(instance));
    if (on_put) on_put();
    if (hangs) {
      asio::steady_timer never(co_await asio::this_coro::executor,
                               asio::steady_timer::time_point::max());
      co_await never.async_wait(asio::use_awaitable);
    }
    co_return answer;
  }
  asio::awaitable<Result<std::vector<RegisteredInstance>>> list() override {
    co_return std::vector<RegisteredInstance>();
  }
  asio::awaitable<Result<void>> remove(ServiceKey) override { co_return Result<void>(); }

  std::vector<ServiceInstance> puts;
  std::function<void()> on_put;
  Result<void> answer;
  bool hangs = false;
};

asio::awaitable<void> stop(Registration* registration, bool* stopped) {
  co_await registration->stop();
  *stopped = true;
}

class RegistrationTest : public testing::Test {
 protected:
  RegistrationTest() {
    ServiceInstance instance = test_instance();
    instance.ttl = milliseconds(600);
    registration_ = std::make_unique<Registration>(
        context_.get_executor(), registry_, std::move(instance), "do this",
        [this](const std::string& notice) { notices_.push_back(notice); });
  }

  template <class Condition>
  void run_until(const Condition& condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), patience);
      context_.restart();
      context_.run_one_for(milliseconds(100));
    }
  }
  void run_until_stopped() {
    bool stopped = false;
    asio::co_spawn(context_, stop(registration_.get(), &stopped), asio::detached);
    run_until([&] { return stopped; });
  }

  asio::io_context context_{1};
  std::shared_ptr<ScriptedRegistry> registry_ = std::make_shared<ScriptedRegistry>();
  std::vector<std::string> notices_;
  std::unique_ptr<Registration> registration_;
};

TEST_F(RegistrationTest, SaysAgainAndAgainThatItIsThereAndAtLastThatItEnds) {
  registration_->start();
  registration_->start();
  run_until([&] { return registry_->puts.size() >= 3; });
  run_until_stopped();
  EXPECT_THAT(notices_, IsEmpty());
  ASSERT_GE(registry_->puts.size(), 4u);
  EXPECT_FALSE(registry_->puts[0].stopped);
  EXPECT_TRUE(registry_->puts.back().stopped);
  const std::size_t puts = registry_->puts.size();
  registration_->start();
  context_.restart();
  context_.run_for(milliseconds(1));
  EXPECT_EQ(registry_->puts.size(), puts) << "no beat after the end";
}

TEST_F(RegistrationTest, TellsOnceOfAFailureAndOnceOfItsEnd) {
  registry_->answer = fail(ErrorCode::kUnreachable, "it is away");
  registration_->start();
  run_until([&] { return registry_->puts.size() >= 3; });
  EXPECT_THAT(notices_, ElementsAre(testing::AllOf(HasSubstr("it is away"), HasSubstr("do this"))));
  registry_->answer = Result<void>();
  run_until([&] { return notices_.size() >= 2; });
  EXPECT_EQ(notices_[1], "registered again");
  run_until_stopped();
  EXPECT_TRUE(registry_->puts.back().stopped);
}

TEST_F(RegistrationTest, GivesUpWhereThereIsNoRegistry) {
  registry_->answer = fail(ErrorCode::kNotImplemented, "none here");
  registration_->start();
  run_until([&] { return !notices_.empty(); });
  context_.restart();
  context_.run();  // nothing is left to do
  EXPECT_THAT(registry_->puts, SizeIs(1));
  run_until_stopped();
  EXPECT_THAT(registry_->puts, SizeIs(1)) << "what is not registered need not say that it ends";
}

TEST_F(RegistrationTest, WaitsForNoAnswerLongerThanItsBound) {
  registry_->hangs = true;
  registration_->start();
  run_until([&] { return !notices_.empty(); });
  EXPECT_THAT(notices_[0], HasSubstr("no answer"));
  registry_->hangs = false;
  run_until([&] { return notices_.size() >= 2; });
  registry_->hangs = true;
  run_until_stopped();
}

TEST_F(RegistrationTest, CanBeStoppedWithoutAStart) {
  run_until_stopped();
  EXPECT_THAT(registry_->puts, IsEmpty());
}

TEST_F(RegistrationTest, CanGoWhileACallIsUnderWay) {
  registry_->hangs = true;
  registration_->start();
  run_until([&] { return !registry_->puts.empty(); });
  registration_.reset();
  context_.restart();
  context_.run();
  EXPECT_THAT(notices_, IsEmpty());
}

}  // namespace
}  // namespace bb::registry
