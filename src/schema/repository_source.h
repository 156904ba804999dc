// Where the files of a repository come from: a folder on disk, or the catalogue that is built in.
//
// Paths are relative to the root with slashes, "whisperlivekit/events/a.json". A path that is not
// contained (is_contained_path), that leads out of the root through symbolic links, that is no
// regular file or is larger than kSchemaBytesMax is not there.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded_file.h"
#include "bloodbank/result.h"

namespace bb::schema {

inline constexpr std::size_t kSchemaBytesMax = 16u << 20;
// Of one repository. What is beyond is not seen.
inline constexpr std::size_t kSchemaFilesMax = 20'000;
inline constexpr std::size_t kFolderEntriesMax = 200'000;
inline constexpr std::size_t kFolderDepthMax = 12;

// What changes whenever a file does. The time of the last change of its inode is there because
// that of its content can be set back.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  friend auto operator<=>(const FileStamp&, const FileStamp&) = default;
};

struct SchemaFile {
  std::string text;
  FileStamp stamp;
};

class SchemaSource {
 public:
  SchemaSource() = default;
  SchemaSource(const SchemaSource&) = delete;
  SchemaSource& operator=(const SchemaSource&) = delete;
  virtual ~SchemaSource() = default;

  // Nothing if it is not there.
  virtual std::optional<FileStamp> stamp(const std::string& path) const = 0;
  // kNotFound if it is not there; kIo with the reason if it cannot be read.
  virtual Result<SchemaFile> read(const std::string& path) const = 0;
  // The names in a folder that end in ".json", sorted; none if it is not there.
  virtual std::vector<std::string> list_folder(const std::string& folder) const = 0;
  // The paths of all regular files that end in ".json", sorted. Folders whose names begin with a
  // dot, `node_modules` and folders that are symbolic links are not entered. Stops after
  // `files_max`.
  virtual std::vector<std::string> list_all(std::size_t files_max = kSchemaFilesMax) const = 0;
  // The URI of a file that says no `$id`, and the other way round.
  virtual std::string uri_of(std::string_view path) const = 0;
  virtual std::optional<std::string> path_of(std::string_view uri) const = 0;
  // What messages call a file.
  virtual std::string display_path(std::string_view path) const = 0;
  // A message of the compiler, which knows files by where they are, with the files as messages call
  // them.
  virtual std::string with_display_paths(std::string message) const = 0;
  // Why nothing can be told of what is in a folder, or of a file in it: it may not be read, or is
  // too large. A schema that is there and cannot be used is not the same as none.
  virtual std::optional<Error> obstacle(const std::string& /*folder*/,
                                        const std::string& /*file_name*/) const {
    return std::nullopt;
  }
  // Whether the files are known to be right, because tests hold them to their meta-schema.
  virtual bool is_checked() const { return false; }
};

// The URIs of the ecosystem's schemas: a prefix that stands for the root of the repository.
inline constexpr std::string_view kSchemaUriPrefix = "https://33god.dev/schemas/";

// A folder on disk. `root` may come and go, and may be a symbolic link that is set anew.
std::unique_ptr<SchemaSource> make_folder_source(std::string root, std::string display_name);

// Files in memory, which must outlive the source.
std::unique_ptr<SchemaSource> make_catalogue_source(std::span<const EmbeddedFile> files);

}  // namespace bb::schema
