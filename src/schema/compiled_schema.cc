#include "schema/compiled_schema.h"

#include <utility>

namespace bb {

namespace schema {

CompiledImpl::CompiledImpl(SchemaModel built) : model(std::move(built)), program(generate(model)) {}

}  // namespace schema

CompiledSchema::CompiledSchema(std::shared_ptr<const schema::CompiledImpl> impl)
    : impl_(std::move(impl)) {}
CompiledSchema::CompiledSchema(const CompiledSchema&) = default;
CompiledSchema::CompiledSchema(CompiledSchema&&) noexcept = default;
CompiledSchema& CompiledSchema::operator=(const CompiledSchema&) = default;
CompiledSchema& CompiledSchema::operator=(CompiledSchema&&) noexcept = default;
CompiledSchema::~CompiledSchema() = default;

const std::string& CompiledSchema::uri() const {
  return impl_->uri;
}
const std::string& CompiledSchema::title() const {
  return impl_->title;
}
SchemaDraft CompiledSchema::draft() const {
  return impl_->draft;
}
const std::vector<std::string>& CompiledSchema::documents() const {
  return impl_->documents;
}

}  // namespace bb
