// A client with one channel, and the two byte streams between it and the broker.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "command.h"
#include "model.h"
#include "wire_reader.h"

namespace bb::sim {

class SimClient final : private broker::ConnectionObserver {
 public:
  explicit SimClient(ClientNumber number) : number_(number) {}

  ClientNumber number() const { return number_; }
  bool connected() const { return connection_ != nullptr; }
  // Writes the handshake; the broker sees it as the network brings it. `prefetch` is for its
  // consumers.
  void connect(broker::Broker& broker, TimePoint now, std::uint16_t prefetch, bool confirms);
  // The line breaks: what is on its way is lost.
  void disconnect();
  // Its channel was closed, as it has read.
  bool refused() const { return refused_; }

  void write(Command command, const Model& model);

  // To the broker. Bytes that wait for the network.
  std::size_t outgoing_bytes() const { return outgoing_.size(); }
  // Brings about `wanted` bytes and says which commands are complete with them: as many as may come
  // in one turn.
  std::vector<Command> bring(std::size_t wanted, const Model& model, TimePoint now);

  // From the broker: what it has said since the last call, which is on its way from now on.
  // nullopt: it is no AMQP.
  std::optional<std::vector<WireEvent>> take_output(TimePoint now);
  std::size_t incoming_bytes() const { return incoming_.size(); }
  // `wanted` bytes come to the client.
  void read(std::size_t wanted);

  // What it knows that it holds.
  const std::vector<std::uint64_t>& held() const { return held_; }
  void forget_held(std::uint64_t tag, bool multiple);
  const std::set<std::string>& consumers() const { return consumers_; }
  // Reads a stream, or did: what it may hold of it is acknowledged, and nothing else.
  bool reads_streams() const { return reads_streams_; }
  std::uint16_t prefetch() const { return prefetch_; }
  std::string new_consumer_tag() { return fmt::format("c{}.{}", number_, ++last_consumer_); }

 private:
  void attention() override {}
  void encode(Buffer& out, const Command& command, const Model& model);
  void note_end(Command command);

  const ClientNumber number_;
  std::unique_ptr<broker::Connection> connection_;
  std::string outgoing_;
  std::uint64_t brought_ = 0;                               // bytes of this connection
  std::deque<std::pair<std::uint64_t, Command>> commands_;  // by where they end
  std::string incoming_;
  WireReader tap_;
  WireReader reader_;
  bool refused_ = false;
  std::vector<std::uint64_t> held_;
  std::set<std::string> consumers_;
  std::set<std::string> silent_consumers_;  // that need no acks
  std::deque<bool> gets_;                   // no_ack
  std::uint64_t last_consumer_ = 0;
  bool reads_streams_ = false;
  std::uint16_t prefetch_ = 0;
};

}  // namespace bb::sim
