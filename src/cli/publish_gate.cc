#include "cli/publish_gate.h"

#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/broken_schema.h"
#include "schema/routing_key_template.h"

namespace bb::cli {
namespace {

constexpr std::size_t kNoticesMax = 10;

// Where the wire contract looks for an event type's schema first.
std::string proposed_file(std::string_view event_type) {
  std::string_view component = event_type.substr(0, event_type.find('.'));
  if (component == "transcription" || component == "voice" || component == "fireflies") {
    component = "whisperlivekit";
  }
  return fmt::format("{}/events/{}.v1.schema.json", component, event_type);
}

// What to do about an event type that has no schema.
Error with_tips(Error error, const schema::SchemaRepository& schemas,
                const std::string& event_type) {
  const std::string root = schemas.root().value_or("schemas").string();
  error.message += fmt::format(
      "\n  bb list-events shows the event types that have a schema"
      "\n  a schema of '{0}' goes into {1}/{2}"
      "\n  --permissive-validation publishes an event type that has no schema yet",
      event_type, root, proposed_file(event_type));
  return error;
}

}  // namespace

Result<schema::SchemaRepository*> PublishGate::repository() {
  if (!repository_) {
    BB_TRY_ASSIGN(auto opened, options_.open_repository());
    repository_.emplace(std::move(opened));
  }
  return &*repository_;
}

Result<PublishGate::Schema> PublishGate::find(const std::string& event_type, bool required) {
  BB_TRY_ASSIGN(schema::SchemaRepository* const schemas, repository());
  Result<Schema> found = schemas->find(event_type, options_.version);
  if (!found) {
    Error error = std::move(found).error();
    if (error.code != ErrorCode::kNoSchema) return fail(blame_schema(std::move(error), event_type));
    if (required) return fail(with_tips(std::move(error), *schemas, event_type));
    found = Schema();
    // A stream of envelopes may have any number of event types.
    if (noticed_.size() < kNoticesMax && noticed_.insert(event_type).second) {
      options_.on_notice(
          fmt::format("there is no schema for '{}': its payload is not validated", event_type));
    }
  }
  return found;
}

Result<std::string_view> PublishGate::check(const std::string& event_type,
                                            const PlacedText& payload, std::string_view pointer) {
  unchecked_ = false;
  if (options_.mode == ValidationMode::kSkip) return std::string_view();
  // Who asks for a version wants that one.
  const bool required = options_.mode == ValidationMode::kStrict || options_.version.has_value();
  BB_TRY_ASSIGN(const Schema found, find(event_type, required));
  if (!found) return std::string_view();
  if (!validator_.is_valid(found->schema, payload.text)) {
    SchemaReportOptions report_options;
    report_options.pointer_prefix = pointer;
    report_options.first_line = payload.line;
    report_options.first_column = payload.column;
    const SchemaReport report = validator_.validate(found->schema, payload.text, report_options);
    if (report.schema_error) {
      unchecked_ = true;
      return fail(ErrorCode::kInvalidSchema,
                  fmt::format("{}: the schema of '{}' cannot be applied: {}", found->info.file,
                              event_type, report.schema_error->message));
    }
    std::string text = report.to_text(payload.source);
    while (text.ends_with('\n')) text.pop_back();
    return fail(ErrorCode::kInvalidPayload,
                fmt::format("the payload is not valid for '{}', by {}:\n{}", event_type,
                            found->info.id, text));
  }
  BB_TRY(schema::check_routing_key(found->info.routing_key, event_type, payload.text));
  return std::string_view(found->info.id);
}

Result<std::string> PublishGate::first_example(const std::string& event_type) {
  BB_TRY_ASSIGN(const Schema found, find(event_type, true));
  // Without a schema before, in another mode, it is without one now.
  if (!found || found->examples.empty()) {
    return fail(
        ErrorCode::kNotFound,
        fmt::format("the schema of '{}' has no examples: there is nothing to publish", event_type));
  }
  return minify_json(found->examples.front());
}

}  // namespace bb::cli
