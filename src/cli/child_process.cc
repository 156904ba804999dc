#include "cli/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <memory>

#include "base/try.h"
#include "cli/output.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has it in no header

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Stream = asio::posix::stream_descriptor;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kLastWordsBytes = 1024;
constexpr std::chrono::seconds kKillAfter{5};

struct Pipe {
  int read = -1;
  int write = -1;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(ErrorCode::kIo, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  return Pipe{ends[0], ends[1]};
}

// What one run needs while its coroutines are under way, each of which may end last.
struct Run {
  explicit Run(const asio::any_io_executor& executor)
      : input(executor), errors(executor), ended(executor), limit(executor), drained(executor) {}

  void signal_group(int number) const {
    if (!reaped) ::kill(-pid, number);
  }

  ChildOptions options;
  pid_t pid = 0;
  bool reaped = false;
  bool timed_out = false;
  Stream input;
  Stream errors;
  Stream ended;  // readable once it has
  asio::steady_timer limit;
  asio::steady_timer drained;  // cancelled when its standard error is closed
  bool errors_closed = false;
  std::string last_words;
};
using RunPointer = std::shared_ptr<Run>;

std::vector<std::string> full_environment(const ChildOptions& options) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool replaced =
        std::any_of(options.environment.begin(), options.environment.end(), [&](const auto& ours) {
          return text.starts_with(ours.first) && text.substr(ours.first.size()).starts_with('=');
        });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) {
    // What has a null byte in it ends there.
    all.push_back(name + "=" + value);
  }
  return all;
}

Result<pid_t> spawn(const ChildOptions& options, int input, int errors) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  // What we ignore or hold back is the child's to decide.
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&defaults, number);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string command = options.command;
  char* const arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
  std::vector<std::string> variables = full_environment(options);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments, environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    return fail(ErrorCode::kIo, fmt::format("cannot run /bin/sh: {}", std::strerror(failed)));
  }
  return pid;
}

awaitable<void> feed(RunPointer run) {
  (void)co_await asio::async_write(run->input, asio::buffer(run->options.input), kTuple);
  boost::system::error_code ignored;
  run->input.close(ignored);
}

awaitable<void> read_errors(RunPointer run) {
  std::string chunk(4096, '\0');
  for (;;) {
    const auto [error, size] = co_await run->errors.async_read_some(asio::buffer(chunk), kTuple);
    if (error) break;
    (void)write_all(STDERR_FILENO, std::string_view(chunk).substr(0, size));
    run->last_words.append(chunk, 0, size);
    if (run->last_words.size() > kLastWordsBytes) {
      run->last_words.erase(0, run->last_words.size() - kLastWordsBytes);
    }
  }
  run->errors_closed = true;
  run->drained.cancel();
}

awaitable<void> keep_time(RunPointer run) {
  run->limit.expires_after(run->options.time_limit);
  const auto [cancelled] = co_await run->limit.async_wait(kTuple);
  if (cancelled || run->reaped) co_return;
  run->timed_out = true;
  run->signal_group(SIGTERM);
  run->limit.expires_after(kKillAfter);
  const auto [ended] = co_await run->limit.async_wait(kTuple);
  if (!ended) run->signal_group(SIGKILL);
}

}  // namespace

awaitable<Result<ChildEnd>> run_child(ChildOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  const auto run = std::make_shared<Run>(executor);
  run->options = std::move(options);
  auto input = make_pipe();
  if (!input) co_return fail(std::move(input).error());
  run->input.assign(input->write);
  auto errors = make_pipe();
  if (!errors) {
    ::close(input->read);
    co_return fail(std::move(errors).error());
  }
  run->errors.assign(errors->read);
  const auto pid = spawn(run->options, input->read, errors->write);
  ::close(input->read);
  ::close(errors->write);
  if (!pid) co_return fail(pid.error());
  run->pid = *pid;
  const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, run->pid, 0));
  if (handle < 0) {
    const int reason = errno;
    run->signal_group(SIGKILL);
    ::waitpid(run->pid, nullptr, 0);
    co_return fail(ErrorCode::kIo,
                   fmt::format("cannot watch a process: {}", std::strerror(reason)));
  }
  run->ended.assign(handle);
  asio::co_spawn(executor, feed(run), asio::detached);
  asio::co_spawn(executor, read_errors(run), asio::detached);
  asio::co_spawn(executor, keep_time(run), asio::detached);
  (void)co_await run->ended.async_wait(Stream::wait_read, kTuple);
  // Before it is waited for, after which its number may be another's.
  if (run->timed_out) run->signal_group(SIGKILL);
  int status = 0;
  ::waitpid(run->pid, &status, 0);
  run->reaped = true;
  run->limit.cancel();
  boost::system::error_code ignored;
  run->input.close(ignored);
  // Its last words may be on their way; a grandchild that keeps the pipe is not waited for.
  if (!run->errors_closed) {
    run->drained.expires_after(std::chrono::milliseconds(100));
    (void)co_await run->drained.async_wait(kTuple);
  }
  run->errors.close(ignored);
  ChildEnd end;
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  end.timed_out = run->timed_out;
  end.last_words = std::move(run->last_words);
  co_return end;
}

}  // namespace bb::cli
