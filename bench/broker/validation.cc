// What it costs that the broker checks each event against its schema.
#include <fstream>
#include <sstream>

#include "broker/amqp_peer.h"
#include "broker/endpoint.h"
#include "broker/modes.h"

namespace bb::bench {
namespace {

constexpr std::string_view kEventType = "transcription.voice.completed";
constexpr std::uint64_t kPrefetch = 2000;
constexpr std::uint64_t kAcknowledgeEvery = 250;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) fail("cannot read {}", path);
  return text.str();
}

// An envelope as `bb publish` writes it; its number is the end of its id.
EventText envelope_of(const std::string& payload) {
  const std::string before = "{\"event_id\":\"92ac3d31-3cbb-4518-9cc9-";
  return {fmt::format("{}000000000000\",\"event_type\":\"{}\","
                      "\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"version\":\"1.0.0\","
                      "\"source\":{{\"host\":\"bench\",\"type\":\"agent\",\"app\":\"broker_bench\","
                      "\"meta\":null}},\"correlation_ids\":[],\"agent_context\":null,"
                      "\"payload\":{}}}",
                      before, kEventType, payload),
          before.size()};
}

}  // namespace

void validation(Arguments& arguments) {
  amqp::AmqpPeer peer(arguments.text("peer", "classic"),
                      static_cast<std::uint16_t>(arguments.number("port", 5672)));
  const std::uint64_t events = arguments.number("events", 100'000);
  const std::string policy = arguments.text("policy", "strict");
  const EventText event = envelope_of(read_file(arguments.text("payload", "")));
  arguments.finish();
  peer.set_up_validation(policy, std::string(kEventType));
  Publisher publisher(peer.validation_publisher(std::string(kEventType)), events, 1000, event);
  const std::uint64_t begin = now_ns();
  run({&publisher});
  const double seconds = seconds_since(begin);
  // What was confirmed must be there.
  Consumer consumer(peer.consumer(0, kPrefetch), events, kAcknowledgeEvery, event);
  run({&consumer});
  consumer.link().settle();
  peer.tear_down_validation();
  fmt::print("{{\"events_per_s\": {:.0f}, \"event_bytes\": {}}}\n",
             static_cast<double>(events) / seconds, event.text.size());
}

}  // namespace bb::bench
