// A spool in real files, shared by real processes, some of which are killed.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/test_spool.h"

namespace bb::client {
namespace {

// A file of one line for each event, written by a process that may be killed: a line that was
// written is there.
class LineFile {
 public:
  explicit LineFile(std::string path) : path_(std::move(path)) {}
  void write(const std::string& line) const {
    std::ofstream(path_, std::ios::app) << line + "\n" << std::flush;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    std::ifstream in(path_);
    for (std::string line; std::getline(in, line);) found.push_back(line);
    return found;
  }

 private:
  std::string path_;
};

::pid_t start(const std::function<void()>& work) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    work();
    // Without the parent's destructors.
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  return child;
}

// "killed", or how it exited.
std::string end_of(::pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL ? "killed" : "crashed";
  return fmt::format("exit {}", WEXITSTATUS(status));
}

class SpoolProcesses : public testing::Test {
 protected:
  SpoolProcesses() : folder_("bb-spool-processes-XXXXXX") {}

  std::string spool_path() const { return folder_.path() + "/spool"; }
  LineFile taken_by(int writer) const {
    return LineFile(fmt::format("{}/taken-{}", folder_.path(), writer));
  }

  // Appends "writer,0", "writer,1", ... one by one, each by a Spool of its own as `bb publish`.
  void write_events(int writer, int count) const {
    const LineFile taken = taken_by(writer);
    for (int i = 0; i < count; ++i) {
      Spool spool = open_spool(spool_path(), {.segment_bytes_max = 16 << 10});
      const std::string body = fmt::format("{},{}", writer, i);
      append(spool, {body + std::string(static_cast<std::size_t>(i * 37 % 700), ' ')});
      taken.write(body);
    }
  }

  static std::string event_of(const SpoolEntry& entry) {
    return entry.body.substr(0, entry.body.find(' '));
  }

  TemporaryFolder folder_;
};

TEST_F(SpoolProcesses, AllThatWasTakenComesOnceInTheOrderOfItsProcess) {
  constexpr int kWriters = 20;
  constexpr int kEvents = 25;
  std::mt19937 dice(1);
  std::vector<::pid_t> writers;
  std::map<int, std::size_t> to_kill;  // every second one, after so many events
  for (int i = 0; i < kWriters; ++i) {
    writers.push_back(start([&] { write_events(i, kEvents); }));
    if (i % 2 == 0) to_kill[i] = dice() % (kEvents / 2);
  }
  const auto kill_some = [&] {
    std::erase_if(to_kill, [&](const auto& writer) {
      return taken_by(writer.first).lines().size() >= writer.second &&
             ::kill(writers[static_cast<std::size_t>(writer.first)], SIGKILL) == 0;
    });
  };
  std::vector<std::string> drained;
  const auto drain_what_is_there = [&] {
    Spool spool = open_spool(spool_path());
    auto drain = begin_drain(spool);
    for (auto batch = next_batch(drain); !batch.empty(); batch = next_batch(drain)) {
      for (const SpoolEntry& entry : batch) {
        drained.push_back(event_of(entry));
        ASSERT_TRUE(drain.done(entry.number));
      }
      kill_some();
    }
  };
  while (!to_kill.empty() && !HasFailure()) {
    drain_what_is_there();
    kill_some();
  }
  int killed = 0;
  for (int i = 0; i < kWriters; ++i) {
    const std::string end = end_of(writers[static_cast<std::size_t>(i)]);
    killed += end == "killed" ? 1 : 0;
    if (i % 2 == 1) {
      EXPECT_EQ(end, "exit 0");
    }
  }
  EXPECT_GT(killed, 0);
  drain_what_is_there();

  const std::set<std::string> distinct(drained.begin(), drained.end());
  EXPECT_EQ(distinct.size(), drained.size()) << "something came twice";
  std::map<std::string, int> last_of;
  for (const std::string& event : drained) {
    const std::size_t comma = event.find(',');
    const int index = std::stoi(event.substr(comma + 1));
    const auto [last, first_time] = last_of.try_emplace(event.substr(0, comma), -1);
    EXPECT_EQ(index, last->second + 1) << event << " is out of order";
    last->second = index;
  }
  for (int i = 0; i < kWriters; ++i) {
    for (const std::string& event : taken_by(i).lines()) {
      EXPECT_TRUE(distinct.contains(event)) << event << " is lost";
    }
  }
  EXPECT_TRUE(Spool::is_empty(spool_path()));
}

TEST_F(SpoolProcesses, ADrainThatIsKilledIsGoneOnWithByTheNext) {
  constexpr int kEvents = 300;
  {
    Spool spool = open_spool(spool_path(), {.segment_bytes_max = 4096});
    std::vector<std::string> events;
    for (int i = 0; i < kEvents; ++i) events.push_back(std::to_string(i));
    append(spool, events);
  }
  const LineFile sent(folder_.path() + "/sent");
  const auto send_all = [&] {
    Spool spool = open_spool(spool_path());
    auto drain = begin_drain(spool);
    for (auto batch = next_batch(drain, {.entries_max = 7}); !batch.empty();
         batch = next_batch(drain, {.entries_max = 7})) {
      for (const SpoolEntry& entry : batch) {
        sent.write(entry.body);
        ASSERT_TRUE(drain.done(entry.number));
      }
    }
  };
  int killed = 0;
  for (std::size_t until : {20U, 50U, 100U, 180U, 230U}) {
    const ::pid_t child = start(send_all);
    while (sent.lines().size() < until) std::this_thread::yield();
    ::kill(child, SIGKILL);
    killed += end_of(child) == "killed" ? 1 : 0;
  }
  EXPECT_GT(killed, 0);
  EXPECT_EQ(end_of(start(send_all)), "exit 0");
  // Between the broker's confirm and done() a kill makes two of one, and no more.
  std::vector<std::string> once;
  for (const std::string& event : sent.lines()) {
    if (once.empty() || once.back() != event) once.push_back(event);
  }
  EXPECT_LE(sent.lines().size(), kEvents + static_cast<std::size_t>(killed));
  std::vector<std::string> expected;
  for (int i = 0; i < kEvents; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(once, expected);
  EXPECT_TRUE(Spool::is_empty(spool_path()));
}

// A limit of the process stands in for a disk without room: the kernel writes a part, then fails.
TEST_F(SpoolProcesses, WhoCannotWriteLeavesTheSpoolAsItWas) {
  Spool spool = open_spool(spool_path());
  append(spool, {"a"});
  const std::string segment = spool_path() + "/queue-0000000000000001.spool";
  const auto size = std::filesystem::file_size(segment);
  const ::pid_t child = start([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit{size + 500, size + 500};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    Spool limited = open_spool(spool_path());
    const auto appended = limited.append({.body = std::string(2000, 'x')}, at_ms(1));
    EXPECT_FALSE(appended);
    EXPECT_EQ(std::filesystem::file_size(segment), size);
    append(limited, {"b"});
  });
  EXPECT_EQ(end_of(child), "exit 0");
  EXPECT_EQ(drain_all(spool), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace bb::client
