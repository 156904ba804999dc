// What is in a repository: every schema of an event, and every `$id`.
//
// Built by a walk over all files, each of which is read once and again only when it changes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "schema/repository.h"
#include "schema/repository_document.h"
#include "schema/repository_source.h"

namespace bb::schema {

class RepositoryIndex {
 public:
  explicit RepositoryIndex(const SchemaSource& source) : source_(source) {}

  // Walks the files, unless it has done so less than `refresh_ms` ago.
  void update(TimePoint now, std::uint32_t refresh_ms);

  // As of the last update(): by event type and version, one of each. Where two files claim the
  // same, the one that is named for it wins.
  const std::vector<EventSchemaInfo>& events() const { return events_; }

  // The file with that `$id` (absolute, normalized), the first by path; nothing if none has it.
  std::optional<std::string> find_by_id(std::string_view uri) const;

  // What the file at `path` says of itself, as it is now; null if it is not there or no JSON
  // object. Needs no update().
  const DocumentInfo* info(const std::string& path);

 private:
  struct Entry {
    FileStamp stamp;
    std::optional<DocumentInfo> info;
  };

  const Entry* look_at(const std::string& path);
  void collect_events();

  const SchemaSource& source_;
  std::map<std::string, Entry> files_;  // by path; at most kSchemaFilesMax of them
  std::vector<EventSchemaInfo> events_;
  std::map<std::string, std::string, std::less<>> path_by_id_;
  std::optional<TimePoint> updated_at_;
};

// What the file name says the event type is: of files in a folder called events or commands, named
// "<event type>.v<N>.schema.json". Empty otherwise.
std::string_view event_type_of_name(std::string_view path);

// Event types nearest to `typed`, the nearest first.
std::vector<std::string> nearest_event_types(std::string_view typed,
                                             const std::vector<EventSchemaInfo>& events,
                                             std::size_t count_max);

}  // namespace bb::schema
