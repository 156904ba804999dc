// A small vocabulary for the tests of explain(): schemas and texts as they are, violations as
// lines.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bloodbank/schema.h"
#include "schema/compiled_schema.h"
#include "schema/explain.h"
#include "schema/json_document.h"

namespace bb::schema {

// explain()s `json` by a schema of draft 2020-12, unless it says another one, at
// "https://example.com/s.json". The verdict must be the validator's too.
inline SchemaReport explain_text(const std::string& schema, const std::string& json,
                                 const SchemaReportOptions& options = {}) {
  SchemaSet set;
  const auto uri = set.add("https://example.com/s.json", schema);
  if (!uri) {
    ADD_FAILURE() << uri.error().message;
    return {};
  }
  const auto compiled = set.compile(*uri);
  if (!compiled) {
    ADD_FAILURE() << compiled.error().message;
    return {};
  }
  const auto document = JsonDocument::read(std::string(json));
  if (document == nullptr) {
    ADD_FAILURE() << "not JSON: " << json;
    return {};
  }
  SchemaReport report = explain(compiled->impl().model, document->view(), options);
  EXPECT_EQ(report.valid, SchemaValidator().is_valid(*compiled, json)) << json;
  EXPECT_EQ(report.valid, report.violations.empty() && report.left_out == 0 && !report.schema_error)
      << json;
  return report;
}

using Lines = std::vector<std::string>;

// Each violation as "pointer: message [keyword location] suggestion".
inline Lines lines_of(const SchemaReport& report) {
  Lines lines;
  for (const SchemaViolation& violation : report.violations) {
    std::string line = violation.instance_pointer + ": " + violation.message() + " [" +
                       violation.keyword_location + "]";
    if (!violation.suggestion.empty()) line += " " + violation.suggestion;
    lines.push_back(line);
  }
  return lines;
}

inline Lines explain_lines(const std::string& schema, const std::string& json) {
  return lines_of(explain_text(schema, json));
}

}  // namespace bb::schema
