// What x-arguments ask for goes on after a restart, on a disk that crashes.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "broker/broker.h"
#include "broker/log_storage.h"
#include "broker/test_client.h"
#include "io/simulated_disk.h"

namespace bb::broker {
namespace {

class RestartLifetimes : public testing::Test {
 protected:
  RestartLifetimes() {
    options_.log.segment_bytes = 16 << 10;
    options_.log.reserve_bytes = 1 << 10;
    options_.log.reserve_step_bytes = 16 << 10;
    start();
    declare("dead", {});
  }

  void start() {
    auto opened = LogStorage::open(disk_, options_, /*now_ms=*/1);
    ASSERT_TRUE(opened) << opened.error().message;
    storage_ = std::move(opened->storage);
    broker_ = std::make_unique<Broker>(Options{}, *storage_);
    ASSERT_TRUE(broker_->restore(std::move(opened->state)));
    client_ = std::make_unique<TestClient>(*broker_);
    client_->logs_in();
  }
  // The power fails when all that was asked of the storage is on disk.
  void crash_and_start() {
    ASSERT_TRUE(storage_->flush());
    auto job = storage_->begin_sync();
    ASSERT_TRUE(job);
    Result<void> result = job->run();
    storage_->end_sync(std::move(*job), std::move(result));
    client_.reset();
    broker_.reset();
    storage_.reset();
    disk_.crash();
    start();
  }
  void declare(std::string_view name, const amqp::FieldTable& arguments) {
    client_->sends(amqp::queue::Declare{
        .queue = name, .durable = true, .no_wait = true, .arguments = arguments});
  }
  std::uint32_t count(std::string_view queue) {
    return (*broker_->find_vhost("/")->find_queue(queue, 0))->message_count();
  }

  io::SimulatedDisk disk_{1};
  LogStorageOptions options_;
  std::unique_ptr<LogStorage> storage_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(RestartLifetimes, AMessageExpiresAtTheTimeThatItAlwaysHad) {
  declare("queue", {{"x-message-ttl", 1000},
                    {"x-dead-letter-exchange", ""},
                    {"x-dead-letter-routing-key", "dead"}});
  client_->publishes_persistent("queue", "m");
  crash_and_start();
  broker_->on_time(TimePoint{} + std::chrono::milliseconds(999));
  EXPECT_EQ(count("queue"), 1u);
  broker_->on_time(TimePoint{} + std::chrono::milliseconds(1000));
  EXPECT_EQ(count("queue"), 0u);
  EXPECT_EQ(count("dead"), 1u);
  crash_and_start();
  EXPECT_EQ(count("queue"), 0u);
  EXPECT_EQ(count("dead"), 1u);
}

TEST_F(RestartLifetimes, ReturnsAreStillCounted) {
  declare("queue", {{"x-queue-type", "quorum"},
                    {"x-delivery-limit", 1},
                    {"x-dead-letter-exchange", ""},
                    {"x-dead-letter-routing-key", "dead"}});
  client_->publishes_persistent("queue", "m");
  for (const std::uint32_t dead : {0u, 1u}) {
    client_->sends(amqp::basic::Get{.queue = "queue"});
    client_->sends(amqp::basic::Reject{.delivery_tag = 1, .requeue = true});
    crash_and_start();
    EXPECT_EQ(count("dead"), dead);
    EXPECT_EQ(count("queue"), 1 - dead);
  }
}

TEST_F(RestartLifetimes, PrioritiesAreKept) {
  declare("queue", {{"x-max-priority", 5}});
  for (const auto priority : {std::uint8_t{1}, std::uint8_t{5}}) {
    amqp::BasicProperties properties;
    properties.delivery_mode = amqp::kPersistent;
    properties.priority = priority;
    Buffer encoded;
    amqp::encode_properties(encoded, properties);
    ASSERT_TRUE(broker_->find_vhost("/")->publish({.exchange = "",
                                                   .routing_key = "queue",
                                                   .properties = as_text(encoded.view()),
                                                   .body = priority == 5 ? "high" : "low",
                                                   .decoded = properties}));
  }
  crash_and_start();
  const auto first = (*broker_->find_vhost("/")->find_queue("queue", 0))->pop();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->message->body(), "high");
}

}  // namespace
}  // namespace bb::broker
