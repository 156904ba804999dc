#include "broker/table_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "amqp/method_fields.h"
#include "base/try.h"

namespace bb::broker {
namespace {

// Depth is bounded by the decoder that made the table.
class Measure {
 public:
  void table(const amqp::FieldTable& table, std::size_t depth) {
    deepest = std::max(deepest, depth);
    for (const auto& [name, value] : table.entries()) field(value, depth);
  }

  std::size_t fields = 0;
  std::size_t deepest = 0;

 private:
  void field(const amqp::FieldValue& value, std::size_t depth) {
    ++fields;
    if (const amqp::FieldTable* const inner = value.as_table()) table(*inner, depth + 1);
    const amqp::FieldArray* const array = value.as_array();
    if (array == nullptr) return;
    deepest = std::max(deepest, depth + 1);
    for (const amqp::FieldValue& element : *array) field(element, depth + 1);
  }
};

// Visits the fields of a method as the codec's encoder does.
class TableCheck {
 public:
  static constexpr bool kWriting = true;

  explicit TableCheck(const Options& options) : options_(options) {}

  TableCheck& octet(std::uint8_t) { return *this; }
  TableCheck& short_integer(std::uint16_t) { return *this; }
  TableCheck& long_integer(std::uint32_t) { return *this; }
  TableCheck& long_long_integer(std::uint64_t) { return *this; }
  TableCheck& bit(bool) { return *this; }
  TableCheck& long_string(std::string_view) { return *this; }
  TableCheck& short_string(std::string_view) { return *this; }
  TableCheck& table(const amqp::FieldTable& table) {
    if (result_) result_ = check_table_limits(table, options_);
    return *this;
  }
  Result<void> result() && { return std::move(result_); }

 private:
  const Options& options_;
  Result<void> result_;
};

}  // namespace

Result<void> check_table_limits(const amqp::FieldTable& table, const Options& options) {
  Measure measure;
  measure.table(table, 1);
  if (measure.fields > options.table_fields_max) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a table of {} fields is larger than the limit of {}", measure.fields,
                            options.table_fields_max));
  }
  if (measure.deepest > options.table_depth_max) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a table of depth {} is nested deeper than the limit of {}",
                            measure.deepest, options.table_depth_max));
  }
  return {};
}

Result<void> check_table_limits(const amqp::Method& method, const Options& options) {
  return std::visit(
      [&](const auto& m) -> Result<void> {
        using M = std::decay_t<decltype(m)>;
        TableCheck check(options);
        if constexpr (!std::is_empty_v<M>) amqp::describe(check, m);
        return std::move(check).result();
      },
      method);
}

}  // namespace bb::broker
