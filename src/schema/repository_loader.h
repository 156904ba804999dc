// From a schema file to a compiled schema: finds the files that it refers to.
//
// A reference is looked for, in this order,
//   1. as a file of the repository, by its URI: below https://33god.dev/schemas/, or its file: URI;
//   2. where it is relative, as a file beside the one that refers, for schemas whose `$id` is not
//      where they are;
//   3. as the `$id` of any file of the repository.
// All of them stay inside the root (repository_source.h), and none is fetched.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "schema/repository.h"
#include "schema/repository_document.h"
#include "schema/repository_source.h"

namespace bb::schema {

// Of one schema, itself included.
inline constexpr std::size_t kDocumentsMax = 1'000;
inline constexpr std::size_t kDocumentBytesMax = 64u << 20;

// A file that went into a schema, or that was looked for and is not there.
struct Dependency {
  std::string path;
  std::optional<FileStamp> stamp;

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

struct LoadedFile {
  // `info.event_type` and `info.version` are as the file says; the caller knows better.
  Result<EventSchema> schema;
  std::vector<Dependency> dependencies;
  bool has_unknown_reference = false;  // a file that is added anywhere may be the one
};

// Gives the file that has an `$id`; nothing if none does.
using FindById = std::function<std::optional<std::string>(std::string_view uri)>;

// Errors in `schema`: kNotFound if `path` is not there, kInvalidSchema, kIo, all with the file's
// name.
LoadedFile load_schema(const SchemaSource& source, const std::string& path,
                       const SchemaOptions& options, const FindById& find_by_id);

// The path that the file `path` means by `reference` if the place of the file counts and not its
// `$id`; nothing if that is outside of the root.
std::optional<std::string> resolve_beside(std::string_view path, std::string_view reference);

// Adds the file at `path` to `set` and, without end but for the limits above, what it refers to.
// Returns the URI to compile it by. `found`, if set, gets the document's JSON.
class SchemaLoader {
 public:
  SchemaLoader(const SchemaSource& source, SchemaSet& set, FindById find_by_id)
      : source_(source), set_(set), find_by_id_(std::move(find_by_id)) {}

  Result<std::string> add(const std::string& path);

  // Of the file that add() was last called with.
  const std::shared_ptr<const JsonDocument>& document() const { return document_; }
  const std::vector<Dependency>& dependencies() const { return dependencies_; }
  bool has_unknown_reference() const { return has_unknown_reference_; }

 private:
  struct Pending {
    std::string path;
    std::string uri;  // under which it is added
  };

  Result<std::string> add_one(const Pending& file, bool is_first);
  void follow(const Pending& from, const DocumentReference& reference);
  bool is_there(const std::string& path);

  const SchemaSource& source_;
  SchemaSet& set_;
  FindById find_by_id_;
  std::shared_ptr<const JsonDocument> document_;
  std::vector<Dependency> dependencies_;
  std::vector<Pending> pending_;
  std::vector<std::string> known_uris_;  // sorted
  std::size_t documents_ = 0;
  std::size_t bytes_ = 0;
  bool has_unknown_reference_ = false;
};

}  // namespace bb::schema
