// A folder for one test, with files that it describes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "base/assert.h"

namespace bb::schema {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::path(testing::TempDir()) / "bb-schemas-XXXXXX").string();
    BB_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  // Writes a file as editors do: anew, and then in place of the old one.
  void write(const std::string& file, std::string_view text) const {
    const std::filesystem::path target = path_ / file;
    std::filesystem::create_directories(target.parent_path());
    const std::filesystem::path fresh = path_ / ".new";
    std::ofstream(fresh, std::ios::binary) << text;
    std::filesystem::rename(fresh, target);
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(path_ / file); }
  // `target` is taken as it is.
  void link(const std::string& file, const std::filesystem::path& target) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::filesystem::create_symlink(target, path_ / file);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace bb::schema
