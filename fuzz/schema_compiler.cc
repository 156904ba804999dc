// Any text as a schema. Besides not crashing: it ends, a refusal says why within bounds, and what
// compiles compiles again to the same and can be applied.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "bloodbank/schema.h"

namespace {

constexpr std::string_view kUri = "https://fuzz.invalid/schema.json";

bb::Result<bb::CompiledSchema> compile(std::string_view text, bb::SchemaDraft draft) {
  bb::SchemaSet set({.default_draft = draft});
  auto uri = set.add(kUri, std::string(text));
  if (!uri) return bb::fail(std::move(uri).error());
  return set.compile(*uri);
}

void check_error(const bb::Error& error) {
  BB_ASSERT(error.code == bb::ErrorCode::kInvalidSchema ||
            error.code == bb::ErrorCode::kInvalidJson);
  BB_ASSERT(!error.message.empty());
}

void compile_and_apply(std::string_view text, bb::SchemaDraft draft) {
  const auto schema = compile(text, draft);
  const auto again = compile(text, draft);
  BB_ASSERT(schema.has_value() == again.has_value());
  if (!schema) {
    check_error(schema.error());
    BB_ASSERT(schema.error() == again.error());
    return;
  }
  BB_ASSERT(schema->uri() == again->uri());
  BB_ASSERT(schema->draft() == again->draft());
  BB_ASSERT(std::ranges::find(schema->documents(), kUri) != schema->documents().end() ||
            !schema->documents().empty());

  bb::SchemaValidator validator;
  for (const std::string_view instance : {"null", "[1,\"a\",[]]", R"({"a":{"b":[1.5]},"":0})"}) {
    const bool valid = validator.is_valid(*schema, instance);
    BB_ASSERT(valid == validator.is_valid(*again, instance));
    BB_ASSERT(valid == validator.validate(*schema, instance).valid);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  compile_and_apply(text, bb::SchemaDraft::k2020_12);
  // Without `$schema` the draft decides what the keywords mean.
  if (!text.contains("$schema")) {
    compile_and_apply(text, bb::SchemaDraft::k2019_09);
    compile_and_apply(text, bb::SchemaDraft::k7);
  }

  bb::SchemaSet set;
  if (const auto uri = set.add(kUri, std::string(text))) {
    if (const auto checked = set.check_all(*uri); !checked) check_error(checked.error());
  }
  return 0;
}
