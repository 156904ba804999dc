#include "cli/text_editor.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "cli/ask.h"
#include "cli/display_text.h"
#include "cli/input.h"
#include "cli/output.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has it in no header

namespace bb::cli {
namespace {

Result<std::string> editor_command() {
  for (const char* const name : {"VISUAL", "EDITOR"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string(value);
  }
  if (can_ask()) return std::string("vi");
  return fail(ErrorCode::kUsage,
              "no editor: put its command into EDITOR, or give the edited event with --file");
}

// While it lives, the keys that interrupt are for the program in the foreground.
class IgnoredInterrupts {
 public:
  IgnoredInterrupts() {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
  }
  ~IgnoredInterrupts() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
  }
  IgnoredInterrupts(const IgnoredInterrupts&) = delete;
  IgnoredInterrupts& operator=(const IgnoredInterrupts&) = delete;

 private:
  struct sigaction interrupt_{};
  struct sigaction quit_{};
};

Result<int> run_shell(std::string command, std::string argument) {
  const IgnoredInterrupts ignored;
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) sigaddset(&defaults, number);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string shell = "sh";
  std::string flag = "-c";
  char* const arguments[] = {shell.data(), flag.data(),     command.data(),
                             shell.data(), argument.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/bin/sh", nullptr, &attributes, arguments, environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    return fail(ErrorCode::kFailure, fmt::format("cannot run /bin/sh: {}", std::strerror(failed)));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return fail(ErrorCode::kFailure,
                  fmt::format("cannot wait for the editor: {}", std::strerror(errno)));
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<EditedFile> EditedFile::create(std::string_view text, std::string_view suffix) {
  const char* const folder = std::getenv("TMPDIR");
  std::string path =
      fmt::format("{}/bb-XXXXXX{}", folder != nullptr && *folder != '\0' ? folder : "/tmp", suffix);
  const int fd = ::mkstemps(path.data(), static_cast<int>(suffix.size()));
  if (fd < 0) {
    return fail(ErrorCode::kIo, fmt::format("cannot make {}: {}", path, std::strerror(errno)));
  }
  EditedFile file(std::move(path));
  const auto written = write_all(fd, text);
  ::close(fd);
  if (!written) return fail(written.error());
  return file;
}

EditedFile::EditedFile(EditedFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}

EditedFile::~EditedFile() {
  if (!path_.empty() && !kept_) ::unlink(path_.c_str());
}

Result<void> EditedFile::edit() const {
  BB_TRY_ASSIGN(const std::string editor, editor_command());
  BB_TRY_ASSIGN(const int exit_code, run_shell(editor + " \"$1\"", path_));
  if (exit_code == 0) return {};
  return fail(ErrorCode::kFailure, fmt::format("the editor '{}' ended with {}: nothing was done",
                                               escape_controls(editor), exit_code));
}

Result<std::string> EditedFile::read() const {
  BB_TRY_ASSIGN(Input input, read_input(path_, kEventBytesMax));
  return std::move(input.text);
}

}  // namespace bb::cli
