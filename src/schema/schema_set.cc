#include <fmt/format.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/try.h"
#include "bloodbank/schema.h"
#include "io/read_file.h"
#include "schema/compiled_schema.h"
#include "schema/document_index.h"
#include "schema/evaluator.h"
#include "schema/explain.h"
#include "schema/file_uri.h"
#include "schema/model_builder.h"

namespace bb {
namespace schema {
namespace {

constexpr std::size_t kSchemaBytesMax = 64U << 20;
constexpr std::size_t kViolationsMax = 20;

Result<SchemaModel> build_model(DocumentIndex& index, SchemaPlace root,
                                std::vector<std::uint32_t>* documents) {
  ModelBuilder builder(index);
  builder.build(root);
  if (builder.faults().empty()) {
    if (documents != nullptr) *documents = builder.documents();
    SchemaModel model = builder.take();
    const std::vector<std::string> loop = find_endless_loop(model);
    if (loop.empty()) return model;
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("{}: the schema refers to itself without end: {}", loop.front(),
                            fmt::join(loop, " -> ")));
  }
  return fail(ErrorCode::kInvalidSchema, fmt::format("{}", fmt::join(builder.faults(), "\n")));
}

std::shared_ptr<const CompiledImpl> compile_standard(SchemaDraft draft) {
  DocumentIndex index({.default_draft = draft, .assert_formats = false});
  const auto place = index.find(meta_schema_uri(draft));
  BB_ASSERT(place.has_value());
  auto model = build_model(index, *place, nullptr);
  BB_ASSERT(model.has_value());
  return std::make_shared<const CompiledImpl>(*std::move(model));
}

// Compiled when first asked for. Any number of threads.
const CompiledImpl& standard_meta_schema(SchemaDraft draft) {
  static std::array<std::once_flag, 3> once;
  static std::array<std::shared_ptr<const CompiledImpl>, 3> compiled;
  const auto index = static_cast<std::size_t>(draft);
  std::call_once(once[index], [&] { compiled[index] = compile_standard(draft); });
  return *compiled[index];
}

}  // namespace

class SetImpl {
 public:
  explicit SetImpl(SchemaOptions options) : index_(options) {}

  DocumentIndex& index() { return index_; }

  Result<CompiledSchema> compile(std::string_view uri) {
    BB_TRY_ASSIGN(const SchemaPlace place, index_.find(uri));
    // The document first: a fault of its shape would only show as odd faults of meaning.
    BB_TRY(check_document(place.document));
    std::vector<std::uint32_t> documents;
    auto model = build_model(index_, place, &documents);
    if (!model) {
      // Said better by the meta-schema, where it is a document that this one refers to.
      BB_TRY(check_loaded());
      return fail(std::move(model).error());
    }
    for (const std::uint32_t document : documents) BB_TRY(check_document(document));

    const IndexedResource& resource = index_.resource(index_.resource_at(place));
    auto impl = std::make_shared<CompiledImpl>(*std::move(model));
    impl->uri = resource.uri;
    if (place.node != resource.place.node) impl->uri = std::string(uri);
    impl->title = impl->model[impl->model.root].title;
    impl->draft = resource.dialect.draft;
    for (const std::uint32_t document : documents) {
      impl->documents.push_back(index_.document(document).uri);
    }
    return CompiledSchema(std::move(impl));
  }

  Result<void> check_all(std::string_view uri) {
    BB_TRY_ASSIGN(const SchemaPlace place, index_.find(uri));
    BB_TRY(check_document(place.document));
    ModelBuilder builder(index_);
    builder.build_all(place.document);
    if (!builder.faults().empty()) {
      return fail(ErrorCode::kInvalidSchema, fmt::format("{}", fmt::join(builder.faults(), "\n")));
    }
    for (const std::uint32_t document : builder.documents()) BB_TRY(check_document(document));
    const std::vector<std::string> loop = find_endless_loop(builder.take());
    if (loop.empty()) return {};
    return fail(ErrorCode::kInvalidSchema,
                fmt::format("{}: the schema refers to itself without end: {}", loop.front(),
                            fmt::join(loop, " -> ")));
  }

