// What lets an event through: the schema of its event type.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "bloodbank/result.h"
#include "bloodbank/schema.h"
#include "schema/repository.h"

namespace bb::cli {

enum class ValidationMode {
  kStrict,      // an event type without a schema is refused
  kPermissive,  // it is let through with a notice
  kSkip,        // nothing is looked at
};

// A JSON text, and where it is in what the user gave.
struct PlacedText {
  std::string_view text;
  std::string_view source;  // "event.json", "standard input", "--json"
  std::size_t line = 1;     // of its first byte, from 1
  std::size_t column = 1;   // from 1, in characters
};

// Checks payloads, each by what the schema of its event type is at that time: see
// SchemaRepository::find(). Not thread-safe.
class PublishGate {
 public:
  struct Options {
    ValidationMode mode = ValidationMode::kStrict;
    std::optional<std::uint32_t> version;  // of the schemas; the newest where it is not set
    // Called when the first schema is needed, once.
    std::function<Result<schema::SchemaRepository>()> open_repository;
    // Told of an event type that has no schema, once for each, and of the first few alone.
    std::function<void(const std::string& notice)> on_notice = [](const std::string&) {};
  };

  explicit PublishGate(Options options) : options_(std::move(options)) {}

  // `payload` is a JSON object, `pointer` its place in what the user gave ("/payload" in an
  // envelope). Gives the `$id` of the schema that accepted it, empty where none was asked. The view
  // is good until the gate's next use.
  //
  // Errors: kNoSchema with what to do; kInvalidPayload with every violation, on several lines;
  // kInvalidSchema, of the schema and not the payload; those of open_repository.
  Result<std::string_view> check(const std::string& event_type, const PlacedText& payload,
                                 std::string_view pointer);

  // Whether the last check() failed because a good schema cannot be applied to that payload: one of
  // its patterns is too expensive there, or the payload too complex. Others may be checked by it.
  bool is_unchecked() const { return unchecked_; }

  // The first of the examples in the event type's schema, on one line. Whatever the mode is, errors
  // are kNoSchema, kInvalidSchema, and kNotFound where the schema has none.
  Result<std::string> first_example(const std::string& event_type);

 private:
  using Schema = std::shared_ptr<const schema::EventSchema>;  // none: nothing to check with

  Result<schema::SchemaRepository*> repository();
  Result<Schema> find(const std::string& event_type, bool required);

  Options options_;
  std::optional<schema::SchemaRepository> repository_;
  std::unordered_set<std::string> noticed_;  // event types without a schema
  bool unchecked_ = false;
  SchemaValidator validator_;
};

}  // namespace bb::cli
