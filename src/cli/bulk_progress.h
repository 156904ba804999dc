// A line at the bottom of a terminal that tells how far a long run is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bb::cli {

struct BulkCounts {
  std::size_t good = 0;
  std::size_t spooled = 0;
  std::size_t failed = 0;
};

// "41,000": with a comma at each thousand.
std::string format_count(std::uint64_t number);

// `width` columns at most: a bar where the share that is done is known, the counts, the rate.
// `verb` says what became of the good ones: "published".
std::string render_progress(std::string_view verb, std::optional<double> share,
                            const BulkCounts& counts, double rate, std::size_t width);

// Draws it on standard error, ten times a second at most; nowhere if that is no terminal, or
// `quiet`.
class BulkProgress {
 public:
  BulkProgress(std::string_view verb, bool quiet);

  // Cheap enough to be called for each event.
  void update(std::optional<double> share, const BulkCounts& counts);
  // Takes the line away, so that something else can be written.
  void clear();

  // Events a second since this was made.
  double rate(std::size_t events) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::string_view verb_;
  bool enabled_ = false;
  bool drawn_ = false;
  std::size_t width_ = 80;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_draw_;
};

}  // namespace bb::cli
