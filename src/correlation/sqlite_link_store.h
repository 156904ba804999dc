// A LinkStore in a file.
#pragma once

#include <memory>

#include "correlation/link_database.h"
#include "correlation/link_store.h"

namespace bb::correlation {

// Blocks the executor for as long as the file takes; what that is and what is durable when says
// LinkDatabase.
class SqliteLinkStore final : public LinkStore {
 public:
  explicit SqliteLinkStore(std::unique_ptr<LinkDatabase> database)
      : database_(std::move(database)) {}

  boost::asio::awaitable<Result<void>> record(std::vector<Link> links) override {
    co_return database_->record(links);
  }
  boost::asio::awaitable<Result<Link>> add(Link more) override { co_return database_->add(more); }
  boost::asio::awaitable<Result<Neighbours>> neighbours(Uuid event) override {
    co_return database_->neighbours(event);
  }
  boost::asio::awaitable<Result<Graph>> walk(Uuid event, Direction direction,
                                             WalkLimits limits) override {
    co_return database_->walk(event, direction, limits);
  }

 private:
  const std::unique_ptr<LinkDatabase> database_;
};

}  // namespace bb::correlation
