#include "cli/demo_bus.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/try.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kOutputBytesMax = 4096;
constexpr std::chrono::milliseconds kGrace{5000};
constexpr std::chrono::milliseconds kPollInterval{5};

std::unexpected<Error> system_error(std::string_view what, int code) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(code)));
}

// Attributes and file actions of posix_spawn, freed at the end of the scope.
struct SpawnSetup {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;

  explicit SpawnSetup(int output) {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    // A group of its own: Ctrl-C is for us alone, and we stop the child when we are done with it.
    // SIGPIPE, which we ignore, is the child's to decide.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
};

void read_url(std::string_view line, DemoBus::Urls& urls) {
  constexpr std::string_view kAmqp = "listening on ";
  constexpr std::string_view kHttp = "management on ";
  if (line.starts_with(kAmqp)) urls.amqp = line.substr(kAmqp.size());
  if (line.starts_with(kHttp)) urls.http = line.substr(kHttp.size());
}

}  // namespace

Result<std::unique_ptr<DemoBus>> DemoBus::start() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return fail(ErrorCode::kIo, "there is no directory for temporary files");
  std::string name = (parent / "bloodbank-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return system_error(fmt::format("cannot make a directory in {}", parent.string()), errno);
  }
  std::unique_ptr<DemoBus> bus(new DemoBus(name));
  BB_TRY(bus->spawn());
  return bus;
}

DemoBus::~DemoBus() {
  (void)stop();
}

Result<void> DemoBus::spawn() {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  output_ = pipe_ends[0];
  std::vector<std::string> arguments{"bb",
                                     "serve",
                                     "--port",
                                     "0",
                                     "--data-dir",
                                     directory_.string(),
                                     "--log-level",
                                     "warning",
                                     "--exit-with-parent",
                                     std::to_string(::getpid())};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const SpawnSetup setup(pipe_ends[1]);
  const int failed = ::posix_spawn(&child_, "/proc/self/exe", &setup.actions, &setup.attributes,
                                   argv.data(), environ);
  ::close(pipe_ends[1]);
  if (failed != 0) {
    child_ = -1;
    return system_error("cannot start bb serve", failed);
  }
  return {};
}

asio::awaitable<Result<DemoBus::Urls>> DemoBus::wait_until_listening() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor output(executor, std::exchange(output_, -1));
  std::string text;
  Urls urls;
  while (urls.http.empty()) {
    const auto [error, line_bytes] =
        co_await asio::async_read_until(output, asio::dynamic_buffer(text, kOutputBytesMax), '\n',
                                        asio::as_tuple(asio::use_awaitable));
    if (error) co_return fail(ErrorCode::kFailure, "the bus did not start");
    const std::string line = text.substr(0, line_bytes - 1);
    text.erase(0, line_bytes);
    read_url(line, urls);
  }
  co_return urls;
}

Result<void> DemoBus::stop() {
  Result<void> ended = end_child();
  if (output_ >= 0) ::close(std::exchange(output_, -1));
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(std::exchange(directory_, {}), ignored);
  return ended;
}

Result<void> DemoBus::end_child() {
  if (child_ < 0) return {};
  const pid_t child = std::exchange(child_, -1);
  ::kill(child, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kGrace;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= deadline) {
      ::kill(child, SIGKILL);
      (void)::waitpid(child, &status, 0);
      return fail(ErrorCode::kFailure, "the bus did not stop when asked to, and was killed");
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorCode::kFailure, "the bus did not end as it should");
}

}  // namespace bb::cli
