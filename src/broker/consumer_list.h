// The consumers of one queue: who may take the next message.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "broker/queued_message.h"

namespace bb::broker {

// Who a queue delivers to. A consumer is in one queue from Queue::add_consumer() until
// Queue::remove_consumer() or cancelled().
class Consumer {
 public:
  virtual ~Consumer() = default;

  // Whether deliver() may be called now. Once it said no it is asked again only after
  // Queue::resume().
  virtual bool can_take() const = 0;
  // Must not call back into the queue, save for settle().
  virtual void deliver(QueuedMessage message) = 0;
  // The queue is gone; the consumer belongs to no queue any more.
  virtual void cancelled() = 0;

  std::int64_t priority() const { return priority_; }

 private:
  friend class ConsumerList;
  using Hook = boost::intrusive::list_member_hook<>;

  Hook everyone_;
  Hook line_;  // linked while it stands in line
  std::int64_t priority_ = 0;
};

// Consumers take turns. Those of a higher priority come first as long as one of them can take
// (https://www.rabbitmq.com/consumer-priority.html). With a single active consumer
// (https://www.rabbitmq.com/consumers.html#single-active-consumer) the one who came first gets
// everything until it leaves; then the next in line takes over, the higher priorities first.
//
// Every operation is constant in the number of consumers. Does not own them.
class ConsumerList {
 public:
  explicit ConsumerList(bool single_active) : single_active_(single_active) {}
  ~ConsumerList();
  ConsumerList(const ConsumerList&) = delete;
  ConsumerList& operator=(const ConsumerList&) = delete;

  // accepts() said that it may come.
  void add(Consumer& consumer, std::int64_t priority, bool exclusive);
  void remove(Consumer& consumer);
  // The one that came first, taken out; nullptr when none is left.
  Consumer* remove_first();
  // It may be able to take messages again.
  void resume(Consumer& consumer);

  // Whom the next message goes to; it goes to the end of its line. nullptr when nobody can take.
  Consumer* next();
  // Whether next() is worth a call.
  bool anyone_ready() const { return ready_count_ > 0; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // An exclusive consumer is alone, and never the single active one of several.
  bool accepts(bool exclusive) const {
    return !has_exclusive_ && (!exclusive || (size_ == 0 && !single_active_));
  }
  bool has_exclusive() const { return has_exclusive_; }
  // Whether messages may go to it now: with a single active consumer, whether it is that one.
  bool is_active(const Consumer& consumer) const { return !single_active_ || active_ == &consumer; }

 private:
  template <Consumer::Hook Consumer::* hook>
  using List = boost::intrusive::list<Consumer,
                                      boost::intrusive::member_hook<Consumer, Consumer::Hook, hook>,
                                      boost::intrusive::constant_time_size<false>>;
  // The consumers of one priority.
  struct Line {
    List<&Consumer::line_> waiting;  // those that may take a message, next first
    std::size_t members = 0;         // with those that stand elsewhere
  };

  Line& line_of(const Consumer& consumer) { return lines_.find(consumer.priority_)->second; }
  void stand_in_line(Consumer& consumer);
  void leave_line(Consumer& consumer);
  void take_over();

  const bool single_active_;
  List<&Consumer::everyone_> everyone_;  // in the order in which they came
  std::map<std::int64_t, Line, std::greater<>> lines_;
  std::size_t size_ = 0;
  std::size_t ready_count_ = 0;  // in lines; or 1 while the single active consumer may take
  Consumer* active_ = nullptr;   // stands in no line
  bool has_exclusive_ = false;
};

}  // namespace bb::broker
