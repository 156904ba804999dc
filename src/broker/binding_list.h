// The bindings that lead to one queue or exchange.
#pragma once

#include <string>
#include <unordered_map>

#include "amqp/field_table.h"

namespace bb::broker {

// From where a queue or exchange gets messages, and which: what its source and it share of each
// other.
struct Binding {
  std::string exchange;
  std::string routing_key;
  amqp::FieldTable arguments;

  // Arguments are the same when their encoded bytes are: unlike `==` of the values, that holds for
  // a NaN too, so that what was bound can always be found again.
  friend bool operator==(const Binding& a, const Binding& b);
};

// No two of them are equal.
class BindingList {
 public:
  using Map = std::unordered_multimap<std::string, Binding>;  // by exchange, NUL, routing key

  // nullptr when it is not there.
  const Binding* find(const Binding& binding) const;
  void add(Binding binding);
  // It is there.
  void remove(const Binding& binding);

  const Map& all() const { return bindings_; }

 private:
  Map bindings_;
};

}  // namespace bb::broker
