// What a storage found of an earlier run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/queued_message.h"
#include "broker/storage.h"
#include "broker/stream_log.h"

namespace bb::broker {

struct StoredDefinition {
  DefinitionKind kind;
  std::string key;
  std::string value;
};

struct StoredState {
  std::vector<StoredDefinition> definitions;  // ordered by kind
  // What each queue still held, in order; without the messages themselves.
  std::map<QueueId, std::vector<QueuedMessage>> queues;
  std::map<QueueId, StreamLog> streams;
  QueueId next_queue_id = 1;  // larger than every number that was given
};

}  // namespace bb::broker
