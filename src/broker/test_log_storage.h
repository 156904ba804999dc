// For tests: a broker whose storage is on a disk that crashes.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "broker/log_storage.h"
#include "broker/test_client.h"
#include "io/simulated_disk.h"

namespace bb::broker {

inline LogStorageOptions small_segments() {
  LogStorageOptions options;
  options.log.segment_bytes = 16 << 10;
  options.log.reserve_bytes = 1 << 10;
  options.log.reserve_step_bytes = 16 << 10;
  options.log.salt = 1;
  options.checkpoint_bytes = 64 << 10;
  return options;
}

// A broker on a simulated disk, that can be ended and started again.
class LogStorageTest : public testing::Test {
 protected:
  LogStorageTest() { start(); }

  void start() {
    auto opened = LogStorage::open(disk, options, /*now_ms=*/1);
    ASSERT_TRUE(opened) << opened.error().message;
    storage = std::move(opened->storage);
    broker = std::make_unique<Broker>(broker_options, *storage);
    const auto restored = broker->restore(std::move(opened->state));
    ASSERT_TRUE(restored) << restored.error().message;
    connect();
  }
  void connect() {
    client = std::make_unique<TestClient>(*broker);
    client->logs_in();
  }
  void sync() {
    ASSERT_TRUE(storage->flush());
    if (auto job = storage->begin_sync()) {
      Result<void> result = job->run();
      storage->end_sync(std::move(*job), std::move(result));
    }
    broker->on_durable();
  }
  void checkpoint() {
    auto job = storage->begin_checkpoint(*broker);
    ASSERT_TRUE(job) << job.error().message;
    sync();
    ASSERT_TRUE(storage->may_run(*job));
    storage->end_checkpoint(std::move(*job), job->run());
    sync();
  }
  void end() {
    client.reset();
    broker.reset();
    storage.reset();
  }
  // The process is killed: what was written is there.
  void kill_and_start() {
    end();
    disk.kill();
    start();
  }
  // The power fails: what was not synced may be gone.
  void crash_and_start() {
    end();
    disk.crash();
    start();
  }
  // Takes and acknowledges all, and gives the bodies.
  std::vector<std::string> drain(const std::string& queue) {
    std::vector<std::string> bodies;
    for (;;) {
      client->gets(queue);
      const auto received = client->received();
      if (received.size() != 1 || !received[0].starts_with("basic.get-ok")) break;
      bodies.push_back(received[0].substr(received[0].rfind(' ') + 1));
    }
    return bodies;
  }
  void publish_numbers(std::string_view queue, int from, int to, std::size_t bytes) {
    for (int i = from; i <= to; ++i) {
      client->publishes_persistent(queue, body_of(std::to_string(i), bytes));
    }
  }
  static std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> texts;
    for (int i = from; i <= to; ++i) texts.push_back(std::to_string(i));
    return texts;
  }

  io::SimulatedDisk disk{1};
  LogStorageOptions options = small_segments();
  Options broker_options;
  std::unique_ptr<LogStorage> storage;
  std::unique_ptr<Broker> broker;
  std::unique_ptr<TestClient> client;
};

}  // namespace bb::broker
