#include "schema/model_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/utf8.h"
#include "event/json_scanner.h"
#include "schema/json_pointer.h"
#include "schema/schema_reader.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

constexpr std::size_t kFaultsMax = 100;

std::uint64_t key_of(SchemaPlace place) {
  return static_cast<std::uint64_t>(place.document) << 32 | place.node;
}

}  // namespace

void ModelBuilder::build(SchemaPlace root) {
  model_.root = schema_at(root);
  fill_pending();
}

void ModelBuilder::build_all(std::uint32_t document) {
  const std::size_t nodes = index_.document(document).resource_of.size();
  for (std::uint32_t node = 0; node < nodes; ++node) {
    if (index_.document(document).resource_of[node] == kNowhere) continue;
    schema_at({document, node});
    fill_pending();
  }
}

void ModelBuilder::fill_pending() {
  while (!pending_.empty() && faults_.size() < kFaultsMax) {
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    // Into a value of its own: reading may add schemas to the model.
    Subschema read = SchemaReader(*this, index_, next.place, std::move(next.pointer)).read();
    model_.schemas[next.schema] = std::move(read);
  }
}

SchemaIndex ModelBuilder::schema_at(SchemaPlace place, std::optional<std::string> pointer) {
  const auto index = static_cast<SchemaIndex>(model_.schemas.size());
  const auto [known, is_new] = schema_at_.emplace(key_of(place), index);
  if (!is_new) return known->second;
  model_.schemas.emplace_back();
  pending_.push_back({index, place, std::move(pointer)});
  if (std::ranges::find(documents_, place.document) == documents_.end()) {
    documents_.push_back(place.document);
    model_.documents.push_back(index_.document(place.document).json);
  }
  return index;
}

ResourceIndex ModelBuilder::model_resource(std::uint32_t resource) {
  const auto index = static_cast<ResourceIndex>(model_.resources.size());
  const auto [known, is_new] = model_resource_.emplace(resource, index);
  if (!is_new) return known->second;
  const IndexedResource& source = index_.resource(resource);
  model_.resources.push_back(
      {.uri = source.uri, .draft = source.dialect.draft, .dynamic_anchors = {}});
  index_resource_.push_back(resource);
  // Whether they will be needed is known only at the end; there are few.
  std::vector<std::pair<std::string, SchemaIndex>> anchors;
  for (const auto& [name, node] : source.dynamic_anchors) {
    anchors.emplace_back(name, schema_at({source.place.document, node}));
  }
  if (source.recursive_anchor) anchors.emplace_back("", schema_at(source.place));
  model_.resources[index].dynamic_anchors = std::move(anchors);
  return index;
}

SchemaIndex ModelBuilder::refer(SchemaPlace from, std::uint32_t node, std::string_view reference) {
  const IndexedResource& base = index_.resource(index_.resource_at(from));
  const auto absolute = resolve_uri(base.uri, reference);
  if (!absolute) {
    fault(from, node, fmt::format("\"{}\" is no URI reference", printable(reference, 200)));
    return kNoSchema;
  }
  // "#..." stays in the resource, whatever its URI is.
  const auto place = index_.find(*absolute);
  if (!place) {
    fault(from, node, place.error().message);
    return kNoSchema;
  }
  // A reference by pointer, to a place in the resource that it names, says where that is.
  const IndexedResource& target = index_.resource(index_.resource_at(*place));
  const SplitUri parts = split_fragment(*absolute);
  if (parts.fragment.starts_with('/') &&
      parts.fragment.find_first_of("%~") == std::string_view::npos &&
      normalize_uri(parts.absolute) == target.uri) {
    return schema_at(*place, std::string(parts.fragment));
  }
  return schema_at(*place);
}

std::uint32_t ModelBuilder::pattern(SchemaPlace at, std::uint32_t node, const std::string& source) {
  const auto index = static_cast<std::uint32_t>(model_.patterns.size());
  const auto [known, is_new] = pattern_of_.emplace(source, index);
  if (!is_new) return known->second;
  auto compiled = Pattern::compile(source);
  if (!compiled) {
    pattern_of_.erase(source);
    fault(at, node, compiled.error().message);
    return 0;
  }
  model_.patterns.push_back(*std::move(compiled));
  return index;
}

void ModelBuilder::fault(SchemaPlace schema, std::uint32_t node, std::string_view message) {
  if (faults_.size() >= kFaultsMax) return;
  const IndexedDocument& document = index_.document(schema.document);
  const JsonView& json = document.json->view();
  const JsonError place = event::locate(document.json->text(), {json[node].offset, {}});
  const std::string pointer = DocumentIndex::pointer(json, 0, node);
  faults_.push_back(fmt::format("{}:{}:{}: {}{}{}", document_name(document.uri), place.line,
                                place.column, printable(pointer, 200), pointer.empty() ? "" : ": ",
                                message));
}

namespace {

// The schemas that apply to the same value, whatever it is.
void each_in_place(const Subschema& schema, auto&& f) {
  for (const SchemaIndex index : {schema.reference, schema.not_schema, schema.if_schema,
                                  schema.then_schema, schema.else_schema}) {
    if (index != kNoSchema) f(index);
  }
  if (schema.dynamic && !schema.dynamic->is_dynamic) f(schema.dynamic->fallback);
  for (const auto* list : {&schema.all_of, &schema.any_of, &schema.one_of}) {
    for (const SchemaIndex index : *list) f(index);
  }
  for (const NamedSchema& dependent : schema.dependent_schemas) f(dependent.schema);
}

}  // namespace

std::vector<std::string> find_endless_loop(const SchemaModel& model) {
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  std::vector<State> state(model.schemas.size(), State::kNew);
  struct Step {
    SchemaIndex schema;
    std::vector<SchemaIndex> next;
  };
  std::vector<Step> path;
  const auto open = [&](SchemaIndex schema) {
    state[schema] = State::kOpen;
    Step step{schema, {}};
    each_in_place(model[schema], [&](SchemaIndex next) { step.next.push_back(next); });
    path.push_back(std::move(step));
  };
  for (SchemaIndex start = 0; start < model.schemas.size(); ++start) {
    if (state[start] != State::kNew) continue;
    open(start);
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next.empty()) {
        state[step.schema] = State::kDone;
        path.pop_back();
        continue;
      }
      const SchemaIndex next = step.next.back();
      step.next.pop_back();
      if (state[next] == State::kNew) {
        open(next);
      } else if (state[next] == State::kOpen) {
        std::vector<std::string> loop;
        auto at = std::ranges::find(path, next, &Step::schema);
        for (; at != path.end(); ++at) loop.push_back(model.absolute_location(model[at->schema]));
        return loop;
      }
    }
  }
  return {};
}

}  // namespace bb::schema
