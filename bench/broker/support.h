// What every part of broker_bench uses: the clock, the end on an error, its options, medians.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bb::bench {

using Clock = std::chrono::steady_clock;

// Ends the program: a figure after a fault would mean nothing.
template <class... Arguments>
[[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::print(stderr, "broker_bench: {}\n",
             fmt::format(format, std::forward<Arguments>(arguments)...));
  std::exit(1);
}

// The same with errno's text.
[[noreturn]] void fail_errno(std::string_view what);

// Nanoseconds of the steady clock.
std::uint64_t now_ns();
double seconds_since(std::uint64_t begin_ns);

// Processor time of this whole process in seconds.
double cpu_seconds();

// The value below which that share lies; 0 when there is none. Sorts.
double quantile(std::vector<std::uint64_t>& values, double share);

// `--name value` pairs after the mode. A name that is not asked for is an error in
// finish(), so that a misspelt one does not pass as its default.
class Arguments {
 public:
  Arguments(int count, char** words);

  std::string text(const std::string& name, const std::string& otherwise);
  std::uint64_t number(const std::string& name, std::uint64_t otherwise);
  void finish() const;

 private:
  std::map<std::string, std::pair<std::string, bool>> values_;  // and whether it was asked for
};

}  // namespace bb::bench
