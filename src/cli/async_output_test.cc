#include "cli/async_output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <optional>
#include <string>

namespace bb::cli {
namespace {

namespace asio = boost::asio;

// A pipe with an AsyncOutput at its writing end, and a loop to run it.
class PipedOutput : public testing::Test {
 protected:
  PipedOutput() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe(ends_.data()), 0);
    output_.emplace(context_.get_executor(), ends_[1]);
  }
  ~PipedOutput() override {
    output_.reset();
    close_reader();
    ::close(ends_[1]);
  }

  void close_reader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }

  // Starts a write, whose result is then in result_ when it is over.
  void start_write(const std::string& text) {
    asio::co_spawn(context_, output_->write(text),
                   [this](const std::exception_ptr& exception, Result<Written> result) {
                     ASSERT_FALSE(exception);
                     result_ = std::move(result);
                   });
  }

  // Runs what can run without anybody reading.
  void run_until_blocked() {
    context_.restart();
    while (context_.poll() > 0) {
    }
  }

  std::string read_some() {
    std::string text(64 << 10, '\0');
    const ssize_t size = ::read(ends_[0], text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }

  std::array<int, 2> ends_{-1, -1};
  asio::io_context context_{1};
  std::optional<AsyncOutput> output_;
  std::optional<Result<Written>> result_;
};

TEST_F(PipedOutput, WritesWhatFitsAtOnce) {
  const std::string text = "hello\n";
  start_write(text);
  run_until_blocked();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_EQ(**result_, Written::kAll);
  EXPECT_EQ(read_some(), text);
}

TEST_F(PipedOutput, WaitsForASlowReaderWithoutBlockingTheLoop) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ",";
  start_write(text);
  run_until_blocked();
  EXPECT_FALSE(result_);  // the pipe is full, and the loop is free

  std::string got;
  while (got.size() < text.size()) {
    got += read_some();
    run_until_blocked();
  }
  EXPECT_EQ(got, text);
  ASSERT_TRUE(result_ && *result_);
  EXPECT_EQ(**result_, Written::kAll);
}

TEST_F(PipedOutput, DoesNotChangeTheFlagsOfTheDescriptor) {
  const int before = ::fcntl(ends_[1], F_GETFL);
  const std::string text(1 << 20, 'x');
  start_write(text);
  run_until_blocked();
  EXPECT_EQ(::fcntl(ends_[1], F_GETFL), before);
}

TEST_F(PipedOutput, StopEndsAWriteThatWaits) {
  const std::string text(1 << 20, 'x');
  start_write(text);
  run_until_blocked();
  output_->stop();
  run_until_blocked();
  ASSERT_TRUE(result_);
  ASSERT_FALSE(*result_);
  EXPECT_EQ(result_->error().code, ErrorCode::kInterrupted);
}

TEST_F(PipedOutput, AfterStopWritesWhatFitsAtOnce) {
  output_->stop();
  const std::string text = "]\n";
  start_write(text);
  run_until_blocked();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_EQ(read_some(), "]\n");
}

TEST_F(PipedOutput, SeesThatTheReaderHasGone) {
  close_reader();
  const std::string text = "hello\n";
  start_write(text);
  run_until_blocked();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_EQ(**result_, Written::kReaderGone);
}

TEST_F(PipedOutput, TellsThatTheReaderHasGoneWhileNothingIsWritten) {
  bool gone = false;
  output_->on_reader_gone([&gone] { gone = true; });
  run_until_blocked();
  EXPECT_FALSE(gone);
  const std::string text = "unread";  // what waits in the pipe makes no difference
  start_write(text);
  run_until_blocked();
  EXPECT_FALSE(gone);
  close_reader();
  run_until_blocked();
  EXPECT_TRUE(gone);
}

TEST(FileOutput, IsWrittenAtOnce) {
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  asio::io_context context;
  AsyncOutput output(context.get_executor(), ::fileno(file));
  output.on_reader_gone([] { FAIL() << "a file has no reader"; });
  const std::string text(1 << 20, 'x');
  std::optional<Result<Written>> result;
  asio::co_spawn(context, output.write(text),
                 [&](const std::exception_ptr&, Result<Written> written) { result = written; });
  context.run();
  ASSERT_TRUE(result && *result);
  EXPECT_EQ(::lseek(::fileno(file), 0, SEEK_END), 1 << 20);
  std::fclose(file);
}

}  // namespace
}  // namespace bb::cli
