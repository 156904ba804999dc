// What a broker can be set to. Every limit of the core is here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "amqp/constants.h"
#include "broker/validation_policy.h"

namespace bb::broker {

// How much of what was published to the events exchange is kept for those who look back.
struct HistoryLimits {
  std::uint64_t bytes_max = 1ull << 30;  // of bodies
  std::string age_max = "30D";           // as parse_age() takes it
};

struct Options {
  std::string product = "Bloodbank";
  std::string version;
  std::string cluster_name = "bloodbank";
  std::uint64_t seed = 0;  // of generated queue names and consumer tags

  std::size_t connections_max = 8192;                    // kept by whoever accepts them
  std::uint16_t channel_max = amqp::kDefaultChannelMax;  // channels of one connection
  std::uint32_t frame_max_bytes = amqp::kDefaultFrameMaxBytes;
  std::uint16_t heartbeat_seconds = amqp::kDefaultHeartbeatSeconds;
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds close_timeout{5'000};  // for the peer's close-ok

  // What the exchange of this name asks of its events in vhost "/", whatever its arguments say: an
  // argument that clients do not know of would make their redeclarations fail.
  std::string events_exchange;
  std::optional<ValidationPolicy> events_validation;
  std::uint64_t quarantine_bytes_max = 256ull << 20;  // of each queue of refused events
  // Likewise, in vhost "/": the stream "<events_exchange>.history" gets all that is published to
  // it.
  std::optional<HistoryLimits> events_history;

  std::uint64_t body_bytes_max = 128ull << 20;
  // Of what clients send: fields of one table with those in it, and how deep they lie. What the
  // decoder takes is the most there can be.
  std::size_t table_fields_max = amqp::kTableEntriesMax;
  std::size_t table_depth_max = amqp::kTableDepthMax;
  // Messages of a queue that does not say how many it holds; more are refused unless its overflow
  // says otherwise. Nothing: as many as the disk has room for.
  std::optional<std::uint64_t> queue_length_max;
  // Deliveries to a connection pause while this much waits for its socket.
  std::size_t output_bytes_max = 1 << 20;
  // Of messages that the storage keeps only the place stays in memory while messages hold more.
  std::uint64_t resident_bytes_max = 16ull << 20;
  // Connections that publish are no longer read while messages hold more than this.
  std::uint64_t memory_bytes_max = 4ull << 30;
  std::size_t vhosts_max = 1024;
  std::size_t users_max = 65'536;
  std::size_t permissions_max = 262'144;            // of all users in all vhosts
  std::size_t permission_pattern_bytes_max = 1024;  // each of the three
  std::size_t user_tags_max = 32;

  // A refused log-in is answered after this, and this much later each time that the same address is
  // refused again before login_memory has passed.
  std::chrono::milliseconds login_refusal_delay{1000};
  // Below the few seconds that clients give a log-in, or they would call it unreachable.
  std::chrono::milliseconds login_refusal_delay_max{2000};
  std::chrono::seconds login_memory{60};
  std::size_t login_peers_max = 4096;  // addresses whose refusals are counted

  // Of each vhost:
  std::size_t queues_max = 262'144;
  std::size_t exchanges_max = 65'536;
  std::size_t bindings_max = 2'097'152;
  std::uint64_t transaction_bytes_max = 256ull << 20;  // published and not committed
  std::size_t consumers_per_channel_max = 65'536;
  std::size_t deaths_max = 256;            // that a message's x-death tells of
  std::size_t work_per_turn_max = 1024;    // dead letters and timers between two reads
  std::size_t expiries_per_turn_max = 64;  // of one queue
};

}  // namespace bb::broker
