// What happens in a story: its last events as text, a digest of all, and what went wrong first.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace bb::sim {

class EventLog {
 public:
  static constexpr std::size_t kKeptMax = 80;

  explicit EventLog(bool prints) : prints_(prints) {}

  void set_step(std::uint64_t step) { step_ = step; }
  std::uint64_t step() const { return step_; }

  template <class... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    add(fmt::format("{:>6}  {}", step_, fmt::format(format, std::forward<Args>(args)...)));
  }
  // Something that must not be. The first one ends the story.
  template <class... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    if (failed_) return;
    failed_ = true;
    failure_ = fmt::format(format, std::forward<Args>(args)...);
    failed_step_ = step_;
    note("FAILED: {}", failure_);
  }

  bool failed() const { return failed_; }
  const std::string& failure() const { return failure_; }
  std::uint64_t failed_step() const { return failed_step_; }
  const std::deque<std::string>& last() const { return last_; }
  // Of every event, in order.
  std::uint64_t digest() const { return digest_; }

 private:
  void add(std::string line) {
    for (const char character : line) {  // FNV-1a
      digest_ = (digest_ ^ static_cast<unsigned char>(character)) * 0x100000001b3;
    }
    if (prints_) fmt::print("{}\n", line);
    last_.push_back(std::move(line));
    if (last_.size() > kKeptMax) last_.pop_front();
  }

  bool prints_;
  std::uint64_t step_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325;
  std::deque<std::string> last_;
  bool failed_ = false;
  std::string failure_;
  std::uint64_t failed_step_ = 0;
};

}  // namespace bb::sim
