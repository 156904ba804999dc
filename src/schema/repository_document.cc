#include "schema/repository_document.h"

#include <set>
#include <utility>

#include "bloodbank/envelope.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

// Of references in one document. One with more is broken or hostile; it will not compile then.
constexpr std::size_t kReferencesMax = 10'000;

std::string constant_event_type(const JsonView& document, std::uint32_t schema) {
  const auto properties = find_member(document, schema, "properties");
  if (!properties) return {};
  const auto property = find_member(document, *properties, "event_type");
  if (!property) return {};
  return text_at(document, find_member(document, *property, "const"));
}

std::string declared_event_type(const JsonView& document) {
  if (const auto annotations = find_member(document, 0, "x-bloodbank")) {
    std::string name = text_at(document, find_member(document, *annotations, "event_type"));
    if (is_event_type(name)) return name;
  }
  std::string name = constant_event_type(document, 0);
  if (is_event_type(name)) return name;
  const auto all_of = find_member(document, 0, "allOf");
  if (!all_of || !document[*all_of].is(JsonType::kArray)) return {};
  for (auto at = *all_of + 1; at < document[*all_of].next; at = document[at].next) {
    name = constant_event_type(document, at);
    if (is_event_type(name)) return name;
  }
  return {};
}

// `reference` seen from `base`, normalized, without fragment; empty if it is not a URI.
std::string resolved(std::string_view base, std::string_view reference) {
  const auto uri = resolve_uri(base, reference);
  return uri ? normalize_uri(split_fragment(*uri).absolute) : std::string();
}

class ReferenceReader {
 public:
  explicit ReferenceReader(const JsonView& document) : document_(document) {}

  // An iterative walk, because a document may be nested deeply. The bases in force are a stack of
  // the objects that have an `$id`.
  std::vector<DocumentReference> read(std::string_view uri) {
    bases_.push_back({.end = document_.node_count, .uri = normalize_uri(uri)});
    for (std::uint32_t at = 0; at < document_.node_count; ++at) {
      while (at >= bases_.back().end) bases_.pop_back();
      if (document_[at].is(JsonType::kObject)) visit(at);
    }
    return std::move(found_);
  }

 private:
  struct Base {
    std::uint32_t end;  // the node after the object
    std::string uri;
  };

  void visit(std::uint32_t object) {
    if (const std::string id = text_at(document_, find_member(document_, object, "$id"));
        !id.empty() && !id.starts_with('#')) {
      std::string uri = resolved(bases_.back().uri, id);
      if (!uri.empty()) bases_.push_back({.end = document_[object].next, .uri = std::move(uri)});
    }
    for (const std::string_view keyword : {"$ref", "$dynamicRef"}) {
      const std::string reference = text_at(document_, find_member(document_, object, keyword));
      const std::string_view without_fragment = split_fragment(reference).absolute;
      if (without_fragment.empty() || found_.size() == kReferencesMax) continue;
      std::string uri = resolved(bases_.back().uri, without_fragment);
      if (uri.empty() || uri == bases_.back().uri || !seen_.insert(uri).second) continue;
      found_.push_back({.reference = std::string(without_fragment), .uri = std::move(uri)});
    }
  }

  const JsonView& document_;
  std::vector<Base> bases_;
  std::set<std::string, std::less<>> seen_;
  std::vector<DocumentReference> found_;
};

}  // namespace

std::string text_at(const JsonView& document, std::optional<std::uint32_t> index) {
  if (!index || !document[*index].is(JsonType::kString)) return {};
  std::string buffer;
  return std::string(document.characters(document[*index], buffer));
}

DocumentInfo read_document_info(const JsonView& document) {
  DocumentInfo info;
  info.id = text_at(document, find_member(document, 0, "$id"));
  info.title = text_at(document, find_member(document, 0, "title"));
  info.description = text_at(document, find_member(document, 0, "description"));
  info.event_type = declared_event_type(document);
  if (const auto annotations = find_member(document, 0, "x-bloodbank")) {
    if (text_at(document, find_member(document, *annotations, "kind")) == "command") {
      info.kind = EventKind::kCommand;
    }
    info.routing_key = text_at(document, find_member(document, *annotations, "routing_key"));
  }
  return info;
}

std::vector<std::string> read_examples(const JsonView& document) {
  std::vector<std::string> examples;
  const auto array = find_member(document, 0, "examples");
  if (!array || !document[*array].is(JsonType::kArray)) return examples;
  for (auto at = *array + 1; at < document[*array].next; at = document[at].next) {
    examples.emplace_back(document.source(at));
  }
  return examples;
}

std::vector<DocumentReference> read_references(const JsonView& document, std::string_view uri) {
  return ReferenceReader(document).read(uri);
}

}  // namespace bb::schema
