#include "cli/near_binding_finder.h"

#include <chrono>
#include <utility>

#include "base/try.h"
#include "cli/management_client.h"
#include "cli/management_url.h"
#include "cli/resource.h"
#include "cli/settings.h"

namespace bb::cli {
namespace {

constexpr std::chrono::milliseconds kTimeMax{1000};

Result<BrokerTopology> fetch_bindings(const std::optional<std::string>& url_flag) {
  BB_TRY_ASSIGN(ManagementTarget target,
                management_target(Settings::load(), std::nullopt, url_flag));
  if (!target.url.password) return fail(ErrorCode::kAccessRefused, "no password");
  ManagementSession session{ManagementClient(std::move(target.url), kTimeMax), target.vhost};
  BB_TRY_ASSIGN(const auto bindings, fetch_records(binding_resource(), session, false));
  return read_topology({}, bindings, {});
}

}  // namespace

std::string NearBindingFinder::find(const std::string& event_type) {
  if (!topology_) topology_ = fetch_bindings(url_flag_).value_or(BrokerTopology());
  return client::near_bindings_text(
      client::find_near_bindings(topology_->bindings, exchange_, event_type));
}

}  // namespace bb::cli
