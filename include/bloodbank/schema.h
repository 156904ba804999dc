// JSON Schema: compile a schema once, check any number of JSON texts against it.
//
// Drafts 2020-12 (in full), 2019-09 and 7, by `$schema`. Nothing is ever fetched: a
// reference is resolved among the documents that a SchemaSet was given, by `$id`, by
// the URI they were added under, or through its map of URI prefixes to folders.
//
//   SchemaSet set;
//   BB_TRY_ASSIGN(auto id, set.add_file("events/hello.v1.schema.json"));
//   BB_TRY_ASSIGN(auto schema, set.compile(id));
//   SchemaValidator validator;                     // one per thread
//   if (!validator.is_valid(schema, payload)) ...  // allocates nothing
//   SchemaReport report = validator.validate(schema, payload);  // all that is wrong
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/result.h"

namespace bb {

enum class SchemaDraft : std::uint8_t { k7, k2019_09, k2020_12 };

struct SchemaOptions {
  // Of documents that do not say, with `$schema`, which one they are written in.
  SchemaDraft default_draft = SchemaDraft::k2020_12;
  // Whether `format` asserts; otherwise it is an annotation, unless the meta-schema
  // of the document demands the format-assertion vocabulary.
  bool assert_formats = true;
  // Whether documents are checked against their meta-schema. Without it, compiling takes half as
  // long, and the faults of a document may be told less well, or, where they change nothing, not at
  // all.
  bool check_documents = true;
};

namespace schema {
struct CompiledImpl;
class SetImpl;
class ValidatorImpl;
}  // namespace schema

// A schema made ready: immutable, cheap to copy, used by any number of threads at a time.
class CompiledSchema {
 public:
  explicit CompiledSchema(std::shared_ptr<const schema::CompiledImpl> impl);
  CompiledSchema(const CompiledSchema&);
  CompiledSchema(CompiledSchema&&) noexcept;
  CompiledSchema& operator=(const CompiledSchema&);
  CompiledSchema& operator=(CompiledSchema&&) noexcept;
  ~CompiledSchema();

  // The absolute URI it was compiled from: its `$id` where it has one.
  const std::string& uri() const;
  // Its `title`, empty if it has none.
  const std::string& title() const;
  SchemaDraft draft() const;
  // The URIs, as SchemaSet knows them, of the documents that went into it: its own and those it
  // refers to.
  const std::vector<std::string>& documents() const;

  const schema::CompiledImpl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const schema::CompiledImpl> impl_;
};

// The documents that schemas are made of. One thread at a time; what it compiles
// does not depend on it any more.
class SchemaSet {
 public:
  explicit SchemaSet(SchemaOptions options = {});
  SchemaSet(SchemaSet&&) noexcept;
  SchemaSet& operator=(SchemaSet&&) noexcept;
  ~SchemaSet();

  // Adds a document under `uri`, by which others may refer to it, and under the `$id`s
  // in it. A document that says no `$id` gets `uri` as its base. Returns the URI to compile
  // it by. Errors: kInvalidJson with line and column (also for one nested deeper than
  // kJsonDepthMax), kInvalidSchema for a `$schema` that is not known or an `$id` that two
  // documents claim. The same text twice is no error.
  Result<std::string> add(std::string_view uri, std::string text);

  // Reads a file and adds it under its file: URI. Its relative references are looked for beside it,
  // where no mapped prefix has them. kIo with the path and the reason.
  Result<std::string> add_file(const std::filesystem::path& path);

  // From now on a URI that begins with `uri_prefix` names the file of the remaining path
  // below `folder` (as it is, or with .json behind it). Never outside of `folder`. The
  // longest prefix that fits wins.
  void map_prefix(std::string uri_prefix, std::filesystem::path folder);

  // Compiles the schema at `uri` (which may have a fragment: a JSON pointer or an anchor),
  // after checking its document, and every document it refers to, against its meta-schema.
  // Errors: kInvalidSchema with every fault, a line each, told by its place in the document.
  Result<CompiledSchema> compile(std::string_view uri);

