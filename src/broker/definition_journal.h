// Tells the storage which exchanges, queues and bindings of a vhost are to survive.
#pragma once

#include <string>

#include "broker/broker_context.h"
#include "broker/definition_codec.h"

namespace bb::broker {

// Whoever makes or removes something durable calls this: what is not durable is passed over here.
class DefinitionJournal {
 public:
  // Both outlive it.
  DefinitionJournal(const std::string& vhost, BrokerContext& context)
      : vhost_(vhost), context_(context) {}

  void put(const Exchange& exchange);
  void erase(const Exchange& exchange);
  void put(const Queue& queue);
  void erase(const Queue& queue);
  // A binding survives if both its ends do.
  void put(const Exchange& from, const Binding& binding, const Queue& to);
  void erase(const Exchange& from, const Binding& binding, const Queue& to);
  void put(const Exchange& from, const Binding& binding, const Exchange& to);
  void erase(const Exchange& from, const Binding& binding, const Exchange& to);

 private:
  void put(const StoredKey& key, const std::string& value);
  void erase(const StoredKey& key);

  const std::string& vhost_;
  BrokerContext& context_;
};

}  // namespace bb::broker
