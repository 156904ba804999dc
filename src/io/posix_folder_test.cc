#include "io/posix_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace bb::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PosixFolder : public testing::Test {
 protected:
  PosixFolder() {
    std::string pattern = testing::TempDir() + "bb-folder-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    auto folder = open_posix_folder(path());
    EXPECT_TRUE(folder) << folder.error().message;
    folder_ = std::move(*folder);
  }
  ~PosixFolder() override { std::filesystem::remove_all(root_); }

  std::string path() const { return root_ + "/data"; }
  std::shared_ptr<File> open(std::string_view name, OpenMode mode = OpenMode::kCreate) {
    auto file = folder_->open_file(name, mode);
    EXPECT_TRUE(file) << file.error().message;
    return *file;
  }
  static std::string read(const File& file, std::uint64_t offset, std::size_t size) {
    std::string text(size, '?');
    const auto count = file.read_at(offset, std::as_writable_bytes(std::span(text)));
    EXPECT_TRUE(count) << count.error().message;
    text.resize(count.value_or(0));
    return text;
  }
  ::mode_t mode_of(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::stat(name.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  std::string root_;
  std::unique_ptr<Folder> folder_;
};

TEST_F(PosixFolder, KeepsFilesFromOthers) {
  open("a");
  EXPECT_EQ(mode_of(path()), 0700U);
  EXPECT_EQ(mode_of(path() + "/a"), 0600U);
}

TEST_F(PosixFolder, ReadsBackWhatWasWrittenInParts) {
  const auto file = open("a");
  std::vector<ByteView> parts(200, as_bytes("xy"));
  parts[100] = {};
  parts[199] = as_bytes("end");
  ASSERT_TRUE(file->write_at(3, parts));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(*file->size(), 3U + 198 * 2 + 3);
  EXPECT_EQ(read(*file, 0, 5), std::string("\0\0\0xy", 5));
  EXPECT_EQ(read(*file, 397, 100), "xyend");
}

TEST_F(PosixFolder, ReadsLessOnlyAtTheEnd) {
  const auto file = open("a");
  ASSERT_TRUE(file->write_at(0, as_bytes("12345")));
  EXPECT_EQ(read(*file, 3, 10), "45");
  EXPECT_EQ(read(*file, 5, 10), "");
  EXPECT_EQ(read(*file, 50, 10), "");
}

TEST_F(PosixFolder, ReservesRoomWithoutChangingWhatIsThere) {
  const auto file = open("a");
  ASSERT_TRUE(file->write_at(0, as_bytes("12345")));
  ASSERT_TRUE(file->allocate(8192));
  EXPECT_EQ(*file->size(), 8192U);
  EXPECT_EQ(read(*file, 0, 7), std::string("12345\0\0", 7));
  ASSERT_TRUE(file->allocate(100));
  EXPECT_EQ(*file->size(), 8192U);
  struct stat status{};
  ASSERT_EQ(::stat((path() + "/a").c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 8192);
  ASSERT_TRUE(file->truncate(2));
  EXPECT_EQ(read(*file, 0, 7), "12");
}

TEST_F(PosixFolder, ListsRenamesAndRemoves) {
  open("b");
  open("a");
  std::filesystem::create_directory(path() + "/folder");
  EXPECT_THAT(*folder_->list(), ElementsAre("a", "b"));
  ASSERT_TRUE(folder_->rename("b", "a"));
  ASSERT_TRUE(folder_->sync());
  EXPECT_THAT(*folder_->list(), ElementsAre("a"));
  ASSERT_TRUE(folder_->remove("a"));
  EXPECT_THAT(*folder_->list(), ElementsAre());
  EXPECT_GT(*folder_->free_bytes(), 0U);
}

TEST_F(PosixFolder, TellsWhatIsNotThere) {
  const auto file = folder_->open_file("none", OpenMode::kWrite);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(file.error().message, HasSubstr(path() + "/none"));
  EXPECT_EQ(folder_->remove("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(folder_->rename("none", "b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(open_posix_folder(root_ + "/no/parent").error().code, ErrorCode::kNotFound);
}

TEST_F(PosixFolder, AFileForReadingIsNotWritten) {
  open("a");
  const auto file = open("a", OpenMode::kRead);
  EXPECT_EQ(file->write_at(0, as_bytes("x")).error().code, ErrorCode::kIo);
}

TEST_F(PosixFolder, OpensAFolderThatIsThereAndNoFile) {
  open("a");
  ASSERT_TRUE(open_posix_folder(path()));
  EXPECT_EQ(open_posix_folder(path() + "/a").error().code, ErrorCode::kIo);
}

TEST_F(PosixFolder, ALockIsHeldAgainstEveryOtherFile) {
  auto holder = open("a");
  const auto other = open("a");
  ASSERT_TRUE(holder->lock());
  EXPECT_TRUE(*holder->try_lock()) << "who has it may ask again";
  EXPECT_FALSE(*holder->is_locked_by_other());
  EXPECT_FALSE(*other->try_lock());
  EXPECT_TRUE(*other->is_locked_by_other());
  open("a");  // one more that is closed takes no lock with it
  EXPECT_TRUE(*other->is_locked_by_other());
  holder.reset();
  EXPECT_FALSE(*other->is_locked_by_other());
  EXPECT_TRUE(*other->try_lock());
  EXPECT_EQ(open("a", OpenMode::kRead)->lock().error().code, ErrorCode::kIo);
}

TEST_F(PosixFolder, ALockEndsWithItsProcess) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const ::pid_t child = ::fork();
  if (child == 0) {
    const auto file = folder_->open_file("a", OpenMode::kCreate);
    const bool locked = file && (*file)->lock();
    if (::write(pipe[1], locked ? "y" : "n", 1) == 1) ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(pipe[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto file = open("a");
  EXPECT_FALSE(*file->try_lock());
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_TRUE(file->lock());
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

// Not a full disk: a limit of the process. Only what is missing is told.
TEST_F(PosixFolder, AReservationThatFailsLeavesTheSize) {
  const auto file = open("a");
  ASSERT_TRUE(file->allocate(4096));
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit limit{1 << 20, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_FALSE(file->allocate(2 << 20));
  EXPECT_EQ(*file->size(), 4096U);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
}

// Every write to /dev/full fails as on a full disk.
TEST(PosixFile, TellsAFullDisk) {
  auto folder = open_posix_folder("/dev");
  ASSERT_TRUE(folder) << folder.error().message;
  auto file = (*folder)->open_file("full", OpenMode::kWrite);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ((*file)->write_at(0, as_bytes("x")).error().code, ErrorCode::kDiskFull);
}

}  // namespace
}  // namespace bb::io
