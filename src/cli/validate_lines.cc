#include "cli/validate_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/bulk_lines.h"
#include "cli/validate_blocks.h"

namespace bb::cli {
namespace {

// What a block has to say is held back until its turn, unless it is more than this.
constexpr std::size_t kHeldBackBytesMax = 1 << 20;

// Lets threads speak in the order of their blocks.
class Turns {
 public:
  void wait(std::uint64_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ == index; });
  }
  void pass() {
    {
      const std::lock_guard lock(mutex_);
      ++next_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0;
};

class LinesRun {
 public:
  explicit LinesRun(const ValidateLinesJob& job)
      : job_(job), blocks_(job.fd, job.name, job.block_bytes, kLineBytesMax) {}

  Result<ValidateCounts> run() {
    TextChecker checker = job_.make_checker();
    LineBlock block;
    // Threads cost more than a block or two.
    while (blocks_.next(block)) {
      check_block(checker, block);
      if (block.index == 1) break;
    }
    if (!blocks_.at_end()) run_threads(checker, block);
    if (auto result = blocks_.result(); !result) return fail(std::move(result).error());
    return counts_;
  }

 private:
  void run_threads(TextChecker& checker, LineBlock& block) {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < job_.threads; ++i) {
      others.emplace_back([this] {
        TextChecker own = job_.make_checker();
        LineBlock own_block;
        while (blocks_.next(own_block)) check_block(own, own_block);
      });
    }
    while (blocks_.next(block)) check_block(checker, block);
  }

  // The findings of one block on their way to the reader.
  struct Speaker {
    std::string held_back;
    bool has_turn = false;
  };

  void check_block(TextChecker& checker, const LineBlock& block) {
    ValidateCounts counts;
    Speaker speaker;
    if (block.too_long) {
      refuse_too_long(speaker, block, counts);
    } else {
      check_lines(checker, speaker, block, counts);
    }
    take_turn(speaker, block);
    flush(speaker);
    counts_ += counts;
    if (job_.on_progress) job_.on_progress(block.end_bytes, counts_);
    turns_.pass();
  }

  void check_lines(TextChecker& checker, Speaker& speaker, const LineBlock& block,
                   ValidateCounts& counts) {
    std::size_t number = block.first_line;
    for (std::string_view rest = block.text(); !rest.empty() && !ended_; ++number) {
      const void* const found = std::memchr(rest.data(), '\n', rest.size());
      const std::size_t size =
          found == nullptr
              ? rest.size()
              : static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
      const std::string_view line = rest.substr(0, size);
      rest.remove_prefix(std::min(size + 1, rest.size()));
      if (!job_.explain_all && checker.is_valid(line)) {
        ++counts.valid;
      } else if (!is_blank(line)) {
        explain(checker, speaker, block, line, number, counts);
      }
    }
  }

  void explain(TextChecker& checker, Speaker& speaker, const LineBlock& block,
               std::string_view line, std::size_t number, ValidateCounts& counts) {
    const Findings findings = checker.explain(line, {job_.name, number});
    switch (findings.verdict) {
      case Verdict::kValid:
        ++counts.valid;
        break;
      case Verdict::kInvalid:
        ++counts.invalid;
        break;
      case Verdict::kUnknown:
        ++counts.unknown;
        take_turn(speaker, block);
        flush(speaker);
        if (findings.error) job_.on_error(*findings.error);
        break;
    }
    say(speaker, block, findings.output);
  }

  void refuse_too_long(Speaker& speaker, const LineBlock& block, ValidateCounts& counts) {
    ++counts.invalid;
    say(speaker, block,
        refused_line({job_.name, block.first_line},
                     fmt::format("a line of at most {} MiB", kLineBytesMax >> 20), "a longer one",
                     job_.explain_all));
  }

  void say(Speaker& speaker, const LineBlock& block, std::string_view text) {
    speaker.held_back += text;
    if (speaker.held_back.size() < kHeldBackBytesMax) return;
    take_turn(speaker, block);
    flush(speaker);
  }
  void take_turn(Speaker& speaker, const LineBlock& block) {
    if (!speaker.has_turn) turns_.wait(block.index);
    speaker.has_turn = true;
  }
  void flush(Speaker& speaker) {
    if (!speaker.held_back.empty() && !ended_ && !job_.on_output(speaker.held_back)) {
      ended_ = true;
      blocks_.stop();
    }
    speaker.held_back.clear();
  }

  const ValidateLinesJob& job_;
  BlockReader blocks_;
  Turns turns_;
  std::atomic<bool> ended_ = false;  // nobody reads what is said
  ValidateCounts counts_;            // of whose turn it is
};

}  // namespace

Result<ValidateCounts> validate_lines(const ValidateLinesJob& job) {
  return LinesRun(job).run();
}

}  // namespace bb::cli
