// The walk over a document that finds its resources and anchors: DocumentIndex::scan() and what it
// needs.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/try.h"
#include "base/utf8.h"
#include "schema/document_index.h"
#include "schema/json_pointer.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

// The characters of the member `name` if it is a string.
std::optional<std::string> string_member(const JsonView& json, std::uint32_t object,
                                         std::string_view name) {
  std::string buffer;
  const auto value = find_member(json, object, name, buffer);
  if (!value || !json[*value].is(JsonType::kString)) return std::nullopt;
  return std::string(json.characters(json[*value], buffer));
}

bool true_member(const JsonView& json, std::uint32_t object, std::string_view name) {
  std::string buffer;
  const auto value = find_member(json, object, name, buffer);
  return value && json[*value].is_true();
}

bool has_member(const JsonView& json, std::uint32_t object, std::string_view name) {
  std::string buffer;
  return find_member(json, object, name, buffer).has_value();
}

}  // namespace

// `uri` is the base that is in force around the place.
Result<std::uint32_t> DocumentIndex::open_resource(SchemaPlace place, std::string uri,
                                                   const Dialect& outer) {
  const JsonView& json = documents_[place.document]->json->view();
  auto resource = std::make_unique<IndexedResource>();
  resource->place = place;
  resource->dialect = outer;
  resource->uri = std::move(uri);
  if (json[place.node].is(JsonType::kObject)) {
    if (const auto meta_schema = string_member(json, place.node, "$schema")) {
      BB_TRY_ASSIGN(resource->dialect, dialect_of(*meta_schema, resource->uri));
      if (!standard_dialect(*meta_schema)) resource->meta_schema = *meta_schema;
    }
    const auto id = string_member(json, place.node, "$id");
    const bool ref_hides_id =
        resource->dialect.draft == SchemaDraft::k7 && has_member(json, place.node, "$ref");
    if (id && !ref_hides_id) {
      auto absolute = resolve_uri(resource->uri, *id);
      if (!absolute) {
        return fail(ErrorCode::kInvalidSchema,
                    fmt::format("{}: $id \"{}\" is no URI reference", printable(resource->uri, 200),
                                printable(*id, 200)));
      }
      const SplitUri parts = split_fragment(*absolute);
      if (!parts.absolute.empty() || !parts.has_fragment)
        resource->uri = normalize_uri(parts.absolute);
    }
    resource->recursive_anchor = resource->dialect.draft == SchemaDraft::k2019_09 &&
                                 true_member(json, place.node, "$recursiveAnchor");
  }
  const auto index = static_cast<std::uint32_t>(resources_.size());
  const auto [known, is_new] = resource_by_uri_.emplace(resource->uri, index);
  if (!is_new && !(resources_[known->second]->place == place)) {
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("two schemas have the $id {}", printable(resource->uri, 200)));
  }
  resources_.push_back(std::move(resource));
  return index;
}

// 2020-12 core §8.1.1, §8.1.2: a meta-schema of one's own is read for the vocabularies it puts in
// force.
Result<Dialect> DocumentIndex::dialect_of(std::string_view meta_schema, std::string_view base) {
  if (const auto standard = standard_dialect(meta_schema)) return *standard;
  const auto unknown = [&] {
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("{}: $schema \"{}\" is not known: use {}", printable(base, 200),
                            printable(meta_schema, 200), meta_schema_uri(SchemaDraft::k2020_12)));
  };
  auto absolute = resolve_uri(base, meta_schema);
  if (!absolute) return unknown();
  // A meta-schema that describes itself has nothing to say of vocabularies that is not in the
  // document.
  if (std::ranges::find(dialects_in_progress_, *absolute) != dialects_in_progress_.end()) {
    return Dialect{.draft = options_.default_draft};
  }
  if (normalize_uri(split_fragment(*absolute).absolute) == base) {
    return Dialect{.draft = options_.default_draft};
  }
  dialects_in_progress_.push_back(*absolute);
  const auto place = find(*absolute);
  dialects_in_progress_.pop_back();
  if (!place) return unknown();

  const IndexedResource& meta = resource(resource_at(*place));
  Dialect dialect = meta.dialect;
  const JsonView& json = documents_[place->document]->json->view();
  std::string buffer;
  const auto vocabulary = find_member(json, place->node, "$vocabulary", buffer);
  if (dialect.draft == SchemaDraft::k7 || !vocabulary || !json[*vocabulary].is(JsonType::kObject)) {
    return dialect;
  }
  dialect.applicator = dialect.unevaluated = dialect.validation = dialect.format_assertion = false;
  for (std::uint32_t at = *vocabulary + 1; at < json[*vocabulary].next; at = json[at].next) {
    const std::string uri(json.characters(json[at], buffer));
    switch (vocabulary_from_uri(uri)) {
      case Vocabulary::kApplicator:
        dialect.applicator = true;
        // 2019-09 has the unevaluated keywords there.
        if (dialect.draft == SchemaDraft::k2019_09) dialect.unevaluated = true;
        break;
      case Vocabulary::kUnevaluated:
        dialect.unevaluated = true;
        break;
      case Vocabulary::kValidation:
        dialect.validation = true;
        break;
      case Vocabulary::kFormatAssertion:
        dialect.format_assertion = true;
        break;
      case Vocabulary::kCore:
      case Vocabulary::kAnnotation:
        break;
      case Vocabulary::kUnknown:
        if (json[at + 1].is_true()) {
          return fail(
              ErrorCode::kInvalidSchema,
              fmt::format("{}: its meta-schema demands the vocabulary \"{}\", which is not known",
                          printable(base, 200), printable(uri, 200)));
        }
        break;
    }
  }
  return dialect;
}

