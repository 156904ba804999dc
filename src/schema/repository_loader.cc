#include "schema/repository_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "event/json_scanner.h"
#include "schema/repository_names.h"
#include "schema/uri.h"
#include "schema/uri_parts.h"

namespace bb::schema {
namespace {

// These are compiled into the program.
bool is_meta_schema(std::string_view uri) {
  return uri.starts_with("https://json-schema.org/") || uri.starts_with("http://json-schema.org/");
}

std::unexpected<Error> not_json(std::string_view file, std::string_view text) {
  const auto fault = event::find_json_fault(text);
  if (!fault) return fail(ErrorCode::kInvalidSchema, fmt::format("{}: too large", file));
  const JsonError error = event::locate(text, *fault);
  return fail(ErrorCode::kInvalidSchema,
              fmt::format("{}:{}:{}: not JSON: {}", file, error.line, error.column, error.reason));
}

}  // namespace

std::optional<std::string> resolve_beside(std::string_view path, std::string_view reference) {
  // A made-up host, so that ".." cannot climb above the root unseen: the RFC drops what is too
  // much, which shows in the number of words alone.
  const auto decoded = decode_percent(reference);
  if (!decoded || decoded->starts_with('/')) return std::nullopt;
  std::vector<std::string_view> words;
  const auto append = [&words](std::string_view text) {
    while (!text.empty()) {
      const std::size_t slash = std::min(text.find('/'), text.size());
      const std::string_view word = text.substr(0, slash);
      text.remove_prefix(std::min(slash + 1, text.size()));
      if (word == "..") {
        if (words.empty()) return false;  // RFC 3986 would stay at the root: that is another file
        words.pop_back();
      } else if (!word.empty() && word != ".") {
        words.push_back(word);
      }
    }
    return true;
  };
  if (!append(folder_of(path)) || !append(*decoded)) return std::nullopt;
  std::string joined;
  for (const std::string_view word : words) {
    if (!joined.empty()) joined += '/';
    joined += word;
  }
  if (!is_contained_path(joined)) return std::nullopt;
  return joined;
}

Result<std::string> SchemaLoader::add(const std::string& path) {
  BB_TRY_ASSIGN(std::string uri, add_one({path, source_.uri_of(path)}, true));
  while (!pending_.empty()) {
    const Pending next = std::move(pending_.back());
    pending_.pop_back();
    BB_TRY(add_one(next, false));
  }
  return uri;
}

Result<std::string> SchemaLoader::add_one(const Pending& file, bool is_first) {
  auto read = source_.read(file.path);
  if (is_first) {
    dependencies_.push_back(
        {file.path, read ? std::optional(read->stamp) : source_.stamp(file.path)});
  }
  if (!read) return fail(std::move(read).error());
  const std::string name = source_.display_path(file.path);
  bytes_ += read->text.size();
  if (++documents_ > kDocumentsMax || bytes_ > kDocumentBytesMax) {
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("{}: refers to too many or too large files", name));
  }
  const std::shared_ptr<const JsonDocument> document = JsonDocument::read(std::string(read->text));
  if (document == nullptr) return not_json(name, read->text);
  if (is_first) document_ = document;
  auto uri = set_.add(file.uri, std::move(read->text));
  if (!uri) {
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("{}: {}", name, source_.with_display_paths(uri.error().message)));
  }
  for (const DocumentReference& reference : read_references(document->view(), file.uri)) {
    follow(file, reference);
  }
  return uri;
}

void SchemaLoader::follow(const Pending& from, const DocumentReference& reference) {
  const auto at = std::lower_bound(known_uris_.begin(), known_uris_.end(), reference.uri);
  if (at != known_uris_.end() && *at == reference.uri) return;
  known_uris_.insert(at, reference.uri);
  if (is_meta_schema(reference.uri)) return;
  const auto try_path = [&](const std::optional<std::string>& path) {
    if (!path || !is_there(*path)) return false;
    pending_.push_back({*path, reference.uri});
    return true;
  };
  if (try_path(source_.path_of(reference.uri))) return;
  const bool is_relative = !split_uri(reference.reference).has_scheme;
  if (is_relative && try_path(resolve_beside(from.path, reference.reference))) return;
  if (try_path(find_by_id_(reference.uri))) return;
  has_unknown_reference_ = true;
}

bool SchemaLoader::is_there(const std::string& path) {
  const auto known = std::find_if(dependencies_.begin(), dependencies_.end(),
                                  [&](const Dependency& seen) { return seen.path == path; });
  if (known != dependencies_.end()) return known->stamp.has_value();
  dependencies_.push_back({path, source_.stamp(path)});
  return dependencies_.back().stamp.has_value();
}

LoadedFile load_schema(const SchemaSource& source, const std::string& path,
                       const SchemaOptions& options, const FindById& find_by_id) {
  SchemaOptions set_options = options;
  if (source.is_checked()) set_options.check_documents = false;
  SchemaSet set(set_options);
  SchemaLoader loader(source, set, find_by_id);
  const auto load = [&]() -> Result<EventSchema> {
    BB_TRY_ASSIGN(const std::string uri, loader.add(path));
    auto compiled = set.compile(uri);
    if (!compiled) {
      return fail(compiled.error().code, source.with_display_paths(compiled.error().message));
    }
    const JsonView& document = loader.document()->view();
    DocumentInfo read = read_document_info(document);
    EventSchemaInfo info{.event_type = read.event_type,
                         .version = 1,
                         .kind = read.kind,
                         .title = std::move(read.title),
                         .description = std::move(read.description),
                         .routing_key = read.routing_key.empty() ? std::move(read.event_type)
                                                                 : std::move(read.routing_key),
                         .file = path,
                         .id = compiled->uri()};
    return EventSchema{.info = std::move(info),
                       .schema = *std::move(compiled),
                       .text = loader.document()->text(),
                       .examples = read_examples(document)};
  };
  auto schema = load();
  return {.schema = std::move(schema),
          .dependencies = loader.dependencies(),
          .has_unknown_reference = loader.has_unknown_reference()};
}

}  // namespace bb::schema
