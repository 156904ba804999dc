// broker_sim: tells stories until one goes wrong; see README.md.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/logging.h"
#include "story.h"

namespace bb::sim {
namespace {

constexpr std::string_view kUsage =
    "Usage: broker_sim [--seed N | --seeds A..B | --time 10m] [--steps M] [--twice] [--verbose]\n"
    "\n"
    "Tells stories of a broker, its clients and a disk that fails, each from a seed, and checks\n"
    "that nothing is lost, comes twice or out of order. Exit code 1: one went wrong; its seed, "
    "step\n"
    "and last events are printed.\n"
    "\n"
    "  --seed N       one story\n"
    "  --seeds A..B   these\n"
    "  --time 10m     for so long (90s, 10m, 1h), from a seed drawn from the clock\n"
    "  --steps M      of each story (1500)\n"
    "  --twice        each story twice: both are the same, event for event\n"
    "  --verbose      every event, and the broker's log\n";

struct Settings {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  std::optional<std::chrono::seconds> time;
  std::uint64_t steps = 1500;
  bool twice = false;
  bool verbose = false;
};

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::chrono::seconds> duration_of(std::string_view text) {
  std::uint64_t unit = 1;
  if (text.ends_with('m')) unit = 60;
  if (text.ends_with('h')) unit = 3600;
  if (text.ends_with('s') || unit > 1) text.remove_suffix(1);
  const auto number = number_of(text);
  if (!number) return std::nullopt;
  return std::chrono::seconds(*number * unit);
}

std::optional<Settings> parse(const std::vector<std::string_view>& arguments) {
  Settings settings;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--twice") {
      settings.twice = true;
      continue;
    }
    if (name == "--verbose") {
      settings.verbose = true;
      continue;
    }
    if (i + 1 == arguments.size()) return std::nullopt;
    const std::string_view value = arguments[++i];
    if (name == "--seed" || name == "--steps") {
      const auto number = number_of(value);
      if (!number) return std::nullopt;
      if (name == "--seed") settings.first = settings.last = *number;
      if (name == "--steps") settings.steps = *number;
    } else if (name == "--seeds") {
      const std::size_t dots = value.find("..");
      if (dots == std::string_view::npos) return std::nullopt;
      const auto first = number_of(value.substr(0, dots));
      const auto last = number_of(value.substr(dots + 2));
      if (!first || !last) return std::nullopt;
      settings.first = *first;
      settings.last = *last;
    } else if (name == "--time") {
      settings.time = duration_of(value);
      if (!settings.time) return std::nullopt;
      settings.first = static_cast<std::uint64_t>(
          std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1));
      settings.last = ~std::uint64_t{0};
    } else {
      return std::nullopt;
    }
  }
  return settings;
}

void add(Tally& sum, const Tally& one) {
  sum.posts += one.posts;
  sum.deliveries += one.deliveries;
  sum.confirms += one.confirms;
  sum.starts += one.starts;
  sum.power_failures += one.power_failures;
  sum.mid_call += one.mid_call;
  sum.checkpoints += one.checkpoints;
  sum.segments_gone += one.segments_gone;
  sum.failed_storages += one.failed_storages;
  sum.refusals += one.refusals;
  sum.flips_refused += one.flips_refused;
  sum.flips_harmless += one.flips_harmless;
}

void print_failure(const Story& story, std::uint64_t seed, std::uint64_t steps) {
  fmt::print("\nSeed {}, step {}: {}\n\nThe last events:\n", seed, story.log().failed_step(),
             story.log().failure());
  for (const std::string& line : story.log().last()) fmt::print("{}\n", line);
  fmt::print("\nAgain: broker_sim --seed {} --steps {} --verbose\n", seed, steps);
}

// For the handler of a signal: what was being told when an invariant of the broker broke.
const Story* current_story = nullptr;
Settings current_settings;
std::uint64_t current_seed = 0;

void tell_abort(int) {
  std::signal(SIGABRT, SIG_DFL);
  fmt::print("\nSeed {}, step {}: the broker aborts\n\nThe last events:\n", current_seed,
             current_story->log().step());
  for (const std::string& line : current_story->log().last()) fmt::print("{}\n", line);
  fmt::print("\nAgain: broker_sim --seed {} --steps {} --verbose\n", current_seed,
             current_settings.steps);
  std::fflush(stdout);
  std::abort();
}

int run(const Settings& settings) {
  current_settings = settings;
  std::signal(SIGABRT, tell_abort);
  const auto begin = std::chrono::steady_clock::now();
  Tally sum;
  std::uint64_t count = 0;
  for (std::uint64_t seed = settings.first; seed <= settings.last; ++seed) {
    if (settings.time && std::chrono::steady_clock::now() - begin >= *settings.time) break;
    const Story::Options options{.seed = seed, .steps = settings.steps, .prints = settings.verbose};
    Story story(options);
    current_story = &story;
    current_seed = seed;
    ++count;
    if (!story.run()) {
      print_failure(story, seed, settings.steps);
      return 1;
    }
    add(sum, story.tally());
    if (!settings.twice) continue;
    Story again(options);
    again.run();
    if (again.log().digest() != story.log().digest()) {
      fmt::print("Seed {} tells two different stories\n", seed);
      return 1;
    }
  }
  fmt::print(
      "{} stories from seed {}: {} messages written, {} deliveries, {} confirms, {} refusals;\n"
      "{} starts, {} after a power failure, {} machines ended within a call; {} checkpoints, {} "
      "segments gone;\n{} storages failed; {} bits turned over told as damage, {} harmless\n",
      count, settings.first, sum.posts, sum.deliveries, sum.confirms, sum.refusals, sum.starts,
      sum.power_failures, sum.mid_call, sum.checkpoints, sum.segments_gone, sum.failed_storages,
      sum.flips_refused, sum.flips_harmless);
  return 0;
}

}  // namespace
}  // namespace bb::sim

int main(int argc, char** argv) {
  const auto settings = bb::sim::parse({argv + 1, argv + argc});
  if (!settings) {
    fmt::print(stderr, "{}", bb::sim::kUsage);
    return 2;
  }
  // What a failing disk makes the broker say is not worth a line in a thousand stories.
  if (!settings->verbose) bb::logging::set_level(bb::logging::Level::kError);
  return bb::sim::run(*settings);
}
