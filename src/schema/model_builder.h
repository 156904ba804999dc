// From documents to the model: what every keyword says, and which subschema each reference means.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/document_index.h"
#include "schema/schema_model.h"

namespace bb::schema {

class ModelBuilder {
 public:
  explicit ModelBuilder(DocumentIndex& index) : index_(index) {}

  // Builds the schema at `root` and every one it leads to.
  void build(SchemaPlace root);
  // Builds every schema of a document.
  void build_all(std::uint32_t document);

  // A line for each fault: operands that no keyword takes, references to nothing, patterns that are
  // none, schemas that refer to themselves without end. The model is of use only if there is none.
  const std::vector<std::string>& faults() const { return faults_; }
  // The documents that were read from, as DocumentIndex numbers them.
  const std::vector<std::uint32_t>& documents() const { return documents_; }

  SchemaModel take() { return std::move(model_); }

 private:
  friend class SchemaReader;

  // `pointer` is where the place is in its resource, if that is known.
  SchemaIndex schema_at(SchemaPlace place, std::optional<std::string> pointer = std::nullopt);
  // kNoSchema, and a fault, for a reference to nothing. `node` is the reference, for the message.
  SchemaIndex refer(SchemaPlace from, std::uint32_t node, std::string_view reference);
  ResourceIndex model_resource(std::uint32_t resource);
  std::uint32_t pattern(SchemaPlace at, std::uint32_t node, const std::string& source);
  void fill_pending();
  void fault(SchemaPlace schema, std::uint32_t node, std::string_view message);

  DocumentIndex& index_;
  SchemaModel model_;
  std::unordered_map<std::uint64_t, SchemaIndex> schema_at_;
  std::unordered_map<std::uint32_t, ResourceIndex> model_resource_;
  std::vector<std::uint32_t> index_resource_;  // of each model resource
  std::unordered_map<std::string, std::uint32_t> pattern_of_;
  struct Pending {
    SchemaIndex schema;
    SchemaPlace place;
    std::optional<std::string> pointer;
  };
  std::deque<Pending> pending_;
  std::vector<std::uint32_t> documents_;
  std::vector<std::string> faults_;
};

// Where a schema leads back to itself through keywords that apply to the same value, so that
// checking would never end: the absolute locations along the circle. Dynamic references are not
// followed.
std::vector<std::string> find_endless_loop(const SchemaModel& model);

}  // namespace bb::schema
