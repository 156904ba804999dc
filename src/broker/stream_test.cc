#include "broker/stream.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/queue.h"
#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Kind = StreamStart::Kind;
constexpr QueueId kId = 7;

// Takes messages while it has room, and notes their offsets.
class Reader final : public Consumer {
 public:
  explicit Reader(std::size_t with_room = SIZE_MAX) : room(with_room) {}

  bool can_take() const override { return room > 0; }
  void deliver(QueuedMessage message) override {
    --room;
    EXPECT_EQ(message.position, 0u);
    EXPECT_EQ(message.message->body(), fmt::format("m{}", message.sequence));
    offsets.push_back(message.sequence);
  }
  void cancelled() override { is_cancelled = true; }

  std::vector<StreamOffset> taken() { return std::exchange(offsets, {}); }

  std::size_t room;
  bool is_cancelled = false;
  std::vector<StreamOffset> offsets;
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    storage.keep_bodies();
    context.clock.set_wall(TimePoint{}, 1'000'000);
  }
  ~StreamTest() override { context.deferred.clear(); }

  void make(QueuePolicy policy = {}) {
    policy.type = QueueType::kStream;
    queue.reset(new Queue(kId, "s", {.durable = true, .arguments = {}}, context, policy));
  }
  // Publishes m<next>, ... `count` of them.
  void publish(int count) {
    if (!queue) make();
    for (; count > 0; --count) {
      const std::string body = fmt::format("m{}", queue->stream_log().next_offset());
      const Message::Ptr message = Message::make(context.memory, "", "s", std::string(2, '\0'),
                                                 body, true, context.clock.wall_ms);
      queue->push(message, *storage.append(*message, std::array{kId}));
    }
  }
  void read(Reader& reader, Kind kind, StreamOffset offset = 0) {
    queue->add_reader(&reader, {.kind = kind, .offset = offset});
  }
  // What waits for the end of a turn happens.
  void end_turn() { context.deferred.run(1000); }
  // And what is due by then, again and again.
  void run(std::chrono::milliseconds time = seconds(0)) {
    context.clock.set(context.clock.now + time);
    end_turn();
    while (context.timers.next() && *context.timers.next() <= context.clock.now) {
      context.timers.run(context.clock.now, 100);
    }
  }
  static std::vector<StreamOffset> offsets(StreamOffset from, StreamOffset to) {
    std::vector<StreamOffset> all;
    for (; from <= to; ++from) all.push_back(from);
    return all;
  }

  TestStorage storage;
  BrokerContext context{Options{}, storage};
  Queue::Ptr queue;
};

TEST_F(StreamTest, GivesReadersWhatTheyWantFromWhereTheyBegin) {
  publish(5);
  Reader first;
  Reader third;
  Reader last;
  Reader next;
  Reader far;
  read(first, Kind::kFirst);
  read(third, Kind::kOffset, 3);
  read(last, Kind::kLast);
  read(next, Kind::kNext);
  read(far, Kind::kOffset, 6);
  EXPECT_THAT(first.taken(), IsEmpty());  // not from within
  run();
  EXPECT_EQ(first.taken(), offsets(0, 4));
  EXPECT_EQ(third.taken(), offsets(3, 4));
  EXPECT_EQ(last.taken(), offsets(4, 4));
  EXPECT_THAT(next.taken(), IsEmpty());
  publish(3);
  EXPECT_EQ(first.taken(), offsets(5, 7));
  EXPECT_EQ(next.taken(), offsets(5, 7));
  EXPECT_EQ(far.taken(), offsets(6, 7));
  EXPECT_EQ(queue->consumer_count(), 5u);
  for (Reader* reader : {&first, &third, &last, &next, &far}) queue->remove_consumer(reader);
}

TEST_F(StreamTest, BeginsAtATime) {
  publish(3);
  run(seconds(10));
  publish(3);
  const auto first_since = [&](std::int64_t wall_ms) {
    Reader reader;
    queue->add_reader(&reader, {.kind = Kind::kTime, .time_ms = wall_ms});
    run();
    queue->remove_consumer(&reader);
    return reader.offsets.empty() ? 99 : reader.offsets.front();
  };
  EXPECT_EQ(first_since(0), 0u);
  EXPECT_EQ(first_since(1'000'000), 0u);
  EXPECT_EQ(first_since(1'000'001), 3u);
  EXPECT_EQ(first_since(1'010'000), 3u);
  EXPECT_EQ(first_since(1'010'001), 99u);
}

TEST_F(StreamTest, ReadersWhoCannotTakeGoOnWhereTheyWere) {
  make();
  Reader reader(2);
  read(reader, Kind::kFirst);
  publish(5);
  EXPECT_EQ(reader.taken(), offsets(0, 1));
  reader.room = 1;
  queue->resume(&reader);
  end_turn();
  EXPECT_EQ(reader.taken(), offsets(2, 2));
  reader.room = 100;
  queue->resume(&reader);
  queue->resume(&reader);
  end_turn();
  EXPECT_EQ(reader.taken(), offsets(3, 4));
  publish(1);
  EXPECT_EQ(reader.taken(), offsets(5, 5));
  queue->remove_consumer(&reader);
}

TEST_F(StreamTest, ReadersWhoAreALittleBehindDoNotReadTheStorage) {
  make();
  Reader reader(1);
  read(reader, Kind::kFirst);
  publish(100);
  reader.room = 200;
  queue->resume(&reader);
  run();
  EXPECT_THAT(reader.taken(), SizeIs(100));
  EXPECT_EQ(storage.load_count(), 0u);
  EXPECT_EQ(context.memory.bytes(), 0u) << "held for nobody";
  queue->remove_consumer(&reader);
}

