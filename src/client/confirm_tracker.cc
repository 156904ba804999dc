#include "client/confirm_tracker.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace bb::client {
namespace {

std::uint64_t mix(std::uint64_t seed, std::string_view text) {
  // The length separates fields, so that "a" + "bc" is not "ab" + "c".
  for (const std::uint64_t word :
       {std::uint64_t{text.size()}, std::uint64_t{std::hash<std::string_view>{}(text)}}) {
    seed = (seed ^ word) * 0x9E3779B97F4A7C15u;
    seed ^= seed >> 32;
  }
  return seed;
}

}  // namespace

std::uint64_t ConfirmTracker::fingerprint(std::string_view exchange, std::string_view routing_key,
                                          std::optional<std::string_view> message_id,
                                          std::string_view body) {
  const std::uint64_t seed = mix(mix(message_id ? 1 : 2, exchange), routing_key);
  return mix(seed, message_id ? *message_id : body);
}

std::uint64_t ConfirmTracker::add(std::optional<std::uint64_t> fingerprint) {
  entries_.push_back(Entry{.fingerprint = fingerprint.value_or(0),
                           .return_text = {},
                           .returnable = fingerprint.has_value()});
  return last_sequence();
}

bool ConfirmTracker::mark_returned(std::uint64_t fingerprint, std::string_view text) {
  const std::uint64_t end = last_sequence() + 1;
  const std::uint64_t middle = std::clamp(after_last_returned_, first_sequence_, end);
  return mark_between(middle, end, fingerprint, text) ||
         mark_between(first_sequence_, middle, fingerprint, text);
}

bool ConfirmTracker::mark_between(std::uint64_t begin, std::uint64_t end, std::uint64_t fingerprint,
                                  std::string_view text) {
  for (std::uint64_t sequence = begin; sequence < end; ++sequence) {
    Entry& entry = entries_[sequence - first_sequence_];
    if (!entry.returnable || entry.returned || entry.settled) continue;
    if (entry.fingerprint != fingerprint) continue;
    entry.returned = true;
    entry.return_text = text;
    after_last_returned_ = sequence + 1;
    return true;
  }
  return false;
}

Result<void> ConfirmTracker::settle(std::uint64_t tag, bool multiple, bool nacked,
                                    std::vector<Confirm>& confirms) {
  if (tag > last_sequence() || (tag == 0 && !multiple)) {
    return fail(ErrorCode::kUnexpectedFrame,
                fmt::format("the broker confirmed message {}, but the last one published was {}",
                            tag, last_sequence()));
  }
  const std::uint64_t end = tag == 0 ? last_sequence() : tag;
  const std::uint64_t begin = multiple ? first_sequence_ : std::max(tag, first_sequence_);
  for (std::uint64_t sequence = begin; sequence <= end; ++sequence) {
    settle_one(sequence, nacked, confirms);
  }
  while (!entries_.empty() && entries_.front().settled) {
    entries_.pop_front();
    ++first_sequence_;
  }
  return {};
}

void ConfirmTracker::settle_one(std::uint64_t sequence, bool nacked,
                                std::vector<Confirm>& confirms) {
  Entry& entry = entries_[sequence - first_sequence_];
  if (entry.settled) return;
  entry.settled = true;
  confirms.push_back(Confirm{.sequence = sequence,
                             .nacked = nacked,
                             .returned = entry.returned,
                             .return_text = std::move(entry.return_text)});
}

}  // namespace bb::client
