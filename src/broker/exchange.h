// Exchanges: where messages enter, and the bindings that lead them on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/field_table.h"
#include "base/bytes.h"
#include "bloodbank/result.h"
#include "broker/binding_list.h"
#include "broker/destination_set.h"
#include "broker/validation_policy.h"

namespace bb::broker {

enum class ExchangeType : std::uint8_t { kDirect, kFanout, kTopic, kHeaders };

// The argument that names an exchange for what finds no way.
inline constexpr std::string_view kAlternateExchange = "alternate-exchange";

std::string_view to_string(ExchangeType type);
std::optional<ExchangeType> parse_exchange_type(std::string_view name);

// What a message offers to routing.
struct RoutingInput {
  std::string_view routing_key;
  std::optional<ByteView> headers;  // the content of the encoded table
  // More routing keys, of CC and BCC: they count where the routing key does.
  std::span<const std::string> copies = {};
};

// The routing table of one exchange. Knows what is bound as opaque pointers: who deletes a
// queue or exchange unbinds it first.
class Exchange {
 public:
  struct Properties {
    ExchangeType type = ExchangeType::kDirect;
    bool durable = false;
    bool auto_delete = false;
    bool internal = false;
    amqp::FieldTable arguments;
  };

  Exchange(std::string name, Properties properties);
  ~Exchange();

  const std::string& name() const { return name_; }
  const Properties& properties() const { return properties_; }

  // What it asks of what is published to it. Not of what comes on from another exchange.
  ValidationPolicy validation() const { return validation_; }
  void set_validation(ValidationPolicy policy) { validation_ = policy; }

  // Where messages go that this one has no way for; nullptr: nowhere.
  const std::string* alternate() const;

  // `binding` is from here and new for `to`. kPreconditionFailed for arguments that a headers
  // exchange cannot take.
  Result<void> bind(const Binding& binding, Bound to);
  // `binding` is one that bind() took for `to`.
  void unbind(const Binding& binding, Bound to);
  // Of those that lead away from here.
  std::size_t binding_count() const { return binding_count_; }
  // Auto-delete, and nothing leads away: to be asked when a binding has gone.
  bool unused() const { return properties_.auto_delete && binding_count_ == 0; }

  // Appends what matches: the same one may be appended several times.
  void route(const RoutingInput& input, Destinations& to);

  // Bindings that lead here. The vhost keeps both their ends in step.
  BindingList& binding_list() { return bindings_; }
  const BindingList::Map& bindings() const { return bindings_.all(); }

  // True the first time it is called with a new `round`: a message passes once, though bindings may
  // lead in circles.
  bool visit(std::uint64_t round) {
    const bool first = last_round_ != round;
    last_round_ = round;
    return first;
  }

 private:
  class Router;
  class DirectRouter;
  class FanoutRouter;
  class TopicRouter;
  class HeadersRouter;
  static std::unique_ptr<Router> make_router(ExchangeType type);

  std::string name_;
  Properties properties_;
  std::unique_ptr<Router> router_;
  std::size_t binding_count_ = 0;
  ValidationPolicy validation_ = ValidationPolicy::kOff;
  BindingList bindings_;
  std::uint64_t last_round_ = 0;
};

}  // namespace bb::broker
