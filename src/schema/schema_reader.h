// Reads the keywords of one schema in a document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/document_index.h"
#include "schema/model_builder.h"
#include "schema/schema_model.h"

namespace bb::schema {

class SchemaReader {
 public:
  // `pointer` is where the place is in its resource, if that is known.
  SchemaReader(ModelBuilder& builder, DocumentIndex& index, SchemaPlace place,
               std::optional<std::string> pointer);

  // Subschemas are asked of the builder, which reads them later; faults go to the builder.
  Subschema read();

 private:
  void read_keyword(Keyword keyword, std::string_view name, std::uint32_t value);
  bool read_reference(Keyword keyword, std::uint32_t value);
  bool read_applicator(Keyword keyword, std::string_view name, std::uint32_t value);
  bool read_assertion(Keyword keyword, std::uint32_t value);
  void read_type(std::uint32_t value);
  void read_items(std::uint32_t value);
  void read_dependencies(std::uint32_t value);
  void read_format(std::uint32_t value);
  void read_number(std::uint32_t value, std::optional<NumberBound>& bound);

  // `below` is where it is below this schema: "/properties/a". Pointers grow from parent to child,
  // since to look one up costs a walk past all siblings.
  SchemaIndex subschema(std::uint32_t node, const std::string& below);
  SchemaIndex subschema(std::uint32_t node) { return subschema(node, "/" + keyword_); }
  std::string below(std::string_view token) const;
  std::vector<SchemaIndex> subschemas(std::uint32_t array);
  void named_subschemas(std::uint32_t object, std::vector<NamedSchema>& out);
  std::vector<std::string> strings(std::uint32_t array);
  std::string string(std::uint32_t node);
  std::optional<std::uint64_t> count(std::uint32_t node);
  bool expect(std::uint32_t node, JsonType type);
  void fault(std::uint32_t node, std::string_view message);

  ModelBuilder& builder_;
  DocumentIndex& index_;
  SchemaPlace place_;
  const JsonView& json_;
  Dialect dialect_;
  Subschema schema_;
  std::optional<std::string> pointer_;
  std::string keyword_;  // that is being read
  std::optional<std::uint32_t> additional_items_;
  std::string buffer_;
};

}  // namespace bb::schema
