#include "filter/filter.h"

#include <fmt/format.h>

#include <utility>

#include "bloodbank/envelope.h"
#include "event/json_scanner.h"
#include "filter/evaluator.h"
#include "filter/parser.h"
#include "filter/program.h"

namespace bb::filter {
namespace {

std::unexpected<Error> to_error(std::string_view text, Fault fault) {
  const JsonError place =
      event::locate(text, {.offset = fault.offset, .reason = std::move(fault.reason)});
  const std::string line = text.contains('\n') ? fmt::format("line {}, ", place.line) : "";
  return fail(ErrorCode::kUsage,
              fmt::format("filter, {}column {}: {}", line, place.column, place.reason));
}

}  // namespace

Filter::Filter(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

Result<Filter> Filter::parse(std::string_view text) {
  if (text.size() > kFilterBytesMax) {
    return fail(ErrorCode::kUsage, fmt::format("a filter has at most {} bytes, and this one {}",
                                               kFilterBytesMax, text.size()));
  }
  auto program = parse_program(text);
  if (!program) return to_error(text, std::move(program).error());
  return Filter(std::make_shared<const Program>(*std::move(program)));
}

Result<bool> Filter::matches(std::string_view event, FilterScratch& scratch) const {
  if (scratch.reader.read(event)) return matches(scratch.reader.view(), scratch);
  if (const auto checked = check_json(event); !checked) {
    return fail(EnvelopeError{.json = checked.error(), .structure = {}}.to_error());
  }
  return fail(ErrorCode::kInvalidJson, "the event is too large to be read");
}

Result<bool> Filter::matches(const schema::JsonView& event, FilterScratch& scratch) const {
  return evaluate(*program_, event, scratch);
}

const std::string& Filter::text() const {
  return program_->text;
}

}  // namespace bb::filter
