#include "schema/document_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/try.h"
#include "base/utf8.h"
#include "event/json_scanner.h"
#include "schema/json_pointer.h"
#include "schema/meta_schemas.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

constexpr std::size_t kUriShownBytes = 200;

std::string shown(std::string_view uri) {
  return printable(uri, kUriShownBytes);
}

std::string json_fault_text(std::string_view uri, std::string_view text) {
  auto fault = event::find_json_fault(text);
  if (!fault) return fmt::format("{} is too large", shown(uri));
  const JsonError error = event::locate(text, *std::move(fault));
  return fmt::format("{}:{}:{}: not JSON: {}", document_name(uri), error.line, error.column,
                     error.reason);
}

std::string with_fragment(std::string_view absolute, std::string_view fragment) {
  return fmt::format("{}#{}", absolute, fragment);
}

}  // namespace

std::string document_name(std::string_view uri) {
  static constexpr std::string_view kFile = "file://";
  if (uri.starts_with(kFile)) {
    if (const auto path = decode_percent(uri.substr(kFile.size()))) return shown(*path);
  }
  return uri.empty() ? "the schema" : shown(uri);
}

Result<std::string> DocumentIndex::add(std::string_view uri, std::string text) {
  const std::string key = normalize_uri(split_fragment(uri).absolute);
  if (const auto known = document_by_uri_.find(key); known != document_by_uri_.end()) {
    const IndexedDocument& document = *documents_[known->second];
    if (document.json->text() != text) {
      return fail(ErrorCode::kInvalidSchema,
                  fmt::format("two documents have the URI {}", shown(key)));
    }
    return resource(document.resource_of[0]).uri;
  }
  BB_TRY_ASSIGN(const std::uint32_t added, add_document(key, std::move(text), false));
  return resource(documents_[added]->resource_of[0]).uri;
}

void DocumentIndex::map_prefix(std::string prefix, std::filesystem::path folder) {
  // The longest first, and of equal ones the one that was named first.
  const auto shorter = std::ranges::find_if(
      mappings_, [&](const Mapping& known) { return known.prefix.size() < prefix.size(); });
  mappings_.insert(shorter, {std::move(prefix), std::move(folder)});
}

Result<std::uint32_t> DocumentIndex::add_document(std::string uri, std::string text,
                                                  bool is_standard) {
  auto json = JsonDocument::read(std::move(text), reader_);
  if (json == nullptr) {
    return fail(ErrorCode::kInvalidJson, json_fault_text(uri, text));
  }
  const auto index = static_cast<std::uint32_t>(documents_.size());
  auto document = std::make_unique<IndexedDocument>();
  document->uri = uri;
  document->json = std::move(json);
  document->is_standard = is_standard;
  document->resource_of.assign(document->json->view().node_count, kNowhere);
  documents_.push_back(std::move(document));
  document_by_uri_.emplace(uri, index);

  const Dialect outer{.draft = options_.default_draft};
  auto resource = open_resource({index, 0}, uri, outer);
  Result<void> scanned = resource ? scan(index, 0, *resource, true) : fail(resource.error());
  if (!scanned) {
    document_by_uri_.erase(uri);
    std::erase_if(resource_by_uri_, [&](const auto& entry) {
      return resources_[entry.second]->place.document == index;
    });
    return fail(std::move(scanned).error());
  }
  // The URI it was found under names it as well.
  resource_by_uri_.emplace(uri, documents_[index]->resource_of[0]);
  return index;
}

std::uint32_t DocumentIndex::resource_at(SchemaPlace place) {
  const std::uint32_t resource = documents_[place.document]->resource_of[place.node];
  BB_ASSERT(resource != kNowhere);
  return resource;
}

Result<SchemaPlace> DocumentIndex::find(std::string_view uri) {
  const SplitUri parts = split_fragment(uri);
  BB_TRY_ASSIGN(const std::uint32_t resource_index, find_resource(parts.absolute));
  const IndexedResource& found = resource(resource_index);
  auto fragment = decode_percent(parts.fragment);
  if (!fragment) {
    return fail(ErrorCode::kInvalidSchema, fmt::format("{} has a malformed fragment", shown(uri)));
  }
  if (fragment->empty()) return found.place;
  if (fragment->front() == '/') {
    BB_TRY_ASSIGN(const std::uint32_t node, follow_pointer(found, *fragment, uri));
    return SchemaPlace{found.place.document, node};
  }
  const auto anchor = found.anchors.find(*fragment);
  if (anchor == found.anchors.end()) {
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("{} names nothing: there is no anchor \"{}\" in {}", shown(uri),
                            shown(*fragment), shown(found.uri)));
  }
  return SchemaPlace{found.place.document, anchor->second};
}