TEST_F(StreamTest, HoldsLittleForReadersWhoAreFarBehind) {
  make();
  Reader reader(0);
  read(reader, Kind::kFirst);
  publish(5000);
  EXPECT_LT(context.memory.bytes(), 1u << 20);
  reader.room = 5000;
  queue->resume(&reader);
  run();
  EXPECT_EQ(reader.taken(), offsets(0, 4999));
  queue->remove_consumer(&reader);
}

TEST_F(StreamTest, NobodyStallsTheOthers) {
  publish(3000);
  Reader greedy;
  Reader modest;
  read(greedy, Kind::kFirst);
  read(modest, Kind::kOffset, 2990);
  end_turn();
  EXPECT_LT(greedy.offsets.size(), 500u);
  EXPECT_THAT(modest.offsets, SizeIs(10));
  run();
  EXPECT_EQ(greedy.taken(), offsets(0, 2999));
  for (Reader* reader : {&greedy, &modest}) queue->remove_consumer(reader);
}

TEST_F(StreamTest, KeepsAllInMemoryWhereTheStorageKeepsNone) {
  TestStorage forgetful;
  BrokerContext other{Options{}, forgetful};
  Queue::Ptr stream(
      new Queue(kId, "s", {.durable = true, .arguments = {}}, other, {.type = QueueType::kStream}));
  for (int i = 0; i < 3000; ++i) {
    stream->push(
        Message::make(other.memory, "", "s", std::string(2, '\0'), fmt::format("m{}", i), true),
        static_cast<Position>(i + 1));
  }
  Reader reader;
  stream->add_reader(&reader, {.kind = Kind::kFirst});
  other.deferred.run(10);
  while (other.timers.next()) other.timers.run(TimePoint{}, 10);
  EXPECT_EQ(reader.taken(), offsets(0, 2999));
  stream->remove_consumer(&reader);
}

TEST_F(StreamTest, PassesOverWhatCannotBeRead) {
  publish(5);
  storage.damage(3);
  Reader reader;
  read(reader, Kind::kFirst);
  run();
  EXPECT_THAT(reader.taken(), ElementsAre(0, 1, 3, 4));
  queue->remove_consumer(&reader);
}

TEST_F(StreamTest, DropsSegmentsAboveItsLimit) {
  make({.max_length_bytes = 50, .segment_bytes_max = 20});
  publish(10);  // two bytes each
  publish(10);  // three bytes each: a segment of six
  EXPECT_EQ(queue->stream_log().first_offset(), 0u);
  storage.calls();
  publish(5);
  EXPECT_EQ(queue->stream_log().first_offset(), 10u);
  EXPECT_LE(queue->body_bytes(), 50u);
  Reader reader;
  read(reader, Kind::kFirst);
  run();
  EXPECT_EQ(reader.taken(), offsets(10, 24));
  queue->remove_consumer(&reader);
}

TEST_F(StreamTest, ReadersOfWhatIsDroppedGoOnBehindIt) {
  make({.max_length_bytes = 50, .segment_bytes_max = 20});
  publish(10);
  Reader reader(2);
  read(reader, Kind::kFirst);
  run();
  publish(30);
  const StreamOffset first = queue->stream_log().first_offset();
  ASSERT_GT(first, 10u);
  reader.room = 100;
  queue->resume(&reader);
  run();
  reader.offsets.erase(reader.offsets.begin(), reader.offsets.begin() + 2);
  EXPECT_EQ(reader.taken(), offsets(first, 39));
  queue->remove_consumer(&reader);
}

TEST_F(StreamTest, DropsSegmentsThatAreOld) {
  make({.max_age = seconds(80)});
  publish(3);
  run(seconds(11));  // more than one part in eight
  publish(3);
  EXPECT_EQ(queue->message_count(), 6u);
  run(seconds(68));
  EXPECT_EQ(queue->message_count(), 6u);
  run(seconds(1));
  EXPECT_EQ(queue->message_count(), 3u);
  EXPECT_EQ(queue->stream_log().first_offset(), 3u);
  run(seconds(1000));
  EXPECT_EQ(queue->message_count(), 3u) << "the last segment stays";
}

TEST_F(StreamTest, ANewLimitCountsForWhatIsThere) {
  make({.segment_bytes_max = 20});
  publish(30);
  EXPECT_EQ(queue->message_count(), 30u);
  queue->set_stream_arguments(
      {}, {.type = QueueType::kStream, .max_length_bytes = 30, .segment_bytes_max = 20});
  EXPECT_LE(queue->body_bytes(), 30u);
  EXPECT_GT(queue->message_count(), 0u);
}

TEST_F(StreamTest, TakesNothingBack) {
  publish(1);
  queue->requeue({});
  queue->reject({});
  EXPECT_EQ(queue->message_count(), 1u);
}

TEST_F(StreamTest, EndsWithItsReaders) {
  publish(3000);
  Reader one;
  Reader two;
  read(one, Kind::kFirst);
  read(two, Kind::kNext);
  queue->close();
  EXPECT_TRUE(one.is_cancelled);
  EXPECT_TRUE(two.is_cancelled);
  run();
  EXPECT_THAT(one.offsets, IsEmpty());
  EXPECT_EQ(context.stream_memory.bytes(), 0u);
  EXPECT_EQ(context.memory.bytes(), 0u);
}

}  // namespace
}  // namespace bb::broker
