#include "schema/explain.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/explainer.h"
#include "schema/verdicts.h"

namespace bb::schema {
namespace {

// By their offsets, and those of one offset in the order of the walk. Not std::stable_sort(), which
// clang refuses: that of libstdc++ 12 uses what C++17 deprecated.
std::vector<SchemaViolation> in_text_order(std::vector<SchemaViolation> walked) {
  std::vector<std::pair<std::size_t, std::size_t>> order;  // offset, index
  order.reserve(walked.size());
  for (const SchemaViolation& violation : walked) {
    order.emplace_back(violation.offset, order.size());
  }
  std::ranges::sort(order);
  std::vector<SchemaViolation> ordered;
  ordered.reserve(walked.size());
  for (const auto& [offset, index] : order) ordered.push_back(std::move(walked[index]));
  return ordered;
}

// Fills in lines and columns, in one pass: the violations are in the order of their offsets.
void locate(std::vector<SchemaViolation>& violations, const char* text,
            const SchemaReportOptions& options) {
  std::size_t line = options.first_line;
  std::size_t column = options.first_column;
  std::size_t at = 0;
  for (SchemaViolation& violation : violations) {
    for (; at < violation.offset; ++at) {
      if (text[at] == '\n') {
        ++line;
        column = 1;
      } else if ((text[at] & 0xC0) != 0x80) {  // not the continuation of a character
        ++column;
      }
    }
    violation.line = line;
    violation.column = column;
  }
}

}  // namespace

SchemaReport explain(const SchemaModel& model, const JsonView& json,
                     const SchemaReportOptions& options) {
  SchemaReport report;
  Verdicts verdicts(model, json);
  report.valid = verdicts.fits(model.root, 0, DynamicScopes::kEmpty);
  if (verdicts.error()) {
    report.valid = false;
    report.schema_error = verdicts.error();
    return report;
  }
  if (report.valid) return report;
  Explainer explainer(model, json, verdicts, options);
  explainer.run();
  report.violations = in_text_order(explainer.take_violations());
  report.left_out = explainer.left_out();
  // To see everything that is wrong can take more steps than to see that something is.
  const bool found_any = !report.violations.empty() || report.left_out > 0;
  report.schema_error = verdicts.pattern_error();
  if (!found_any && verdicts.error()) report.schema_error = verdicts.error();
  const auto& obstacle = verdicts.pattern_error() ? verdicts.pattern_error() : verdicts.error();
  if (found_any && obstacle) report.unfinished = obstacle->message;
  locate(report.violations, json.text, options);
  return report;
}

}  // namespace bb::schema
