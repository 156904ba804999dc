// One text against its schema: the verdict of `bb validate`, and what it says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/schema.h"
#include "cli/validate_options.h"
#include "cli/validate_schemas.h"

namespace bb::cli {

enum class Verdict : std::uint8_t {
  kValid,
  kInvalid,
  kUnknown,  // its schema cannot be used
};

struct Findings {
  Verdict verdict = Verdict::kValid;
  std::string output;          // for standard output, in whole lines
  std::optional<Error> error;  // of kUnknown: why
};

// Where a text is.
struct TextPlace {
  std::string_view name;  // of the file
  std::size_t line = 1;   // of its first byte
};

// Not thread-safe: one for each thread.
class TextChecker {
 public:
  // Both outlive this.
  TextChecker(const ValidateOptions& options, ValidateSchemas& schemas)
      : options_(options), schemas_(schemas) {}

  // Allocates nothing for a valid payload. False also where explain() has to say more.
  bool is_valid(std::string_view text);

  // The verdict with everything there is to say. `output` is empty for a valid text, unless it is
  // to be JSON.
  Findings explain(std::string_view text, const TextPlace& place);

 private:
  Findings explain_payload(std::string_view text, const TextPlace& place);
  Findings explain_envelope(std::string_view text, const TextPlace& place);
  Findings explain_by(const CompiledSchema& schema, std::string_view text, const TextPlace& place,
                      const SchemaReportOptions& where);
  // What is wrong with `text` without a schema having said so. Violations that have no place get
  // that of their pointer.
  Findings refuse(std::string_view text, const TextPlace& place, SchemaReport report) const;
  Findings finish(const TextPlace& place, const SchemaReport& report, std::string text) const;
  Result<CompiledSchema> schema_of(const Envelope& envelope);

  const ValidateOptions& options_;
  ValidateSchemas& schemas_;
  SchemaValidator validator_;
};

// The output for a text that was refused unseen.
std::string refused_line(const TextPlace& place, std::string_view expected, std::string_view found,
                         bool as_json);

}  // namespace bb::cli
