// Where links are kept: one interface, whatever keeps them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "bloodbank/result.h"
#include "correlation/graph.h"
#include "correlation/link.h"

namespace bb::correlation {

// Links run out after a time of the store's own. Used on one executor. Errors say why the store
// cannot be used; nobody's links are half recorded.
class LinkStore {
 public:
  virtual ~LinkStore() = default;

  // What events say themselves: of each, this is its record from now on, whatever it was before.
  // All or those before one that failed. A link without parents records nothing.
  virtual boost::asio::awaitable<Result<void>> record(std::vector<Link> links) = 0;
  // By hand: merges `more` into what is recorded of its child, and gives what is recorded then.
  virtual boost::asio::awaitable<Result<Link>> add(Link more) = 0;

  // Of an event that nothing is known of: neither a record nor children.
  virtual boost::asio::awaitable<Result<Neighbours>> neighbours(Uuid event) = 0;
  virtual boost::asio::awaitable<Result<Graph>> walk(Uuid event, Direction direction,
                                                     WalkLimits limits) = 0;
};

}  // namespace bb::correlation
