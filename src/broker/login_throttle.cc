#include "broker/login_throttle.h"

#include <algorithm>

namespace bb::broker {

std::chrono::milliseconds LoginThrottle::refused(std::string_view peer, TimePoint now) {
  ++refused_count_;
  const std::string address(peer.substr(0, peer.rfind(':')));
  if (!addresses_.contains(address)) make_room(now);
  Refusals& refusals = addresses_[address];
  if (now - refusals.last >= options_.login_memory) refusals.count = 0;
  refusals.last = now;
  const auto steps_max =
      static_cast<std::uint32_t>(options_.login_refusal_delay_max / options_.login_refusal_delay);
  refusals.count = std::min(refusals.count + 1, steps_max);
  return options_.login_refusal_delay * refusals.count;
}

void LoginThrottle::make_room(TimePoint now) {
  if (addresses_.size() < options_.login_peers_max) return;
  std::erase_if(addresses_, [&](const auto& entry) {
    return now - entry.second.last >= options_.login_memory;
  });
  if (addresses_.size() < options_.login_peers_max) return;
  addresses_.erase(std::ranges::min_element(addresses_, {},
                                            [](const auto& entry) { return entry.second.last; }));
}

}  // namespace bb::broker