// Takes `node` as a schema of `resource`, unless it opens a resource of its own, and goes on to its
// subschemas.
Result<void> DocumentIndex::scan(std::uint32_t document, std::uint32_t node, std::uint32_t resource,
                                 bool is_root) {
  IndexedDocument& in = *documents_[document];
  const JsonView& json = in.json->view();
  if (in.resource_of[node] != kNowhere && !is_root) return {};
  if (!json[node].is(JsonType::kObject)) {
    in.resource_of[node] = resource;
    return {};
  }
  if (!is_root) {
    const Dialect outer = resources_[resource]->dialect;
    const bool draft7 = outer.draft == SchemaDraft::k7;
    const auto id = string_member(json, node, "$id");
    // Before 2019-09 an `$id` that is a mere fragment is an anchor, and one beside `$ref` is
    // nothing.
    const bool is_anchor = draft7 && id && id->starts_with('#');
    if (id && !is_anchor && !(draft7 && has_member(json, node, "$ref"))) {
      BB_TRY_ASSIGN(resource, open_resource({document, node}, resources_[resource]->uri, outer));
    }
  }
  in.resource_of[node] = resource;
  IndexedResource& here = *resources_[resource];
  const bool draft7 = here.dialect.draft == SchemaDraft::k7;
  const bool ref_hides_all = draft7 && has_member(json, node, "$ref");
  std::string buffer;
  for (std::uint32_t at = node + 1; at < json[node].next; at = json[at].next) {
    const std::uint32_t value = at + 1;
    const Keyword keyword = find_keyword(json.characters(json[at], buffer), here.dialect);
    const bool is_string = json[value].is(JsonType::kString);
    const auto add_anchor = [&](std::string name) -> Result<void> {
      const auto [known, is_new] = here.anchors.emplace(std::move(name), node);
      if (is_new || known->second == node) return {};
      return fail(ErrorCode::kInvalidSchema,
                  fmt::format("{}: two schemas have the anchor \"{}\"", printable(here.uri, 200),
                              printable(known->first, 200)));
    };
    if (keyword == Keyword::kId && draft7 && is_string && !ref_hides_all) {
      const std::string id(json.characters(json[value], buffer));
      const SplitUri parts = split_fragment(id);
      if (!parts.fragment.empty() && parts.fragment.front() != '/') {
        BB_TRY(add_anchor(std::string(parts.fragment)));
      }
    } else if (keyword == Keyword::kAnchor && is_string) {
      BB_TRY(add_anchor(std::string(json.characters(json[value], buffer))));
    } else if (keyword == Keyword::kDynamicAnchor && is_string) {
      std::string name(json.characters(json[value], buffer));
      here.dynamic_anchors.emplace_back(name, node);
      BB_TRY(add_anchor(std::move(name)));
    } else if (const Operand operand = operand_of(keyword); operand != Operand::kOther) {
      // Depth is bounded by that of the document.
      BB_TRY(scan_operand(document, value, resource, operand));
    }
  }
  return {};
}

Result<void> DocumentIndex::scan_operand(std::uint32_t document, std::uint32_t node,
                                         std::uint32_t resource, Operand operand) {
  const JsonView& json = documents_[document]->json->view();
  const bool is_array = json[node].is(JsonType::kArray);
  const bool is_object = json[node].is(JsonType::kObject);
  const bool is_map = operand == Operand::kSchemaMap || operand == Operand::kSchemaMapLoose;
  if (is_map ? !is_object : (operand == Operand::kSchemaArray && !is_array)) return {};
  if (operand == Operand::kSchema || (operand == Operand::kSchemaOrArray && !is_array)) {
    return scan(document, node, resource, false);
  }
  for (std::uint32_t at = node + 1; at < json[node].next; at = json[at].next) {
    const std::uint32_t child = is_map ? at + 1 : at;
    if (operand == Operand::kSchemaMapLoose && json[child].is(JsonType::kArray)) continue;
    BB_TRY(scan(document, child, resource, false));
  }
  return {};
}

}  // namespace bb::schema
