// What a queue of type stream does: one list of messages, read by many, each at its own pace
// (https://www.rabbitmq.com/streams.html).
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>

#include "broker/broker_context.h"
#include "broker/consumer_arguments.h"
#include "broker/consumer_list.h"
#include "broker/queue_policy.h"
#include "broker/stream_log.h"

namespace bb::broker {

class Queue;

// The messages are in the storage; in memory are their places and, while a reader is a little
// behind, the last of them. Readers who wait at the end are given a message as it comes; the others
// take turns, each a bounded batch. Nothing that a reader does changes what the stream holds: that
// is for the limits of its policy, and goes by segments. Not thread-safe.
class Stream final : private Timer {
 public:
  // Of `queue`, which owns it. `context` outlives it.
  Stream(Queue& queue, BrokerContext& context);
  ~Stream() override;

  static StreamLog::Limits limits_of(const QueuePolicy& policy);

  // What an earlier run left; before anything else.
  void restore(StreamLog log);
  // The queue's policy is another one.
  void policy_changed();

  void push(Message::Ptr message, Position position);

  // Delivers nothing yet.
  void add_reader(Consumer& consumer, const StreamStart& start);
  void remove_reader(Consumer& consumer);
  // It may be able to take messages again.
  void resume(Consumer& consumer);
  // Readers who are behind get some of what they want, if there is anybody.
  void take_turns();

  // The end: everything is dropped, consumers are cancelled.
  void close();

  const StreamLog& log() const { return log_; }
  std::size_t reader_count() const { return readers_.size(); }

 private:
  using Hook = boost::intrusive::list_member_hook<>;
  struct Reader {
    Consumer* consumer = nullptr;
    StreamLog::Cursor cursor;  // means nothing in `waiting_`
    StreamOffset from = 0;     // wants nothing before it
    bool waits = false;        // in `waiting_`
    Hook hook;                 // not linked: it cannot take
  };
  using Line =
      boost::intrusive::list<Reader, boost::intrusive::member_hook<Reader, Hook, &Reader::hook>>;

  void on_time() override;
  void set_timer();
  void schedule();
  void stand_in_line(Reader& reader);
  void leave_line(Reader& reader);
  // Gives a batch to a reader who is behind; returns the bytes of the bodies.
  std::size_t read(Reader& reader);
  StreamLog::Cursor place_of(const StreamStart& start);
  // nullptr, and logged, if it cannot be read.
  Message::Ptr message_at(const StreamLog::Entry& entry);
  static void deliver(Reader& reader, Message::Ptr message, StreamOffset offset);
  void hold(Message::Ptr message);
  void let_go(StreamOffset before);
  bool everybody_waits() const { return readers_.size() == waiting_.size(); }
  void let_go_if_unwanted();
  void drop_old(bool by_size);
  void count_memory();

  Queue& queue_;
  BrokerContext& context_;
  StreamLog log_;
  std::size_t memory_counted_ = 0;

  std::list<Reader> readers_;  // in the order in which they came
  std::unordered_map<const Consumer*, std::list<Reader>::iterator> by_consumer_;
  Line waiting_;                     // at the end
  Line reading_;                     // behind, and able to take
  bool scheduled_ = false;           // take_turns() is in the deferred work
  std::optional<TimePoint> old_at_;  // when the first segment is too old

  std::deque<Message::Ptr> held_;  // the last ones
  std::uint64_t held_bytes_ = 0;
};

}  // namespace bb::broker
