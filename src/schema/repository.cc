#include "schema/repository.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/utf8.h"
#include "bloodbank/envelope.h"
#include "schema/repository_discovery.h"
#include "schema/repository_index.h"
#include "schema/repository_loader.h"
#include "schema/repository_names.h"
#include "schema/repository_source.h"

namespace bb::schema {
namespace {

constexpr std::size_t kNearestMax = 3;
// Event types come from outside: no more of them than this are remembered.
constexpr std::size_t kCacheEntriesMax = 4096;

using EventSchemaPointer = std::shared_ptr<const EventSchema>;

// What became of one question, and what it rests on.
struct CacheEntry {
  TimePoint checked_at;
  Result<EventSchemaPointer> answer = fail(ErrorCode::kNoSchema, "");
  std::string path;                      // of the file that was tried last; empty if there is none
  std::vector<Dependency> dependencies;  // of that try
  bool has_unknown_reference = false;
  bool is_broken = false;  // the last try failed; `answer` may be a schema from before
};

using CacheKey = std::pair<std::string, std::uint32_t>;  // version 0: the newest

}  // namespace

std::string_view to_string(EventKind kind) {
  return kind == EventKind::kCommand ? "command" : "event";
}

struct SchemaRepository::Impl {
  Impl(RepositoryOptions given, FoundRepository found)
      : options(std::move(given)),
        root(std::move(found.root)),
        description(std::move(found.description)),
        source(std::move(found.source)),
        index(*source) {}

  RepositoryOptions options;
  std::optional<std::filesystem::path> root;
  std::string description;
  std::unique_ptr<SchemaSource> source;
  RepositoryIndex index;
  std::map<CacheKey, CacheEntry> cache;

  void update_index() { index.update(options.now(), options.refresh_ms); }

  // The events of the index with that type, by version.
  std::vector<const EventSchemaInfo*> indexed(std::string_view event_type) {
    update_index();
    std::vector<const EventSchemaInfo*> found;
    for (const EventSchemaInfo& event : index.events()) {
      if (event.event_type == event_type) found.push_back(&event);
    }
    return found;
  }

  struct NamedFile {
    std::string path;
    std::uint32_t version;
    std::size_t rank;  // of its name among name_stems()
  };

  // The files that are named for an event type, in the order of the versions, newest first, and of
  // the names. Of the shorter names, which are ambiguous, those that say they are another type are
  // left out.
  std::vector<NamedFile> named_files(std::string_view event_type) {
    std::vector<NamedFile> files;
    const std::string folder = events_folder_of(event_type);
    const std::vector<std::string> stems = name_stems(event_type);
    for (const std::string& file_name : source->list_folder(folder)) {
      const auto name = parse_versioned_name(file_name);
      if (!name) continue;
      const auto stem = std::find(stems.begin(), stems.end(), name->stem);
      if (stem == stems.end()) continue;
      const auto rank = static_cast<std::size_t>(stem - stems.begin());
      std::string path = fmt::format("{}/{}", folder, file_name);
      if (!source->stamp(path)) continue;
      if (rank > 0) {
        const DocumentInfo* const info = index.info(path);
        if (info != nullptr && !info->event_type.empty() && info->event_type != event_type) {
          continue;
        }
      }
      files.push_back({std::move(path), name->version, rank});
    }
    std::sort(files.begin(), files.end(), [](const NamedFile& a, const NamedFile& b) {
      return a.version != b.version ? a.version > b.version : a.rank < b.rank;
    });
    return files;
  }

  struct Choice {
    std::string path;
    std::uint32_t version = 1;
  };

  std::optional<Choice> choose(std::string_view event_type, std::uint32_t version) {
    for (NamedFile& file : named_files(event_type)) {
      if (version == 0 || file.version == version)
        return Choice{std::move(file.path), file.version};
    }
    std::optional<Choice> choice;
    for (const EventSchemaInfo* const event : indexed(event_type)) {
      if (version == 0 || event->version == version) choice = {event->file, event->version};
    }
    return choice;
  }

  std::vector<std::uint32_t> versions(std::string_view event_type) {
    std::vector<std::uint32_t> numbers;
    for (const NamedFile& file : named_files(event_type)) numbers.push_back(file.version);
    for (const EventSchemaInfo* const event : indexed(event_type)) {
      numbers.push_back(event->version);
    }
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    return numbers;
  }

  Error unknown(std::string_view event_type, std::uint32_t version) {
    const std::vector<std::uint32_t> known = versions(event_type);
    if (version != 0 && !known.empty()) {
      return {
          ErrorCode::kNoSchema,
          fmt::format("'{}' has no schema of version {} in {}; there {} {}", event_type, version,
                      description, known.size() == 1 ? "is version" : "are the versions",
                      fmt::join(known, ", "))};
    }
    std::string message = fmt::format("no schema for '{}' in {}", event_type, description);
    const auto near = nearest_event_types(event_type, index.events(), kNearestMax);
    if (!near.empty()) {
      message += fmt::format("; did you mean '{}'?", fmt::join(near, "', '"));
    }
    const std::string folder = events_folder_of(event_type);
    std::string looked_for;
    for (const std::string& stem : name_stems(event_type)) {
      looked_for +=
          fmt::format("{}/{}, ", folder, versioned_name(stem, version == 0 ? 1 : version));
    }
    message +=
        fmt::format(" (looked for {}and for a schema that says it is of this type)", looked_for);
    return {ErrorCode::kNoSchema, std::move(message)};
  }

