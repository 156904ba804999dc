// What RabbitMQ's rabbit_misc does with a pair of arguments: whether they are the
// same, and how they read in the text of the error when they are not.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "amqp/field_table.h"

namespace bb::amqp {
namespace {

// In the order of the alternatives of FieldValue::Variant.
constexpr std::array<std::string_view, std::variant_size_v<FieldValue::Variant>> kTypeNames{
    "void",      "bool",        "byte",   "unsignedbyte", "short", "unsignedshort",
    "signedint", "unsignedint", "long",   "long",         "float", "double",
    "decimal",   "longstr",     "binary", "timestamp",    "array", "table"};

// A whole number of any width and sign: two are equal when their values are.
struct WholeNumber {
  bool negative;
  std::uint64_t bits;  // two's complement
  friend bool operator==(const WholeNumber&, const WholeNumber&) = default;
};

std::optional<WholeNumber> whole_number(const FieldValue& value) {
  return std::visit(
      [](const auto& held) -> std::optional<WholeNumber> {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::same_as<T, FieldTimestamp>) {
          return WholeNumber{false, held.seconds};
        } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
          return WholeNumber{std::cmp_less(held, 0), static_cast<std::uint64_t>(held)};
        } else {
          return std::nullopt;
        }
      },
      value.value);
}

std::optional<double> floating_number(const FieldValue& value) {
  if (const auto* single = std::get_if<float>(&value.value)) return *single;
  if (const auto* real = std::get_if<double>(&value.value)) return *real;
  return std::nullopt;
}

const std::string* content(const FieldValue& value) {
  if (const auto* bytes = std::get_if<FieldBytes>(&value.value)) return &bytes->value;
  return value.as_string();
}

// As Erlang prints a float: 1.5, 100.0, 1.0e22.
std::string erlang_float(double number) {
  std::string text = fmt::format("{}", number);
  std::erase(text, '+');
  if (text.find_first_of(".n") != std::string::npos) return text;  // "nan" and "inf" stay
  const std::size_t exponent = std::min(text.find('e'), text.size());
  return text.insert(exponent, ".0");
}

std::string erlang_term(const FieldValue& value);

std::string erlang_list(const FieldArray& array) {
  std::string text = "[";
  for (const FieldValue& element : array) {
    if (text.size() > 1) text += ',';
    text += fmt::format("{{{},{}}}", type_name(element), erlang_term(element));
  }
  return text + "]";
}

std::string erlang_list(const FieldTable& table) {
  std::string text = "[";
  for (const auto& [name, element] : table.entries()) {
    if (text.size() > 1) text += ',';
    text += fmt::format("{{<<\"{}\">>,{},{}}}", name, type_name(element), erlang_term(element));
  }
  return text + "]";
}

std::string erlang_term(const FieldValue& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::same_as<T, std::monostate>) {
          return "undefined";
        } else if constexpr (std::same_as<T, Decimal>) {
          return fmt::format("{{{},{}}}", held.scale, held.value);
        } else if constexpr (std::same_as<T, FieldTimestamp>) {
          return fmt::format("{}", held.seconds);
        } else if constexpr (std::same_as<T, std::string>) {
          return fmt::format("<<\"{}\">>", held);
        } else if constexpr (std::same_as<T, FieldBytes>) {
          return fmt::format("<<\"{}\">>", held.value);
        } else if constexpr (std::floating_point<T>) {
          return erlang_float(held);
        } else if constexpr (std::integral<T>) {
          return fmt::format("{}", held);
        } else {
          return erlang_list(held);
        }
      },
      value.value);
}

}  // namespace

bool equivalent(const FieldValue& a, const FieldValue& b) {
  if (const auto number = whole_number(a)) return number == whole_number(b);
  if (const auto number = floating_number(a)) return number == floating_number(b);
  if (const auto* text = content(a)) {
    const auto* other = content(b);
    return other != nullptr && *text == *other;
  }
  if (const auto *array = a.as_array(), *other = b.as_array(); array && other) {
    return std::ranges::equal(*array, *other, equivalent);
  }
  if (const auto *table = a.as_table(), *other = b.as_table(); table && other) {
    return std::ranges::equal(table->entries(), other->entries(), [](const auto& x, const auto& y) {
      return x.first == y.first && equivalent(x.second, y.second);
    });
  }
  return a == b;
}

std::string to_string(const FieldValue& value) {
  if (std::holds_alternative<std::monostate>(value.value)) return "none";
  if (const auto* text = content(value)) return fmt::format("'{}'", *text);
  return fmt::format("'{}'", erlang_term(value));
}

std::string_view type_name(const FieldValue& value) {
  return kTypeNames[value.value.index()];
}

}  // namespace bb::amqp
