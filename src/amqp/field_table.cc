#include "amqp/field_table.h"

#include <algorithm>
#include <type_traits>

namespace bb::amqp {

FieldTable::FieldTable() = default;
FieldTable::FieldTable(std::initializer_list<Entry> entries) : entries_(entries) {}
FieldTable::FieldTable(const FieldTable&) = default;
FieldTable::FieldTable(FieldTable&&) noexcept = default;
FieldTable& FieldTable::operator=(const FieldTable&) = default;
FieldTable& FieldTable::operator=(FieldTable&&) noexcept = default;
FieldTable::~FieldTable() = default;

const FieldValue* FieldTable::find(std::string_view name) const {
  const auto entry = std::ranges::find(entries_, name, &Entry::first);
  return entry == entries_.end() ? nullptr : &entry->second;
}

void FieldTable::set(std::string_view name, FieldValue value) {
  const auto entry = std::ranges::find(entries_, name, &Entry::first);
  if (entry == entries_.end()) {
    entries_.emplace_back(name, std::move(value));
  } else {
    entry->second = std::move(value);
  }
}

void FieldTable::append(std::string name, FieldValue value) {
  entries_.emplace_back(std::move(name), std::move(value));
}

bool FieldTable::erase(std::string_view name) {
  return std::erase_if(entries_, [&](const Entry& entry) { return entry.first == name; }) > 0;
}

bool FieldTable::empty() const {
  return entries_.empty();
}

bool operator==(const FieldTable& a, const FieldTable& b) {
  return a.entries_ == b.entries_;
}

std::optional<std::int64_t> FieldValue::as_integer() const {
  return std::visit(
      [](const auto& held) -> std::optional<std::int64_t> {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::integral<T> && !std::same_as<T, bool>) {
          if (!std::in_range<std::int64_t>(held)) return std::nullopt;
          return static_cast<std::int64_t>(held);
        } else {
          return std::nullopt;
        }
      },
      value);
}

const std::string* FieldValue::as_string() const {
  return std::get_if<std::string>(&value);
}
const bool* FieldValue::as_bool() const {
  return std::get_if<bool>(&value);
}
const FieldTable* FieldValue::as_table() const {
  return std::get_if<FieldTable>(&value);
}
const FieldArray* FieldValue::as_array() const {
  return std::get_if<FieldArray>(&value);
}

FieldTable sorted(const FieldTable& table) {
  std::vector<FieldTable::Entry> entries = table.entries();
  std::ranges::stable_sort(entries, {}, &FieldTable::Entry::first);
  FieldTable in_order;
  for (auto& [name, value] : entries) in_order.append(std::move(name), std::move(value));
  return in_order;
}

}  // namespace bb::amqp