  bool is_unchanged(const CacheEntry& entry, const std::string& path) const {
    // A file that is added anywhere may be what a broken schema refers to.
    if (entry.path != path || (entry.is_broken && entry.has_unknown_reference)) return false;
    return std::all_of(
        entry.dependencies.begin(), entry.dependencies.end(),
        [&](const Dependency& file) { return source->stamp(file.path) == file.stamp; });
  }

  void load(CacheEntry& entry, std::string_view event_type, const Choice& choice) {
    LoadedFile loaded =
        load_schema(*source, choice.path, options.schema, [&](std::string_view uri) {
          update_index();
          return index.find_by_id(uri);
        });
    const bool same_state =
        entry.is_broken && entry.path == choice.path && entry.dependencies == loaded.dependencies;
    entry.path = choice.path;
    entry.dependencies = std::move(loaded.dependencies);
    entry.has_unknown_reference = loaded.has_unknown_reference;
    entry.is_broken = !loaded.schema.has_value();
    if (loaded.schema) {
      EventSchemaInfo& info = loaded.schema->info;
      // A file found by its name may not say what it is.
      if (info.routing_key.empty()) info.routing_key = event_type;
      info.event_type = event_type;
      info.version = choice.version;
      entry.answer = std::make_shared<const EventSchema>(*std::move(loaded.schema));
      return;
    }
    Error error = std::move(loaded.schema).error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kIo;  // gone since it was seen
    if (entry.answer) {
      if (!same_state) {
        options.on_warning(fmt::format(
            "the schema of '{}' has become unusable, the last good one stays in use: {}",
            event_type, error.message));
      }
      return;
    }
    entry.answer = fail(std::move(error));
  }

  std::optional<Error> find_obstacle(std::string_view event_type, std::uint32_t version) const {
    const std::string folder = events_folder_of(event_type);
    for (const std::string& stem : name_stems(event_type)) {
      auto error = source->obstacle(folder, versioned_name(stem, version == 0 ? 1 : version));
      if (error) return error;
    }
    return std::nullopt;
  }

  // `entry` is brought up to what the files are now.
  void refresh(CacheEntry& entry, std::string_view event_type, std::uint32_t version) {
    const auto choice = choose(event_type, version);
    if (auto error = choice ? std::nullopt : find_obstacle(event_type, version)) {
      entry = {.checked_at = entry.checked_at,
               .answer = fail(*std::move(error)),
               .path = {},
               .dependencies = {}};
    } else if (!choice) {
      entry = {.checked_at = entry.checked_at,
               .answer = fail(unknown(event_type, version)),
               .path = {},
               .dependencies = {}};
    } else if (!is_unchanged(entry, choice->path)) {
      load(entry, event_type, *choice);
    }
  }

  void make_room() {
    if (cache.size() < kCacheEntriesMax) return;
    std::erase_if(cache, [](const auto& item) { return !item.second.answer; });
    if (cache.size() >= kCacheEntriesMax) cache.clear();
  }
};

Result<SchemaRepository> SchemaRepository::open(RepositoryOptions options) {
  auto found = discover_repository(options);
  if (!found) return fail(std::move(found).error());
  return SchemaRepository(std::make_unique<Impl>(std::move(options), *std::move(found)));
}

SchemaRepository::SchemaRepository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SchemaRepository::SchemaRepository(SchemaRepository&&) noexcept = default;
SchemaRepository& SchemaRepository::operator=(SchemaRepository&&) noexcept = default;
SchemaRepository::~SchemaRepository() = default;

Result<std::shared_ptr<const EventSchema>> SchemaRepository::find(
    std::string_view event_type, std::optional<std::uint32_t> version) {
  if (!is_event_type(event_type)) {
    return fail(ErrorCode::kNoSchema, fmt::format("'{}' is not an event type, so it has no schema",
                                                  printable(event_type, 80)));
  }
  if (version == 0u) return fail(impl_->unknown(event_type, 0));
  const TimePoint now = impl_->options.now();
  CacheKey key{event_type, version.value_or(0)};
  auto at = impl_->cache.find(key);
  if (at != impl_->cache.end() &&
      now - at->second.checked_at < std::chrono::milliseconds(impl_->options.refresh_ms)) {
    return at->second.answer;
  }
  if (at == impl_->cache.end()) {
    impl_->make_room();
    at = impl_->cache.emplace(std::move(key), CacheEntry{}).first;
  }
  at->second.checked_at = now;
  impl_->refresh(at->second, event_type, version.value_or(0));
  return at->second.answer;
}

std::vector<EventSchemaInfo> SchemaRepository::list() {
  impl_->update_index();
  return impl_->index.events();
}

std::vector<std::uint32_t> SchemaRepository::versions(std::string_view event_type) {
  return is_event_type(event_type) ? impl_->versions(event_type) : std::vector<std::uint32_t>();
}

std::vector<std::string> SchemaRepository::nearest(std::string_view event_type) {
  impl_->update_index();
  return nearest_event_types(event_type, impl_->index.events(), kNearestMax);
}

const std::string& SchemaRepository::description() const {
  return impl_->description;
}
const std::optional<std::filesystem::path>& SchemaRepository::root() const {
  return impl_->root;
}

}  // namespace bb::schema
