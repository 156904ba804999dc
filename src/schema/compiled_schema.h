// What a CompiledSchema holds.
#pragma once

#include <string>
#include <vector>

#include "bloodbank/schema.h"
#include "schema/program.h"
#include "schema/schema_model.h"

namespace bb::schema {

// Never moved: the program refers to the model.
struct CompiledImpl {
  explicit CompiledImpl(SchemaModel built);
  CompiledImpl(const CompiledImpl&) = delete;
  CompiledImpl& operator=(const CompiledImpl&) = delete;

  const SchemaModel model;
  const Program program;
  std::string uri;
  std::string title;
  SchemaDraft draft = SchemaDraft::k2020_12;
  std::vector<std::string> documents;
};

}  // namespace bb::schema
