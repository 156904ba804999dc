// The HolyFields repository: which schema an event type has.
//
// A folder with one folder a component, as the wire contract describes; or, where no such folder is
// found, the catalogue that is built into the program. Schemas are looked up by file name first, so
// that one event costs a few file accesses and not a walk of the tree; the walk that finds schemas
// by the `const` of their `event_type`, and lists them, happens when it is first needed.
//
// Files are looked at again when they change: at most once in `refresh_ms`, the files that a
// compiled schema is made of are compared with what they were. A changed file that no longer
// compiles is reported through `on_warning` and the last good schema stays in use.
//
// Event types come from outside. One that is not a well-formed event type (bb::is_event_type) finds
// nothing; a file outside of the root, by whatever symbolic link, is as good as absent; no message
// tells what is elsewhere.
//
// Not thread-safe; the CompiledSchema it hands out are.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/schema.h"

namespace bb::schema {

enum class EventKind : std::uint8_t { kEvent, kCommand };
std::string_view to_string(EventKind kind);  // "event", "command"

// A schema file, by what it says of itself.
struct EventSchemaInfo {
  std::string event_type;
  std::uint32_t version = 1;
  EventKind kind = EventKind::kEvent;
  std::string title;
  std::string description;
  std::string routing_key;  // a template such as "artifact.{action}"; else equal to event_type
  std::string
      file;  // below the root: "whisperlivekit/events/transcription.voice.completed.v1.schema.json"
  std::string id;  // its `$id`, or its URI
};

struct EventSchema {
  EventSchemaInfo info;
  CompiledSchema schema;
  std::string text;                   // of the file
  std::vector<std::string> examples;  // JSON texts, in the order of the schema's `examples`
};

struct RepositoryOptions {
  std::optional<std::filesystem::path> root;   // HOLYFIELDS_PATH; discovered where it is not set
  std::filesystem::path working_folder = ".";  // where discovery starts
  std::optional<std::filesystem::path> home;   // for ~/code/33GOD/holyfields/trunk-main
  SchemaOptions schema;
  std::uint32_t refresh_ms = 1000;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<void(const std::string&)> on_warning = [](const std::string&) {};
};

class SchemaRepository {
 public:
  // Opens `root`, or discovers: ./schemas, ../holyfields, ../holyfields/trunk-main,
  // ~/code/33GOD/holyfields/trunk-main (the first that holds a schema), else the built-in
  // catalogue. Error: kNotFound for a `root` that was set and is not a folder.
  static Result<SchemaRepository> open(RepositoryOptions options);

  SchemaRepository(SchemaRepository&&) noexcept;
  SchemaRepository& operator=(SchemaRepository&&) noexcept;
  ~SchemaRepository();

  // The schema of an event type: the newest, or version `version`.
  // Errors: kNoSchema (with the nearest event types, the versions that there are, and where it was
  // looked for); kInvalidSchema with every fault of the file; kIo.
  Result<std::shared_ptr<const EventSchema>> find(std::string_view event_type,
                                                  std::optional<std::uint32_t> version = {});

  // Every schema of an event, by event type and version. Files that are not such are left out.
  std::vector<EventSchemaInfo> list();
  // The versions of an event type, ascending.
  std::vector<std::uint32_t> versions(std::string_view event_type);
  // The event types nearest to one that is not known, the nearest first; three at most.
  std::vector<std::string> nearest(std::string_view event_type);

  // "schemas" or "the built-in catalogue", for messages.
  const std::string& description() const;
  // Nothing for the built-in catalogue.
  const std::optional<std::filesystem::path>& root() const;

 private:
  struct Impl;
  explicit SchemaRepository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bb::schema
