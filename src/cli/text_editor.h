// A text that a person changes in the editor of their choice.
#pragma once

#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// A file of our own in the folder for temporary files, which nobody else may read. It goes with the
// object unless it is kept.
class EditedFile {
 public:
  // `suffix` (".json") tells editors what is in it. kIo.
  static Result<EditedFile> create(std::string_view text, std::string_view suffix);
  EditedFile(EditedFile&& other) noexcept;
  EditedFile& operator=(EditedFile&&) = delete;
  ~EditedFile();

  // Runs $VISUAL, else $EDITOR, else at a terminal vi, with the file, and waits for its end: a
  // shell command, as `git` takes it. Ctrl-C is meanwhile for the editor alone. kUsage where
  // nothing says which editor; kFailure for one that cannot be run or does not end with 0.
  Result<void> edit() const;
  // What is in it now. kIo, kContentTooLarge.
  Result<std::string> read() const;
  void keep() { kept_ = true; }
  void discard() { kept_ = false; }
  bool is_kept() const { return kept_; }
  const std::string& path() const { return path_; }

 private:
  explicit EditedFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool kept_ = false;
};

}  // namespace bb::cli
