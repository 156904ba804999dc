// What a broker may, must and must not have, kept beside it from what its clients ask for.
//
// Queues are known exactly while the broker lives: whatever is delivered is the first that
// waits. What is on disk is known in bounds: an effect is in the log somewhere behind one
// position and, once it was flushed, before another; a restart tells where the log was cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "broker/log_storage.h"
#include "command.h"
#include "event_log.h"
#include "log/log_format.h"
#include "tap_storage.h"
#include "wire_reader.h"

namespace bb::sim {

using ClientNumber = std::size_t;
using broker::Position;
using broker::QueueId;

// What is there after a start, looked up in the broker itself.
struct Inventory {
  using Binding = std::tuple<std::string, std::string, std::string>;  // exchange, queue, key
  Position log_end = 0;
  std::map<std::string, QueueId> queues;
  std::set<std::string> exchanges;
  std::set<Binding> bindings;
  std::map<QueueId, std::vector<broker::QueuedMessage>> messages;
  struct Stream {
    broker::StreamOffset first_offset = 0;
    std::vector<Position> positions;  // 0: lost
  };
  std::map<QueueId, Stream> streams;
};

class Model {
 public:
  using Stretches = std::vector<std::pair<Position, Position>>;

  explicit Model(EventLog& log) : log_(log) {}

  // Names.
  bool has_queue(const std::string& name) const { return queues_.contains(name); }
  bool has_exchange(const std::string& name) const;
  // Whether the command may come after others in one turn: it only adds at the end of queues, or
  // takes from their beginning.
  bool may_share_turn(ClientNumber client, const Command& command) const;
  std::size_t waiting_count() const;
  // Of a stream; 0 where there is none.
  broker::StreamOffset next_offset(const std::string& stream) const;
  bool has_read_all(ClientNumber client, const std::string& consumer) const;
  std::size_t unacked_count(ClientNumber client) const;

  MessageId add_post(Post post);
  const Post& post(MessageId id) const { return posts_[id - 1]; }
  std::size_t post_count() const { return posts_.size(); }

  // A turn: begin_turn(), what goes in, what came of it, end_turn().
  void begin_turn(Position log_end);
  void connected(ClientNumber client);
  void disconnected(ClientNumber client);
  // `queue_id` finds the number of a queue that the broker has.
  void apply(ClientNumber client, const Command& command, std::deque<TapStorage::Append>& appends,
             const std::function<QueueId(const std::string&)>& queue_id);
  void received(ClientNumber client, const WireEvent& event);
  // The stream has dropped what is before that offset.
  void truncated(QueueId stream, broker::StreamOffset first_offset);
  void storage_failed() { storage_failed_ = true; }
  // `confirms_due`: all that is durable has been answered, up to there.
  void end_turn(Position confirms_due);

  // The disk's side. The log is written up to `log_end`; `with_all`: what was asked so far is in
  // it.
  void flushed(Position log_end, bool with_all);
  // A sync is done that began when the log ended at `log_end`, and was written up to `written`.
  void synced(Position written, Position log_end);
  Position written() const { return written_; }
  // A checkpoint says all that was asked so far, whether or not the log does; it is being written;
  // it is on the disk.
  void checkpoint_begun() { checkpoint_begun_ = effects_.size(); }
  void checkpoint_runs() { checkpoint_possible_ = checkpoint_begun_; }
  void checkpoint_done() { checkpoint_done_ = checkpoint_begun_; }

  // The machine ended when its log ended at `log_end`; and has started again.
  void ended(bool power_failed, Position log_end);
  // Once more, before it had started.
  void power_failed() { end_low_ = std::min(end_low_, durable_); }
  void started(const Inventory& found) { started(found, nullptr); }
  // After a repair that gave up these stretches of the log.
  // False: the broker has what was done with before an earlier start, so that the model does not
  // know it any more.
  bool repaired(const Inventory& found, const Stretches& given_up) {
    forgotten_came_back_ = false;
    started(found, &given_up);
    return !forgotten_came_back_;
  }

 private:
  static constexpr Position kNever = ~Position{0};
  struct Effect {
    Position earliest = 0;      // not in a log that ends here or before
    Position certain = kNever;  // in every log that ends here or later
  };
  using EffectNumber = std::size_t;
  static constexpr EffectNumber kNone = ~EffectNumber{0};

  struct Held {  // a message in one queue
    MessageId id = 0;
    Position position = 0;  // 0: the storage does not have it for this queue
    Position end = 0;       // behind its record
    bool was_delivered = false;
    bool redelivered = false;  // what the next delivery says
    bool delivery_is_durable = false;
    EffectNumber delivered = kNone;
    EffectNumber settled = kNone;
  };
  struct Queue {
    std::string name;
    bool durable = false;
    bool gone = false;
    QueueId id = 0;
    EffectNumber forgotten = kNone;
    std::map<std::uint64_t, Held> waiting;  // by place
    std::vector<Held> settled;              // that may come back
    // Of the current turn.
    std::uint64_t taken_last = 0;
    bool was_empty = false;

