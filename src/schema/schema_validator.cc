#include <memory>
#include <utility>

#include "bloodbank/schema.h"
#include "event/json_scanner.h"
#include "schema/compiled_schema.h"
#include "schema/evaluator.h"
#include "schema/explain.h"
#include "schema/json_document.h"

namespace bb {
namespace schema {

class ValidatorImpl {
 public:
  JsonReader reader;
  EvaluationScratch scratch;
};

}  // namespace schema

SchemaValidator::SchemaValidator() : impl_(std::make_unique<schema::ValidatorImpl>()) {}
SchemaValidator::SchemaValidator(SchemaValidator&&) noexcept = default;
SchemaValidator& SchemaValidator::operator=(SchemaValidator&&) noexcept = default;
SchemaValidator::~SchemaValidator() = default;

bool SchemaValidator::is_valid(const CompiledSchema& schema, std::string_view json) {
  return impl_->reader.read(json) && schema::evaluate(schema.impl().program, impl_->reader.view(),
                                                      impl_->scratch) == schema::Verdict::kValid;
}

SchemaReport SchemaValidator::validate(const CompiledSchema& schema, std::string_view json,
                                       const SchemaReportOptions& options) {
  SchemaReport report;
  if (!impl_->reader.read(json)) {
    JsonError error{.offset = 0, .line = 1, .column = 1, .reason = "the text is too large"};
    if (auto fault = event::find_json_fault(json)) error = event::locate(json, *std::move(fault));
    if (error.line == 1) error.column += options.first_column - 1;
    error.line += options.first_line - 1;
    report.json_error = std::move(error);
    return report;
  }
  switch (schema::evaluate(schema.impl().program, impl_->reader.view(), impl_->scratch)) {
    case schema::Verdict::kValid:
      report.valid = true;
      return report;
    case schema::Verdict::kEndless:
      report.schema_error = {
          ErrorCode::kInvalidSchema,
          "the schema refers to itself without end, or is nested too deep to be checked"};
      return report;
    case schema::Verdict::kTooExpensive:
      report = schema::explain(schema.impl().model, impl_->reader.view(), options);
      // It may get by without the pattern's answer: by another fault.
      if (report.schema_error || report.valid) {
        report.valid = false;
        report.schema_error = {
            ErrorCode::kInvalidSchema,
            "a pattern of the schema takes too long on this text: write it without "
            "look-around and back-references"};
      }
      return report;
    case schema::Verdict::kTooComplex:
      report.schema_error = {ErrorCode::kInvalidSchema,
                             "checking takes too many steps: the schema has alternatives within "
                             "alternatives that all apply to the same values"};
      return report;
    case schema::Verdict::kInvalid:
      break;
  }
  return schema::explain(schema.impl().model, impl_->reader.view(), options);
}

}  // namespace bb
