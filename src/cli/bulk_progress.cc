#include "cli/bulk_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/display_text.h"
#include "cli/output.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

constexpr auto kDrawPause = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidthMin = 10;
constexpr std::size_t kBarWidthMax = 30;
constexpr std::size_t kAroundBar = 8;  // "100% [" and "] "

}  // namespace

std::string format_count(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string render_progress(std::string_view verb, std::optional<double> share,
                            const BulkCounts& counts, double rate, std::size_t width) {
  std::string text = fmt::format("{} {}", verb, format_count(counts.good));
  if (counts.spooled > 0) text += fmt::format(", spooled {}", format_count(counts.spooled));
  if (counts.failed > 0) text += fmt::format(", failed {}", format_count(counts.failed));
  text += fmt::format(", {}/s", format_count(static_cast<std::uint64_t>(rate)));
  if (share && text.size() + kAroundBar + kBarWidthMin <= width) {
    const double part = std::clamp(*share, 0.0, 1.0);
    const std::size_t bar_width = std::min(kBarWidthMax, width - kAroundBar - text.size());
    const auto full = static_cast<std::size_t>(part * static_cast<double>(bar_width));
    text = fmt::format("{:3}% [{}{}] {}", static_cast<int>(part * 100), std::string(full, '#'),
                       std::string(bar_width - full, '.'), text);
  }
  return shorten(text, width);
}

BulkProgress::BulkProgress(std::string_view verb, bool quiet)
    : verb_(verb), next_draw_(start_ + kDrawPause) {
  const Terminal terminal = inspect_terminal(STDERR_FILENO);
  enabled_ = terminal.interactive && !quiet;
  // The last column is left free: some terminals go to the next line behind it.
  width_ = terminal.width.value_or(80) - 1;
}

void BulkProgress::update(std::optional<double> share, const BulkCounts& counts) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawPause;
  drawn_ = true;
  (void)write_all(
      STDERR_FILENO,
      "\r\x1b[K" + render_progress(verb_, share, counts,
                                   rate(counts.good + counts.spooled + counts.failed), width_));
}

void BulkProgress::clear() {
  if (!drawn_) return;
  drawn_ = false;
  (void)write_all(STDERR_FILENO, "\r\x1b[K");
}

double BulkProgress::rate(std::size_t events) const {
  const std::chrono::duration<double> elapsed = Clock::now() - start_;
  return static_cast<double>(events) / std::max(elapsed.count(), 1e-3);
}

}  // namespace bb::cli
