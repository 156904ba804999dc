#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "cli/bulk_progress.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/validate_check.h"
#include "cli/validate_lines.h"
#include "cli/validate_options.h"
#include "cli/validate_schemas.h"

namespace bb::cli {
namespace {

constexpr unsigned kThreadsMax = 8;

// Checks the files one after another, and remembers what the exit code depends on.
class ValidateRun {
 public:
  ValidateRun(const ValidateOptions& options, ValidateSchemas& schemas)
      : options_(options), schemas_(schemas) {}

  int run() {
    for (const std::string& file : options_.files) {
      if (reader_gone_) break;
      if (options_.lines) {
        check_lines(file);
      } else {
        check_file(file);
      }
    }
    print_counts();
    if (failed_) return kExitFailure;
    if (counts_.invalid > 0) return error_info(ErrorCode::kInvalidPayload).exit_code;
    return counts_.unknown > 0 ? kExitFailure : kExitOk;
  }

 private:
  static std::string name_of(const std::string& file) {
    return file == "-" ? "standard input" : file;
  }

  void check_file(const std::string& file) {
    const auto input = read_input(file, kEventBytesMax);
    if (!input) return on_error(input.error());
    if (!checker_) checker_.emplace(options_, schemas_);
    const Findings findings = checker_->explain(input->text, {input->name});
    ValidateCounts counts;
    switch (findings.verdict) {
      case Verdict::kValid:
        counts.valid = 1;
        break;
      case Verdict::kInvalid:
        counts.invalid = 1;
        break;
      case Verdict::kUnknown:
        counts.unknown = 1;
        if (findings.error) tell(*findings.error);
        break;
    }
    counts_ += counts;
    (void)print(findings.output);
    print_verdict(input->name, counts);
  }

  void check_lines(const std::string& file) {
    const int fd = file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
      return on_error(
          {ErrorCode::kIo, fmt::format("cannot read {}: {}", name_of(file), std::strerror(errno))});
    }
    BulkProgress progress("valid", options_.quiet);
    ValidateLinesJob job;
    job.fd = fd;
    job.name = name_of(file);
    job.explain_all = options_.json_output;
    job.threads = std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
    job.make_checker = [this] { return TextChecker(options_, schemas_); };
    job.on_output = [&](std::string_view text) {
      progress.clear();
      return print(text);
    };
    job.on_error = [&](const Error& error) {
      progress.clear();
      tell(error);
    };
    job.on_progress = [&](std::uint64_t bytes, const ValidateCounts& counts) {
      std::optional<double> share;
      if (S_ISREG(status.st_mode) && status.st_size > 0) {
        share = static_cast<double>(bytes) / static_cast<double>(status.st_size);
      }
      progress.update(share, {counts.valid, counts.invalid + counts.unknown});
    };
    const auto counts = validate_lines(job);
    progress.clear();
    if (fd != STDIN_FILENO) ::close(fd);
    if (!counts) return on_error(counts.error());
    counts_ += *counts;
    print_verdict(job.name, *counts);
  }

  // False once nobody reads standard output.
  bool print(std::string_view text) {
    if (text.empty() || reader_gone_) return !reader_gone_;
    const auto written = write_all(STDOUT_FILENO, text);
    if (!written) on_error(written.error());
    reader_gone_ = !written || *written == Written::kReaderGone;
    return !reader_gone_;
  }

  void print_verdict(std::string_view name, const ValidateCounts& counts) {
    if (options_.quiet || options_.json_output || counts.invalid + counts.unknown > 0) return;
    (void)print(fmt::format("{}: valid\n", escape_controls(name)));
  }

  void print_counts() const {
    if (options_.quiet || (options_.files.size() == 1 && !options_.lines)) return;
    std::string text = fmt::format("{} valid, {} not valid", counts_.valid, counts_.invalid);
    if (counts_.unknown > 0) text += fmt::format(", {} not checked", counts_.unknown);
    print_notice(text);
  }

  void on_error(const Error& error) {
    failed_ = true;
    tell(error);
  }

  // Bounded: one schema may be broken for a million texts.
  void tell(const Error& error) {
    constexpr std::size_t kErrorsShown = 20;
    if (last_error_ == error.message) return;
    last_error_ = error.message;
    if (++errors_ <= kErrorsShown) (void)report(error);
  }

  const ValidateOptions& options_;
  ValidateSchemas& schemas_;
  std::optional<TextChecker> checker_;
  ValidateCounts counts_;
  bool failed_ = false;
  bool reader_gone_ = false;
  std::string last_error_;
  std::size_t errors_ = 0;
};

int run_validate(const ValidateOptions& options) {
  if (const auto checked = check_validate_options(options); !checked) {
    return report(checked.error());
  }
  const auto schemas = ValidateSchemas::open(options);
  if (!schemas) return report(schemas.error());
  return ValidateRun(options, **schemas).run();
}

}  // namespace

Command validate_command() {
  const auto options = std::make_shared<ValidateOptions>();
  Command command = describe_validate(options);
  command.run = [options] { return run_validate(*options); };
  return command;
}

}  // namespace bb::cli
