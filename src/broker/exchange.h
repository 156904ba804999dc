// Exchanges: where messages enter, and the bindings that lead them to queues.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "amqp/field_table.h"
#include "base/bytes.h"
#include "bloodbank/result.h"
#include "broker/destination_set.h"
#include "broker/validation_policy.h"

namespace bb::broker {

enum class ExchangeType : std::uint8_t { kDirect, kFanout, kTopic, kHeaders };

std::string_view to_string(ExchangeType type);
std::optional<ExchangeType> parse_exchange_type(std::string_view name);

// What a message offers to routing.
struct RoutingInput {
  std::string_view routing_key;
  std::optional<ByteView> headers;  // the content of the encoded table
};

// One queue's place under one key; the exchange's and the queue's shared view of it.
struct Binding {
  std::string exchange;
  std::string routing_key;
  amqp::FieldTable arguments;

  // Arguments are the same when their encoded bytes are: unlike `==` of the values, that holds for
  // a NaN too, so that what was bound can always be found again.
  friend bool operator==(const Binding& a, const Binding& b);
};

// The routing table of one exchange. Knows queues as opaque pointers: who deletes a
// queue unbinds it first.
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

  // `binding` is new for this queue. kPreconditionFailed for arguments that a headers exchange
  // cannot take.
  Result<void> bind(const Binding& binding, Queue* queue);
  // `binding` is one that bind() took for this queue.
  void unbind(const Binding& binding, Queue* queue);
  std::size_t binding_count() const { return binding_count_; }

  // Appends the queues that match to `queues`: a queue may be appended several times.
  void route(const RoutingInput& input, std::vector<Queue*>& queues);

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
};

}  // namespace bb::broker