    // Of a stream: all that it had since the last start, by offset.
    bool is_stream = false;
    std::deque<Held> entries;
    broker::StreamOffset base = 0;   // of the first of them
    broker::StreamOffset first = 0;  // that it has not dropped
    struct Truncation {
      broker::StreamOffset first = 0;
      EffectNumber effect = kNone;
    };
    std::vector<Truncation> truncations;  // since the last start

    broker::StreamOffset next() const { return base + entries.size(); }
    std::size_t size() const {
      return is_stream ? static_cast<std::size_t>(next() - first) : waiting.size();
    }
    const Held& at(broker::StreamOffset offset) const { return entries[offset - base]; }
  };
  using QueuePtr = std::shared_ptr<Queue>;
  struct Consumer {
    QueuePtr queue;
    bool no_ack = false;
    std::uint16_t prefetch = 0;
    std::size_t unacked = 0;
    broker::StreamOffset next = 0;  // what it gets next of a stream
  };
  struct Unacked {
    QueuePtr queue;
    std::uint64_t place = 0;
    Held held;
    std::string consumer;  // empty for basic.get
  };
  struct Unconfirmed {
    MessageId id = 0;
    Position end = 0;  // 0: nothing to wait for
    bool refused = false;
  };
  struct Client {
    bool connected = false;
    bool failing = false;
    std::uint32_t close_due = 0;  // the code that its channel is to be closed with
    bool confirms = false;
    std::uint16_t prefetch = 0;
    std::uint64_t next_publish = 1;
    std::map<std::uint64_t, Unconfirmed> unconfirmed;
    std::map<std::string, Consumer> consumers;
    std::map<std::uint64_t, Unacked> unacked;
    std::deque<std::pair<QueuePtr, bool>> gets;        // no_ack
    std::map<const Queue*, std::uint64_t> taken_last;  // of the current turn
    std::optional<std::uint32_t> count_due;            // what an answer is to say
  };
  struct Definition {
    bool exists = false;
    QueueId id = 0;
    EffectNumber effect = kNone;
  };

  EffectNumber new_effect();
  bool may_survive(EffectNumber effect, Position end) const;
  bool must_survive(EffectNumber effect, Position end) const;
  void define(const std::string& key, bool exists, QueueId id = 0);
  static std::string binding_key(const Inventory::Binding& binding);

  void publish(Client& client, const Command& command, std::deque<TapStorage::Append>& appends);
  std::vector<QueuePtr> route(const Post& post) const;
  void settle(const QueuePtr& queue, Held held);
  void put_back(const Unacked& unacked);
  void return_all(Client& client);
  void fail_channel(Client& client, std::uint32_t code);
  std::vector<Unacked> take_unacked(Client& client, std::uint64_t tag, bool multiple);
  void delete_queue(const std::string& name);
  void delete_exchange(const std::string& name);
  void erase_binding(const Inventory::Binding& binding);
  Client& client_at(ClientNumber number);

  void delivered(ClientNumber number, Client& client, const WireEvent& event);
  void confirmed(ClientNumber number, Client& client, const WireEvent& event);
  void read(ClientNumber number, Client& client, Consumer& consumer, const WireEvent& event);
  // Of a stream: what its reader could be given.
  static std::optional<broker::StreamOffset> next_readable(const Consumer& consumer);
  void check_readers(ClientNumber number, const Client& client);
  void check_stream(Queue& stream, const Inventory::Stream& found, Position end, bool damaged);
  std::string where_is(const Queue& queue, MessageId id) const;

  void started(const Inventory& found, const Stretches* given_up);
  bool possible(const std::vector<Definition>& history, bool exists, QueueId id,
                Position end) const;
  void check_definition(const std::string& key, bool exists, QueueId id, Position end,
                        bool damaged);
  void check_queue(Queue& queue, const std::vector<broker::QueuedMessage>& found, Position end,
                   const Stretches* given_up);

  EventLog& log_;
  std::vector<Post> posts_;
  std::map<std::string, QueuePtr> queues_;
  std::vector<QueuePtr> gone_queues_;  // that may come back
  std::set<std::string> exchanges_;
  std::set<Inventory::Binding> bindings_;
  std::map<std::string, std::vector<Definition>> definitions_;  // by kind and name
  std::vector<Client> clients_;
  std::uint64_t next_place_ = 1;
  std::uint64_t first_new_place_ = 1;  // of this turn
  bool storage_failed_ = false;
  bool forgotten_came_back_ = false;

  std::vector<Effect> effects_;
  EffectNumber first_unflushed_ = 0;
  EffectNumber checkpoint_begun_ = 0;
  EffectNumber checkpoint_possible_ = 0;
  EffectNumber checkpoint_done_ = 0;
  Position turn_begin_ = 0;        // where the log ended
  Position written_ = 0;           // all before it survives a kill
  Position durable_ = 0;           // all before it survives a crash
  Position durable_possible_ = 0;  // nothing behind it is confirmed
  Position end_low_ = 0;           // where the log of the machine that ended is cut
  Position end_high_ = log::kSegmentHeaderBytes;
};

}  // namespace bb::sim
