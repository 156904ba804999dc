// A schema and a text: what comes before the first line break that is followed by another, and what
// comes after. Besides not crashing: is_valid() and validate() agree, a refusal says why, within
// its bounds and in both of its forms, and asking again says the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "bloodbank/envelope.h"
#include "bloodbank/schema.h"

namespace {

constexpr std::string_view kSeparator = "\n\n";
constexpr std::size_t kViolationsMax = 5;

void check_report(const bb::SchemaReport& report, std::string_view instance) {
  BB_ASSERT(report.violations.size() <= kViolationsMax);
  if (report.valid) {
    BB_ASSERT(!report.json_error && !report.schema_error && report.violations.empty());
    BB_ASSERT(report.left_out == 0);
  } else {
    BB_ASSERT(report.json_error || report.schema_error || !report.violations.empty());
  }
  for (const bb::SchemaViolation& violation : report.violations) {
    BB_ASSERT(violation.offset < instance.size());
    BB_ASSERT(violation.line > 0 && violation.column > 0);
    BB_ASSERT(violation.instance_pointer.empty() || violation.instance_pointer[0] == '/');
    BB_ASSERT(!violation.message().empty());
  }
  BB_ASSERT(report.valid || !report.to_text("fuzz").empty());
  const std::string basic = report.to_basic_json();
  BB_ASSERT(bb::check_json(basic));
  BB_ASSERT(!basic.contains('\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t separator = input.find(kSeparator);
  if (separator == std::string_view::npos) return -1;  // not worth keeping
  const std::string_view instance = input.substr(separator + kSeparator.size());

  bb::SchemaSet set;
  const auto uri =
      set.add("https://fuzz.invalid/schema.json", std::string(input.substr(0, separator)));
  if (!uri) return 0;
  const auto schema = set.compile(*uri);
  if (!schema) return 0;

  bb::SchemaValidator validator;
  const bool valid = validator.is_valid(*schema, instance);
  const bb::SchemaReport report =
      validator.validate(*schema, instance, {.violations_max = kViolationsMax});
  BB_ASSERT(valid == report.valid);
  BB_ASSERT(report.json_error.has_value() == !bb::check_json(instance).has_value());
  check_report(report, instance);

  // What a validator has seen before makes no difference.
  BB_ASSERT(valid == validator.is_valid(*schema, instance));
  BB_ASSERT(valid == bb::SchemaValidator().is_valid(*schema, instance));
  return 0;
}
