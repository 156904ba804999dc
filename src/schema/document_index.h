// The documents that schemas are made of, and what is where in them: resources, by `$id`; places,
// by anchor or pointer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/schema.h"
#include "schema/dialect.h"
#include "schema/json_document.h"

namespace bb::schema {

inline constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

// A place in a document that is, or is taken as, a schema.
struct SchemaPlace {
  std::uint32_t document = kNowhere;  // into DocumentIndex
  std::uint32_t node = 0;

  friend bool operator==(const SchemaPlace&, const SchemaPlace&) = default;
};

// A schema resource: the root of a document, or a place with an `$id`.
struct IndexedResource {
  std::string uri;  // absolute, normalized, without fragment
  SchemaPlace place;
  Dialect dialect;
  std::string meta_schema;  // the URI of one's own meta-schema; empty for a standard one
  std::map<std::string, std::uint32_t, std::less<>> anchors;  // name → node
  std::vector<std::pair<std::string, std::uint32_t>> dynamic_anchors;
  bool recursive_anchor = false;
};

struct IndexedDocument {
  std::string uri;
  std::shared_ptr<const JsonDocument> json;
  bool is_standard = false;  // a meta-schema that is compiled into the program
  // For each node that is a schema, as far as is known, its resource; kNowhere for the others.
  std::vector<std::uint32_t> resource_of;
};

// The text of the file `path` (percent-encoded, as it is or with .json behind) below `folder`;
// nothing if there is none, or if it is not below after symbolic links have been followed.
Result<std::optional<std::string>> read_mapped(const std::filesystem::path& folder,
                                               std::string_view path);

// What messages call a document: its path, if it is a file.
std::string document_name(std::string_view uri);

class DocumentIndex {
 public:
  explicit DocumentIndex(SchemaOptions options) : options_(options) {}

  // See SchemaSet.
  Result<std::string> add(std::string_view uri, std::string text);
  void map_prefix(std::string prefix, std::filesystem::path folder);
  // Relative references of the document `uri`, which is the file `path`, are looked for beside that
  // file, where no mapped prefix has them.
  void map_beside(std::string_view uri, const std::filesystem::path& path);

  // The place that an absolute URI with or without a fragment names; documents are read through the
  // map, and taken from the built-in meta-schemas, as needed. Error: kInvalidSchema with what is
  // missing.
  Result<SchemaPlace> find(std::string_view uri);

  // The resource in force at a place that find() has given, or that is a schema below one.
  std::uint32_t resource_at(SchemaPlace place);

  const IndexedResource& resource(std::uint32_t index) const { return *resources_[index]; }
  const IndexedDocument& document(std::uint32_t index) const { return *documents_[index]; }
  std::uint32_t document_count() const { return static_cast<std::uint32_t>(documents_.size()); }
  const SchemaOptions& options() const { return options_; }

  // RFC 6901, from the node `from` to the node `to` inside of it; a name is as good as its value.
  static std::string pointer(const JsonView& json, std::uint32_t from, std::uint32_t to);

 private:
  struct Mapping {
    std::string prefix;
    std::filesystem::path folder;
  };

  Result<std::uint32_t> add_document(std::string uri, std::string text, bool is_standard);
  Result<void> scan(std::uint32_t document, std::uint32_t node, std::uint32_t resource,
                    bool is_root);
  Result<std::uint32_t> open_resource(SchemaPlace place, std::string uri, const Dialect& outer);
  Result<Dialect> dialect_of(std::string_view meta_schema, std::string_view base);
  Result<void> scan_operand(std::uint32_t document, std::uint32_t node, std::uint32_t resource,
                            Operand operand);
  Result<std::optional<std::uint32_t>> load(std::string_view uri);
  Result<std::optional<std::uint32_t>> load_from(const std::vector<Mapping>& mappings,
                                                 std::string_view uri);
  Result<std::uint32_t> find_resource(std::string_view absolute);
  Result<std::uint32_t> follow_pointer(const IndexedResource& from, std::string_view pointer,
                                       std::string_view uri);

  SchemaOptions options_;
  JsonReader reader_;
  std::vector<std::unique_ptr<IndexedDocument>> documents_;
  std::vector<std::unique_ptr<IndexedResource>> resources_;
  std::unordered_map<std::string, std::uint32_t> resource_by_uri_;
  std::unordered_map<std::string, std::uint32_t> document_by_uri_;
  std::vector<Mapping> mappings_;
  std::vector<Mapping> beside_;
  std::vector<std::string> dialects_in_progress_;
};

}  // namespace bb::schema
