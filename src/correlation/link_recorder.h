// Records in Redis what caused the events that were published, beside the publishing.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/spool_entry.h"
#include "correlation/link.h"
#include "redis/client.h"

namespace bb::correlation {

// Links that Redis did not take.
struct UnrecordedLinks {
  std::size_t count = 0;
  std::optional<Link> first;
  std::string reason;

  // The command that records the first one.
  std::string first_command() const;
};

struct LinkRecorderOptions {
  LinkRecorderOptions() = default;

  redis::ClientOptions redis;
  std::chrono::seconds ttl{std::chrono::hours(24 * 30)};
  // Links that wait for Redis; what comes beyond that is not recorded.
  std::size_t waiting_max = 200'000;
  // Told of those that were given up, ten seconds apart at least. From the recorder's thread, or
  // that of published().
  std::function<void(const UnrecordedLinks&)> on_given_up;
};

// Nothing here makes publishing wait or fail. Links go to Redis from a thread of the recorder's
// own, in batches while there are many; those that cannot get there are kept, up to a bound, and
// tried again. Thread-safe.
class LinkRecorder {
 public:
  explicit LinkRecorder(LinkRecorderOptions options);
  // What is not recorded by now will not be.
  ~LinkRecorder();
  LinkRecorder(const LinkRecorder&) = delete;
  LinkRecorder& operator=(const LinkRecorder&) = delete;

  // There will be links: connects.
  void expect();
  // The event was published. One without parents has no link.
  void published(const Uuid& event, std::vector<Uuid> parents);
  // The same of a message's body.
  void published(std::string_view body);
  // Of an event that has left the spool, in whatever form it is: the causes of a CloudEvent in
  // binary mode are in its headers.
  void published(const client::SpoolEntry& entry);

  // No more are to come, and what is there is to be recorded soon.
  void begin_finish();
  // After begin_finish(): whether there is no more to wait for. All is recorded, or Redis took
  // nothing for a second, or was never there.
  bool is_finished() const;

  // Those that were given up and not told of, and those that wait still.
  UnrecordedLinks unrecorded() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace bb::correlation
