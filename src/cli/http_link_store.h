// The links that a `bb serve` keeps, over its management API.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/management_client.h"
#include "correlation/link_store.h"

namespace bb::cli {

// Blocks the executor for each call; SIGINT and SIGTERM end it with kInterrupted. Errors: those of
// ManagementClient; kNotImplemented from a broker that keeps no links.
class HttpLinkStore final : public correlation::LinkStore {
 public:
  explicit HttpLinkStore(ManagementClient client) : client_(std::move(client)) {
    client_.catch_signals();
  }

  boost::asio::awaitable<Result<void>> record(std::vector<correlation::Link> links) override;
  boost::asio::awaitable<Result<correlation::Link>> add(correlation::Link more) override;
  boost::asio::awaitable<Result<correlation::Neighbours>> neighbours(Uuid event) override;
  boost::asio::awaitable<Result<correlation::Graph>> walk(Uuid event,
                                                          correlation::Direction direction,
                                                          correlation::WalkLimits limits) override;

  // Events that the last answers do not know of yet, because the bus is busy.
  std::uint64_t behind() const { return behind_; }

  // The bodies of events, in their order; "" where the history has none.
  Result<std::vector<std::string>> bodies(const std::vector<Uuid>& events);

 private:
  Result<std::string> get(const std::string& path);

  ManagementClient client_;
  std::uint64_t behind_ = 0;
};

}  // namespace bb::cli
