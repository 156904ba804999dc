#include "broker/definition_journal.h"

namespace bb::broker {
namespace {

// Those that every vhost has are made anew.
bool survives(const Exchange& exchange) {
  return exchange.properties().durable && !exchange.name().empty() &&
         !exchange.name().starts_with("amq.");
}

// Bindings of the exchanges that every vhost has are to come back all the same.
bool keeps_bindings(const Exchange& exchange) {
  return exchange.properties().durable;
}

Destination destination_of(const Queue& queue) {
  return {DestinationKind::kQueue, queue.name()};
}

Destination destination_of(const Exchange& exchange) {
  return {DestinationKind::kExchange, exchange.name()};
}

}  // namespace

void DefinitionJournal::put(const StoredKey& key, const std::string& value) {
  if (!context_.restoring) context_.storage.put_definition(key.kind, key.key, value);
}

void DefinitionJournal::erase(const StoredKey& key) {
  context_.storage.erase_definition(key.kind, key.key);
}

void DefinitionJournal::put(const Exchange& exchange) {
  if (survives(exchange)) {
    put(exchange_key(vhost_, exchange.name()), encode_exchange(exchange.properties()));
  }
}

void DefinitionJournal::erase(const Exchange& exchange) {
  if (survives(exchange)) erase(exchange_key(vhost_, exchange.name()));
}

void DefinitionJournal::put(const Queue& queue) {
  if (queue.survives()) {
    put(queue_key(vhost_, queue.name()), encode_queue(queue.id(), queue.properties()));
  }
}

void DefinitionJournal::erase(const Queue& queue) {
  if (queue.survives()) erase(queue_key(vhost_, queue.name()));
}

void DefinitionJournal::put(const Exchange& from, const Binding& binding, const Queue& to) {
  if (!keeps_bindings(from) || !to.survives()) return;
  put(binding_key(vhost_, binding, destination_of(to)), encode_binding());
}

void DefinitionJournal::erase(const Exchange& from, const Binding& binding, const Queue& to) {
  if (!keeps_bindings(from) || !to.survives()) return;
  erase(binding_key(vhost_, binding, destination_of(to)));
}

void DefinitionJournal::put(const Exchange& from, const Binding& binding, const Exchange& to) {
  if (!keeps_bindings(from) || !keeps_bindings(to)) return;
  put(binding_key(vhost_, binding, destination_of(to)), encode_binding());
}

void DefinitionJournal::erase(const Exchange& from, const Binding& binding, const Exchange& to) {
  if (!keeps_bindings(from) || !keeps_bindings(to)) return;
  erase(binding_key(vhost_, binding, destination_of(to)));
}

}  // namespace bb::broker
