// Which repository is used where none, or one, is named.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "bloodbank/result.h"
#include "schema/repository.h"
#include "schema/repository_source.h"

namespace bb::schema {

struct FoundRepository {
  std::optional<std::filesystem::path> root;  // nothing for the built-in catalogue
  std::string description;
  std::unique_ptr<SchemaSource> source;
};

// See SchemaRepository::open().
Result<FoundRepository> discover_repository(const RepositoryOptions& options);

// Whether some file is a schema of an event. Looks at a bounded number of them: a folder that is
// called schemas may hold anything.
bool holds_event_schema(const SchemaSource& source);

}  // namespace bb::schema
