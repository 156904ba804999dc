// Field tables: the typed name-value lists of AMQP (0-9-1 §4.2.5.5, with the type
// letters that RabbitMQ uses, https://www.rabbitmq.com/amqp-0-9-1-errata §3).
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "bloodbank/result.h"

namespace bb::amqp {

struct FieldValue;
using FieldArray = std::vector<FieldValue>;

// Fields in the order of the wire. A name that comes twice is kept twice; find()
// gives the first.
class FieldTable {
 public:
  using Entry = std::pair<std::string, FieldValue>;

  FieldTable();
  FieldTable(std::initializer_list<Entry> entries);
  FieldTable(const FieldTable&);
  FieldTable(FieldTable&&) noexcept;
  FieldTable& operator=(const FieldTable&);
  FieldTable& operator=(FieldTable&&) noexcept;
  ~FieldTable();

  const FieldValue* find(std::string_view name) const;
  // Replaces the first field of that name, or adds one at the end.
  void set(std::string_view name, FieldValue value);
  void append(std::string name, FieldValue value);
  // Removes every field of that name; true if there was one.
  bool erase(std::string_view name);

  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const;

  friend bool operator==(const FieldTable&, const FieldTable&);

 private:
  std::vector<Entry> entries_;
};

struct Decimal {  // 'D': value / 10^scale
  std::uint8_t scale = 0;
  std::int32_t value = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};
struct FieldTimestamp {  // 'T': seconds since 1970
  std::uint64_t seconds = 0;
  friend bool operator==(const FieldTimestamp&, const FieldTimestamp&) = default;
};
struct FieldBytes {  // 'x'
  std::string value;
  friend bool operator==(const FieldBytes&, const FieldBytes&) = default;
};

// One typed value. The alternatives are, in order, the type letters
// V t b B s u I i l L f d D S x T A F.
struct FieldValue {
  using Variant =
      std::variant<std::monostate, bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t,
                   std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float, double, Decimal,
                   std::string, FieldBytes, FieldTimestamp, FieldArray, FieldTable>;
  Variant value;

  FieldValue() = default;
  template <class T>
    requires(!std::same_as<std::decay_t<T>, FieldValue>) && std::constructible_from<Variant, T>
  FieldValue(T&& from) : value(std::forward<T>(from)) {}      // NOLINT(google-explicit-constructor)
  FieldValue(const char* text) : value(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  FieldValue(std::string_view text) : value(std::string(text)) {}  // NOLINT

  // The value of any of the integer types; nullopt for other types and for what
  // int64 cannot hold.
  std::optional<std::int64_t> as_integer() const;
  // The text of an 'S'; nullptr for other types.
  const std::string* as_string() const;
  const bool* as_bool() const;
  const FieldTable* as_table() const;
  const FieldArray* as_array() const;

  friend bool operator==(const FieldValue&, const FieldValue&) = default;
};

// Equality as RabbitMQ compares the arguments of a redeclaration: integers and
// timestamps are equal by value whatever their types, so are the two floating types,
// and text and bytes by content. An integer never equals a floating number.
bool equivalent(const FieldValue& a, const FieldValue& b);

// A value as it stands in RabbitMQ's error texts, quotes included: `'lazy'`, `'1000'`,
// `'true'`, `'1.5'`, `'[{signedint,5}]'` for an array, and `none` for a void.
std::string to_string(const FieldValue& value);

// RabbitMQ's name of the type, as in its error texts: "longstr", "signedint", "long".
std::string_view type_name(const FieldValue& value);

// The fields in the order of their names, as RabbitMQ leaves a table that it has set a field of.
FieldTable sorted(const FieldTable& table);

// Decodes the content of a table: what follows its 32-bit length. Bounded by
// kTableDepthMax and kTableEntriesMax; memory grows with the fields that were really
// read, never with a length that was announced. kSyntaxError says what is malformed
// and at which byte. An octet other than 0 is a true 't'.
Result<FieldTable> decode_table(ByteView content);

// As decode_table(), without building anything: allocates only for the error.
Result<void> check_table(ByteView content);

// Appends the table with its 32-bit length in front. Names above 255 bytes are cut.
// A uint64 that int64 can hold is written as 'l', which every client reads; a larger
// one as 'L' (RabbitMQ reads that letter as signed, too).
void encode_table(Buffer& out, const FieldTable& table);

// The content of the encoded table, without the length: what decode_table() takes.
std::string encode_table_content(const FieldTable& table);

}  // namespace bb::amqp
