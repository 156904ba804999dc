#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "correlation/redis_link_store.h"
#include "correlation/test_engine.h"
#include "redis/client.h"
#include "redis/test_redis.h"

namespace bb::correlation {

class RedisEngine final : public Engine {
 public:
  class User final : public StoreUser {
   public:
    explicit User(std::uint16_t port)
        : client(std::make_shared<redis::Client>(context.get_executor(), options(port))),
          store_(client) {}
    ~User() override { client->close(); }
    LinkStore& store() override { return store_; }

   private:
    static redis::ClientOptions options(std::uint16_t port) {
      redis::ClientOptions made;
      made.port = port;
      made.timeout = std::chrono::seconds(30);  // of a busy machine
      return made;
    }

   public:
    const std::shared_ptr<redis::Client> client;

   private:
    RedisLinkStore store_;
  };

  std::unique_ptr<StoreUser> open() override { return std::make_unique<User>(server.port()); }
  // Redis is told to let go of all that has a time to live, and the rest stays.
  void let_everything_run_out() override {
    User user(server.port());
    const auto keys = user.run(user.client->command({"KEYS", "*"}));
    ASSERT_TRUE(keys) << keys.error().message;
    for (const redis::Reply& key : keys->items) {
      const auto ttl = user.run(user.client->command({"TTL", key.text}));
      ASSERT_TRUE(ttl);
      if (ttl->integer < 0) continue;
      ASSERT_LE(ttl->integer, std::chrono::seconds(kDefaultTtl).count());
      ASSERT_TRUE(user.run(user.client->command({"PEXPIRE", key.text, "0"})));
    }
  }

  redis::TestRedis server;
};

}  // namespace bb::correlation
