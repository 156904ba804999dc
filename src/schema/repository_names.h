// Where a schema is expected by name: component folders, file names, versions. Text alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bb::schema {

// The folder of an event type's component: its first word, but WhisperLiveKit owns the types that
// begin with `transcription`, `voice` and `fireflies`.
std::string_view component_of(std::string_view event_type);

// The folder that has the schemas of an event type: "whisperlivekit/events".
std::string events_folder_of(std::string_view event_type);

// What comes before ".v1.schema.json" in the names of an event type's schema, in the order in
// which they count: "transcription.voice.completed", "voice_completed", "completed". Each once.
std::vector<std::string> name_stems(std::string_view event_type);

// A file name taken apart: "a.b.v2.schema.json" has the stem "a.b" and version 2.
struct VersionedName {
  std::string_view stem;
  std::uint32_t version = 1;
};
// Nothing for any other name; a version is a whole number from 1 without leading zeros.
std::optional<VersionedName> parse_versioned_name(std::string_view file_name);

// "a.b.v2.schema.json".
std::string versioned_name(std::string_view stem, std::uint32_t version);

// What comes behind the last slash; the whole where there is none.
std::string_view file_name_of(std::string_view path);
// What comes before the last slash; empty where there is none.
std::string_view folder_of(std::string_view path);

// Whether `path` names something below a folder, by itself: relative, of words that are not empty,
// "." or "..", without NUL.
bool is_contained_path(std::string_view path);

}  // namespace bb::schema
