#include "correlation/link_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "correlation/redis_format.h"
#include "correlation/test_names.h"
#include "correlation/test_redis_engine.h"

namespace bb::correlation {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

LinkRecorderOptions options_for(const redis::TestRedis& server) {
  LinkRecorderOptions options;
  options.redis.port = server.port();
  return options;
}

void wait_for(const std::function<bool()>& condition) {
  for (int i = 0; !condition(); ++i) {
    ASSERT_LT(i, 30'000) << "does not happen";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void finish(LinkRecorder& recorder) {
  recorder.begin_finish();
  wait_for([&] { return recorder.is_finished(); });
}

std::int64_t keys_of(const redis::TestRedis& server) {
  RedisEngine::User user(server.port());
  const auto size = user.run(user.client->command({"DBSIZE"}));
  return size ? size->integer : -1;
}

TEST(LinkRecorder, RecordsWhatManyThreadsPublish) {
  redis::TestRedis server;
  LinkRecorder recorder(options_for(server));
  constexpr int kThreads = 4;
  constexpr int kEvents = 2500;
  const Uuid parent = event_named("parent");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEvents; ++i) {
        recorder.published(event_named(std::to_string(thread) + "/" + std::to_string(i)), {parent});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  finish(recorder);
  EXPECT_EQ(recorder.unrecorded().count, 0U) << recorder.unrecorded().reason;
  EXPECT_EQ(keys_of(server), kThreads * kEvents + 1);
}

TEST(LinkRecorder, ReadsBodiesAndLeavesOutEventsWithoutParents) {
  redis::TestRedis server;
  LinkRecorder recorder(options_for(server));
  const std::string parent = event_named("parent").to_string();
  recorder.published(R"({"event_id":")" + event_named("child").to_string() +
                     R"(","correlation_ids":[")" + parent + R"("]})");
  recorder.published(R"({"event_id":")" + parent + R"(","correlation_ids":[]})");
  recorder.published("no event");
  recorder.published(event_named("orphan"), {});
  finish(recorder);
  EXPECT_EQ(keys_of(server), 2);
}

TEST(LinkRecorder, KeepsWhatRedisCannotTakeForNow) {
  redis::TestRedis server;
  LinkRecorder recorder(options_for(server));
  recorder.published(event_named("a"), {event_named("parent")});
  wait_for([&] { return recorder.unrecorded().count == 0; });
  server.stop();
  for (int i = 0; i < 100; ++i) {
    recorder.published(event_named(std::to_string(i)), {event_named("parent")});
  }
  server.start();
  wait_for([&] { return recorder.unrecorded().count == 0; });
  EXPECT_EQ(keys_of(server), 101) << "without the first one, which the server forgot";
  finish(recorder);
  EXPECT_EQ(recorder.unrecorded().count, 0U);
}

TEST(LinkRecorder, SaysWhatIsMissingAndDoesNotWaitForARedisThatIsNotThere) {
  redis::TestRedis server;
  server.stop();
  LinkRecorder recorder(options_for(server));
  recorder.published(event_named("a"), {event_named("b"), event_named("c")});
  recorder.published(event_named("d"), {event_named("b")});
  finish(recorder);
  const UnrecordedLinks missing = recorder.unrecorded();
  EXPECT_EQ(missing.count, 2U);
  EXPECT_THAT(missing.reason, HasSubstr("Redis at 127.0.0.1"));
  EXPECT_EQ(missing.first_command(), "bb link " + event_named("a").to_string() + " " +
                                         event_named("b").to_string() + " " +
                                         event_named("c").to_string());
}

TEST(LinkRecorder, EndsBeforeARedisThatDoesNotAnswer) {
  redis::TestRedis server;
  server.freeze();
  {
    LinkRecorder recorder(options_for(server));
    recorder.published(event_named("a"), {event_named("b")});
  }
  server.thaw();
}

TEST(LinkRecorder, TellsOfARefusalOnce) {
  redis::TestRedis server("secret");
  LinkRecorderOptions options = options_for(server);
  options.redis.password = "wrong";
  std::mutex mutex;
  std::vector<UnrecordedLinks> told;
  options.on_given_up = [&](const UnrecordedLinks& missing) {
    const std::lock_guard lock(mutex);
    told.push_back(missing);
  };
  LinkRecorder recorder(std::move(options));
  const auto told_count = [&] {
    const std::lock_guard lock(mutex);
    return told.size();
  };
  recorder.published(event_named("first"), {event_named("b")});
  wait_for([&] { return told_count() == 1; });
  for (int i = 0; i < 50; ++i) {
    recorder.published(event_named(std::to_string(i)), {event_named("b")});
  }
  finish(recorder);
  EXPECT_EQ(told_count(), 1U);
  EXPECT_THAT(told.front().reason, HasSubstr("WRONGPASS"));
  EXPECT_THAT(told.front().first_command(),
              StartsWith("bb link " + event_named("first").to_string()));
  EXPECT_EQ(recorder.unrecorded().count, 50U) << "the rest is told of at the end";
}

TEST(LinkRecorder, KeepsNoMoreThanItsBound) {
  redis::TestRedis server;
  server.stop();
  LinkRecorderOptions options = options_for(server);
  options.waiting_max = 10;
  std::atomic<std::size_t> told = 0;
  options.on_given_up = [&](const UnrecordedLinks& missing) { told = missing.count; };
  LinkRecorder recorder(std::move(options));
  for (int i = 0; i < 15; ++i) {
    recorder.published(event_named(std::to_string(i)), {event_named("b")});
  }
  EXPECT_EQ(told, 1U) << "at once, and then not for each";
  finish(recorder);
  EXPECT_EQ(recorder.unrecorded().count, 14U);
}

}  // namespace
}  // namespace bb::correlation