Result<std::uint32_t> DocumentIndex::find_resource(std::string_view absolute) {
  const std::string key = normalize_uri(absolute);
  if (const auto known = resource_by_uri_.find(key); known != resource_by_uri_.end()) {
    return known->second;
  }
  BB_TRY_ASSIGN(const auto loaded, load(key));
  if (loaded) {
    const auto known = resource_by_uri_.find(key);
    if (known != resource_by_uri_.end()) return known->second;
    return documents_[*loaded]->resource_of[0];
  }
  return fail(ErrorCode::kInvalidSchema,
              fmt::format("{} names nothing: no document that was given has that URI, and no "
                          "folder that a prefix of it is mapped to",
                          shown(key)));
}

// Takes the pointer apart over the document as it is: it may lead through what is no schema. Where
// it leads into the unknown, the place is read as a schema of the nearest resource above it
// (2020-12 core §9.4.2 leaves that open; the official suite's optional part and common schemas rely
// on it).
Result<std::uint32_t> DocumentIndex::follow_pointer(const IndexedResource& from,
                                                    std::string_view pointer,
                                                    std::string_view uri) {
  IndexedDocument& document = *documents_[from.place.document];
  const JsonView& json = document.json->view();
  std::uint32_t node = from.place.node;
  std::uint32_t resource_index = document.resource_of[node];
  std::string buffer;
  for (PointerTokens tokens(pointer); const auto token = tokens.next();) {
    const std::optional<std::uint32_t> child = find_child(json, node, *token, buffer);
    if (!child) {
      return fail(
          ErrorCode::kInvalidSchema,
          fmt::format(
              "{} names nothing: there is no \"{}\" at {}", shown(uri), shown(*token),
              shown(with_fragment(from.uri, DocumentIndex::pointer(json, from.place.node, node)))));
    }
    node = *child;
    if (document.resource_of[node] != kNowhere) resource_index = document.resource_of[node];
  }
  if (document.resource_of[node] == kNowhere) {
    BB_TRY(scan(from.place.document, node, resource_index, false));
  }
  return node;
}

Result<std::optional<std::uint32_t>> DocumentIndex::load(std::string_view uri) {
  if (const std::string_view standard = find_meta_schema(uri); !standard.empty()) {
    BB_TRY_ASSIGN(const std::uint32_t document,
                  add_document(std::string(uri), std::string(standard), true));
    return document;
  }
  BB_TRY_ASSIGN(const auto mapped, load_from(mappings_, uri));
  return mapped ? mapped : load_from(beside_, uri);
}

Result<std::optional<std::uint32_t>> DocumentIndex::load_from(const std::vector<Mapping>& mappings,
                                                              std::string_view uri) {
  for (const Mapping& mapping : mappings) {
    if (!uri.starts_with(mapping.prefix)) continue;
    BB_TRY_ASSIGN(auto text, read_mapped(mapping.folder, uri.substr(mapping.prefix.size())));
    if (!text) continue;
    BB_TRY_ASSIGN(const std::uint32_t document,
                  add_document(std::string(uri), *std::move(text), false));
    return document;
  }
  return std::nullopt;
}

// "../x.json" is a step up from the file just as it is one up from its URI: folder for folder.
void DocumentIndex::map_beside(std::string_view uri, const std::filesystem::path& path) {
  const std::size_t scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos) return;
  const std::size_t path_begin = uri.find('/', scheme_end + 3);
  std::filesystem::path folder = path.parent_path();
  for (std::size_t slash = uri.rfind('/'); slash != std::string_view::npos && slash >= path_begin;
       slash = uri.substr(0, slash).rfind('/')) {
    beside_.push_back({std::string(uri.substr(0, slash + 1)), folder});
    if (slash == path_begin || folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
}

std::string DocumentIndex::pointer(const JsonView& json, std::uint32_t from, std::uint32_t to) {
  std::string out;
  std::string buffer;
  while (from != to) {
    BB_ASSERT(to > from && to < json[from].next);
    const bool object = json[from].is(JsonType::kObject);
    std::uint32_t ordinal = 0;
    std::uint32_t child = from + 1;
    while (json[child].next <= to) {
      child = json[child].next;
      ++ordinal;
    }
    if (object) {
      append_pointer_token(out, json.characters(json[child], buffer));
      if (to == child) break;  // a name stands for its value
      from = child + 1;
    } else {
      append_pointer_token(out, std::to_string(ordinal));
      from = child;
    }
  }
  return out;
}

}  // namespace bb::schema
