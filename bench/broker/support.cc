#include "broker/support.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace bb::bench {

void fail_errno(std::string_view what) {
  fail("{}: {}", what, std::strerror(errno));
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
          .count());
}

double seconds_since(std::uint64_t begin_ns) {
  return static_cast<double>(now_ns() - begin_ns) / 1e9;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double quantile(std::vector<std::uint64_t>& values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto index = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  return static_cast<double>(values[index]);
}

Arguments::Arguments(int count, char** words) {
  for (int i = 0; i < count; i += 2) {
    const std::string_view name = words[i];
    if (!name.starts_with("--") || i + 1 == count) fail("'{}' is no --NAME with a value", name);
    values_[std::string(name.substr(2))] = {words[i + 1], false};
  }
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) {
  const auto found = values_.find(name);
  if (found == values_.end()) return otherwise;
  found->second.second = true;
  return found->second.first;
}

std::uint64_t Arguments::number(const std::string& name, std::uint64_t otherwise) {
  const std::string word = text(name, "");
  if (word.empty()) return otherwise;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) fail("--{} takes a number", name);
  return value;
}

void Arguments::finish() const {
  for (const auto& [name, value] : values_) {
    if (!value.second) fail("--{} means nothing here", name);
  }
}

}  // namespace bb::bench