  // Every place of `uri`'s document that is a schema compiles on its own, referred to or not
  // (what `compile` does not look at): kInvalidSchema with every fault, a line each.
  Result<void> check_all(std::string_view uri);

  schema::SetImpl& impl() { return *impl_; }

 private:
  std::unique_ptr<schema::SetImpl> impl_;
};

// One thing that is wrong with a JSON text.
struct SchemaViolation {
  std::string instance_pointer;  // RFC 6901, "" for the whole: "/segments/3/start"
  std::size_t offset = 0;  // of the value (of the name, for a property that should not be there)
  std::size_t line = 0;    // from 1; 0 where it is not known
  std::size_t column = 0;  // from 1, in characters
  std::string keyword;     // "minimum"; "" for a schema that is `false`
  // Where the keyword is: the way there, through references ("/properties/a/$ref/minimum"),
  // and the place itself ("https://33god.dev/schemas/common.json#/$defs/confidence/minimum").
  std::string keyword_location;
  std::string absolute_keyword_location;
  std::string expected;    // "a number, at least 0"
  std::string found;       // shortened JSON: "-0.25", or "nothing"
  std::string suggestion;  // "did you mean \"language\"?", or empty
  // Set where this is no violation, but a keyword that could not be applied: why.
  std::string not_checked{};

  // One line for a person, without place: "expected a number, at least 0, but found -0.25".
  std::string message() const;
};

struct SchemaReport {
  bool valid = false;
  std::optional<JsonError> json_error;  // the text is not JSON; there are no violations then
  // The schema cannot be applied to this text: it refers to itself for ever, or one of its patterns
  // is too expensive. Not a verdict on the text; `violations` are what is wrong with it for
  // certain, and the keywords that were not checked.
  std::optional<Error> schema_error;
  std::vector<SchemaViolation> violations;
  std::size_t left_out = 0;  // violations beyond the limit
  std::string unfinished{};  // why there may be more violations than these; empty if there are not

  // For a person: a few lines for each violation, led by `name` and its place
  // ("event.json:3:14: /confidence: expected ..."), ended by a line on what was left out, and one
  // that says so if not everything was checked.
  std::string to_text(std::string_view name) const;
  // JSON Schema 2020-12 core §12.4.2, the "basic" output format, on one line. `errors` carry,
  // beyond the standard's, `line`, `column`, `expected`, `found`, `suggestion` and `notChecked`;
  // the whole, `leftOut` and `unfinished`.
  std::string to_basic_json() const;
};

struct SchemaReportOptions {
  std::size_t violations_max = 20;
  // What comes before the text in the document that a person sees, so that places are told in that
  // document.
  std::string pointer_prefix{};  // "/payload"
  std::size_t first_line = 1;    // of the text's first byte
  std::size_t first_column = 1;
};

// Checks texts. Holds the working memory, so that a valid text costs no allocation once
// a text of the same size has been seen: keep one for each thread and use it again.
//
// Where a name repeats in an object (RFC 8259 §4 leaves open what that means), every one of its
// values is checked, by `properties` and all other keywords that apply schemas to values;
// `minProperties` and `maxProperties` count each of them; `const`, `enum` and `uniqueItems` compare
// the last one.
//
// Calls use up to 4 MiB of the caller's stack, on texts and schemas that are nested deeply; so does
// SchemaSet::compile(), whose documents may be kJsonDepthMax (1,024) deep.
class SchemaValidator {
 public:
  SchemaValidator();
  SchemaValidator(SchemaValidator&&) noexcept;
  SchemaValidator& operator=(SchemaValidator&&) noexcept;
  ~SchemaValidator();

  // True if `json` is JSON (RFC 8259, UTF-8, no byte order mark, at most kJsonDepthMax deep) and
  // `schema` accepts it. False also where the schema cannot be applied: validate() tells.
  bool is_valid(const CompiledSchema& schema, std::string_view json);

  // The verdict of is_valid(), and everything that is wrong, in the order of the text.
  SchemaReport validate(const CompiledSchema& schema, std::string_view json,
                        const SchemaReportOptions& options = {});

 private:
  std::unique_ptr<schema::ValidatorImpl> impl_;
};

}  // namespace bb
