#include "server/sync_pace.h"

#include <algorithm>

namespace bb::server {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// A publisher that has waited for a confirm publishes again within this.
constexpr auto kAnswerMax = milliseconds(1);
constexpr int kOneByOneMin = 4;
// The loop stands still for a sync only on disks that are as quick as this.
constexpr auto kInLoopMax = milliseconds(1);
// Whether a longer wait brings more is tried now and then.
constexpr unsigned kTryEvery = 64;
constexpr auto kTry = microseconds(250);
constexpr auto kWaitMin = microseconds(20);

}  // namespace

bool SyncPace::begin(Time now, std::uint64_t published, std::uint64_t delivered) {
  const bool one_by_one =
      published == published_ + 1 && delivered == delivered_ && now - ended_ <= kAnswerMax;
  one_by_one_ = one_by_one ? std::min(one_by_one_ + 1, kOneByOneMin) : 0;
  published_ = published;
  delivered_ = delivered;
  began_ = now;
  return one_by_one_ == kOneByOneMin && took_ <= kInLoopMax;
}

SyncPace::Duration SyncPace::end(Time now, std::uint64_t more_bytes) {
  ended_ = now;
  took_ = now - began_;
  if (more_bytes == 0 || more_bytes >= kEnoughBytes) return {};
  waiting_ = wait_;
  if (++waits_ % kTryEvery == 0) waiting_ = std::clamp<Duration>(2 * wait_, kTry, kWaitMax);
  wait_began_ = last_arrival_ = now;
  return waiting_;
}

void SyncPace::waited(Time now, bool enough) {
  const Duration until_last = enough ? now - wait_began_ : last_arrival_ - wait_began_;
  if (enough || 10 * until_last >= 9 * waiting_) {
    wait_ = std::min(2 * waiting_, kWaitMax);  // they keep coming
    return;
  }
  wait_ = std::max(until_last + until_last / 4, std::min(wait_, waiting_) * 3 / 4);
  if (wait_ < kWaitMin) wait_ = {};
}

}  // namespace bb::server
