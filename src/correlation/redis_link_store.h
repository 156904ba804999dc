// A LinkStore in Redis, which services in other languages share: docs/formats/correlation.md.
#pragma once

#include <chrono>
#include <memory>

#include "correlation/link_database.h"
#include "correlation/link_store.h"
#include "correlation/redis_format.h"
#include "redis/client.h"

namespace bb::correlation {

// Links run out `ttl` after they were last written. Links of one call go to the server in one
// write, a link's keys always in one MULTI. A walk takes one round trip for each
// level that is wide; of narrow ones, a script on the server goes through a bounded number at once,
// where scripts are allowed.
//
// Errors: those of redis::Client, and kFailure for what the server answers. On the client's
// executor.
class RedisLinkStore final : public LinkStore {
 public:
  explicit RedisLinkStore(std::shared_ptr<redis::Client> client,
                          std::chrono::seconds ttl = kDefaultTtl);

  boost::asio::awaitable<Result<void>> record(std::vector<Link> links) override;
  // kResourceLocked: others changed it again and again meanwhile.
  boost::asio::awaitable<Result<Link>> add(Link more) override;
  boost::asio::awaitable<Result<Neighbours>> neighbours(Uuid event) override;
  boost::asio::awaitable<Result<Graph>> walk(Uuid event, Direction direction,
                                             WalkLimits limits) override;

 private:
  Neighbours read_neighbours(const Uuid& event, const redis::Reply& record,
                             const redis::Reply* children);
  boost::asio::awaitable<Result<void>> go(Walk& walk);
  struct Lookups;
  boost::asio::awaitable<void> run_lookup(Walk& walk, std::vector<Uuid> events, Lookups& lookups);
  boost::asio::awaitable<Result<void>> look_up(Walk& walk, std::vector<Uuid> events);
  boost::asio::awaitable<Result<bool>> look_ahead(Walk& walk, std::vector<Uuid> events);

  const std::shared_ptr<redis::Client> client_;
  ForwardValueReader reader_;
  const std::chrono::seconds ttl_;
  bool scripts_allowed_ = true;  // as far as is known
};

}  // namespace bb::correlation
