// Where a command finds links, and the events that they are between.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/command.h"
#include "cli/http_link_store.h"
#include "cli/management_options.h"
#include "cli/runner.h"
#include "cli/settings.h"
#include "correlation/link_store.h"
#include "redis/client.h"

namespace bb::cli {

enum class LinkPlace {
  kAuto,      // Redis where REDIS_HOST is set, else the embedded broker
  kRedis,     // kUsage where none is set
  kEmbedded,  // a `bb serve`
};

// "--links redis|embedded".
OptionSpec link_place_option(LinkPlace& place);

class LinkSource {
 public:
  // Connects to nothing yet. kUsage and kInvalidUrl for settings that are wrong. The executor
  // outlives the source.
  static Result<LinkSource> open(const boost::asio::any_io_executor& executor,
                                 const Settings& settings, LinkPlace place,
                                 const ManagementOptions& management);

  correlation::LinkStore& store() { return *store_; }
  bool is_redis() const { return redis_.has_value(); }
  // For a call of store(): the --timeout of the command. The embedded broker's store keeps it
  // itself.
  Deadline deadline() const;
  // An error of a call of store(), with who it is that failed and what to do.
  Error explain(Error error) const;
  // The broker's own view of events; also where links are in Redis. nullptr: there is no account
  // for it.
  HttpLinkStore* broker() { return broker_.get(); }

 private:
  LinkSource() = default;

  std::shared_ptr<HttpLinkStore> broker_;
  std::shared_ptr<correlation::LinkStore> store_;
  std::optional<RedisConfig> redis_;  // where the links are there
  std::chrono::milliseconds timeout_{};
};

}  // namespace bb::cli