 private:
  Result<void> check_loaded() {
    for (std::uint32_t document = 0; document < index_.document_count(); ++document) {
      BB_TRY(check_document(document));
    }
    return {};
  }

  // Against its meta-schema, once.
  Result<void> check_document(std::uint32_t number) {
    const IndexedDocument& document = index_.document(number);
    if (!index_.options().check_documents) return {};
    if (document.is_standard || !checked_.insert(number).second) return {};
    const IndexedResource& root = index_.resource(document.resource_of[0]);
    std::shared_ptr<const CompiledImpl> own;
    if (!root.meta_schema.empty()) {
      BB_TRY_ASSIGN(own, own_meta_schema(root));
    }
    const CompiledImpl& meta = own ? *own : standard_meta_schema(root.dialect.draft);
    const JsonView& json = document.json->view();
    if (evaluate(meta.program, json, scratch_) == Verdict::kValid) return {};
    SchemaReport report = explain(meta.model, json, {.violations_max = kViolationsMax});
    if (report.valid) return {};
    std::string text;
    std::set<std::string> told;  // the vocabularies of a meta-schema may all say the same
    for (const SchemaViolation& violation : report.violations) {
      std::string line =
          fmt::format("{}:{}:{}: {}{}{}", document_name(document.uri), violation.line,
                      violation.column, violation.instance_pointer,
                      violation.instance_pointer.empty() ? "" : ": ", violation.message());
      if (!violation.suggestion.empty()) line += "; " + violation.suggestion;
      if (!told.insert(line).second) continue;
      if (!text.empty()) text += '\n';
      text += line;
    }
    if (report.left_out > 0) text += fmt::format("\n{} more faults", report.left_out);
    if (report.schema_error) text += report.schema_error->message;
    checked_.erase(number);
    return fail(ErrorCode::kInvalidSchema, std::move(text));
  }

  Result<std::shared_ptr<const CompiledImpl>> own_meta_schema(const IndexedResource& root) {
    if (const auto known = own_meta_schemas_.find(root.meta_schema);
        known != own_meta_schemas_.end()) {
      return known->second;
    }
    BB_TRY_ASSIGN(const SchemaPlace place, index_.find(root.meta_schema));
    auto model = build_model(index_, place, nullptr);
    if (!model) return fail(std::move(model).error());
    auto compiled = std::make_shared<const CompiledImpl>(*std::move(model));
    own_meta_schemas_.emplace(root.meta_schema, compiled);
    return compiled;
  }

  DocumentIndex index_;
  EvaluationScratch scratch_;
  std::unordered_set<std::uint32_t> checked_;
  std::unordered_map<std::string, std::shared_ptr<const CompiledImpl>> own_meta_schemas_;
};

}  // namespace schema

SchemaSet::SchemaSet(SchemaOptions options) : impl_(std::make_unique<schema::SetImpl>(options)) {}
SchemaSet::SchemaSet(SchemaSet&&) noexcept = default;
SchemaSet& SchemaSet::operator=(SchemaSet&&) noexcept = default;
SchemaSet::~SchemaSet() = default;

Result<std::string> SchemaSet::add(std::string_view uri, std::string text) {
  return impl_->index().add(uri, std::move(text));
}

Result<std::string> SchemaSet::add_file(const std::filesystem::path& path) {
  BB_TRY_ASSIGN(std::string text, io::read_file(path.string(), schema::kSchemaBytesMax));
  BB_TRY_ASSIGN(std::string uri, add(schema::file_uri(path), std::move(text)));
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (!error) impl_->index().map_beside(uri, absolute.lexically_normal());
  return uri;
}

void SchemaSet::map_prefix(std::string uri_prefix, std::filesystem::path folder) {
  impl_->index().map_prefix(std::move(uri_prefix), std::move(folder));
}

Result<CompiledSchema> SchemaSet::compile(std::string_view uri) {
  return impl_->compile(uri);
}

Result<void> SchemaSet::check_all(std::string_view uri) {
  return impl_->check_all(uri);
}

}  // namespace bb
