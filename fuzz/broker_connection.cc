// Two clients of one broker say and do anything in any order; what the broker answers
// is always a stream of well-formed frames, bounded, and nothing is left behind.
//
// The input is a script. Its first byte says how the clients start; then come steps, each an
// octet of which client and what, with what the step needs behind it. Frames have a step of their
// own, so that a mutated payload still arrives as one.
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "amqp/content.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "amqp/properties.h"
#include "base/assert.h"
#include "broker/broker.h"

namespace {

using namespace bb;  // NOLINT(google-build-using-namespace): the program is this file

constexpr std::size_t kOutputBytesMax = 4096;
constexpr std::uint64_t kBodyBytesMax = 32'768;
// Twice output_bytes_max, then the answer to one more frame; and what others cause to be told.
constexpr std::size_t kOutputBytesBound = 2 * kOutputBytesMax + 2 * kBodyBytesMax + 65'536;

broker::Options small_limits() {
  broker::Options options;
  options.channel_max = 8;
  options.frame_max_bytes = 8192;
  options.heartbeat_seconds = 5;
  options.body_bytes_max = kBodyBytesMax;
  options.output_bytes_max = kOutputBytesMax;
  options.memory_bytes_max = 65'536;
  options.queues_max = 16;
  options.exchanges_max = 16;
  options.bindings_max = 64;
  options.consumers_per_channel_max = 8;
  return options;
}

// Lags and fails as it is told, and knows what is still to be acknowledged.
class ScriptedStorage final : public broker::Storage {
 public:
  Result<broker::Position> append(const broker::Message& message,
                                  std::span<const broker::QueueId> queues) override {
    BB_ASSERT(message.persistent() && !queues.empty());
    if (full) return fail(ErrorCode::kIo, "disk full");
    ++last_;
    for (const broker::QueueId queue : queues) BB_ASSERT(kept_.emplace(queue, last_).second);
    return last_;
  }
  void acknowledge(broker::QueueId queue, broker::Position position) override {
    BB_ASSERT(kept_.erase({queue, position}) == 1);
  }
  void forget_queue(broker::QueueId queue) override {
    kept_.erase(kept_.lower_bound({queue, 0}), kept_.lower_bound({queue + 1, 0}));
  }
  broker::Position appended() const override { return last_; }
  broker::Position durable() const override { return durable_; }

  void sync() { durable_ = last_; }
  bool holds_nothing() const { return kept_.empty(); }
  bool full = false;

 private:
  std::set<std::pair<broker::QueueId, broker::Position>> kept_;
  broker::Position last_ = 0;
  broker::Position durable_ = 0;
};

// Reads what the broker sends as strictly as a client can.
class OutputCheck {
 public:
  void read(ByteView bytes, bool finished) {
    if (started_with_frames_ == 0 && as_text(bytes).starts_with("AMQP")) {
      BB_ASSERT(finished && as_text(bytes) == amqp::kProtocolHeader);
      return;
    }
    frames_.feed(bytes);
    for (;;) {
      const auto next = frames_.next();
      BB_ASSERT(next.has_value());
      const std::optional<amqp::Frame>& frame = *next;
      if (!frame) return;
      ++started_with_frames_;
      on_frame(*frame);
    }
  }
  bool in_content() const { return !missing_.empty(); }

 private:
  void on_frame(const amqp::Frame& frame) {
    BB_ASSERT(!closed_);  // nothing follows connection.close-ok
    const auto content = missing_.find(frame.channel);
    switch (frame.type) {
      case amqp::FrameType::kMethod: {
        BB_ASSERT(content == missing_.end());
        const auto method = amqp::decode_method(frame.payload);
        BB_ASSERT(method.has_value());
        const amqp::MethodId id = amqp::method_id(*method);
        BB_ASSERT((id.class_id == 10) == (frame.channel == 0));
        if (amqp::has_content(id)) missing_.emplace(frame.channel, Missing{});
        closed_ = id == amqp::connection::CloseOk::kId;
        return;
      }
      case amqp::FrameType::kHeader: {
        BB_ASSERT(content != missing_.end() && content->second.header);
        const auto header = amqp::decode_content_header(frame.payload);
        BB_ASSERT(header.has_value());
        BB_ASSERT(header->class_id == amqp::kBasicClassId);
        BB_ASSERT(amqp::decode_properties(header->properties).has_value());
        content->second = {.header = false, .body_bytes = header->body_size};
        break;
      }
      case amqp::FrameType::kBody:
        BB_ASSERT(content != missing_.end() && !content->second.header);
        BB_ASSERT(!frame.payload.empty() && frame.payload.size() <= content->second.body_bytes);
        content->second.body_bytes -= frame.payload.size();
        break;
      case amqp::FrameType::kHeartbeat:
        return;
    }
    if (content->second.body_bytes == 0) missing_.erase(content);
  }

  amqp::FrameReader frames_{/*frame_max_bytes=*/1 << 20};
  std::size_t started_with_frames_ = 0;
  bool closed_ = false;
  struct Missing {
    bool header = true;
    std::uint64_t body_bytes = 0;
  };
  std::map<std::uint16_t, Missing> missing_;  // content on its way, by channel
};

class Client final : private broker::ConnectionObserver {
 public:
  Client(broker::Broker& broker, TimePoint now)
      : connection_(broker.connect({.address = "127.0.0.1:1", .is_loopback = true}, *this, now)) {}

  broker::Connection& connection() { return *connection_; }

  void shake_hands(TimePoint now) {
    Buffer script;
    script.append(amqp::kProtocolHeader);
    amqp::encode_method(
        script, 0,
        amqp::connection::StartOk{
            .client_properties = {{"capabilities",
                                   amqp::FieldTable{{"consumer_cancel_notify", true},
                                                    {"connection.blocked", true}}}},
            .mechanism = "PLAIN",
            .response = std::string_view("\0guest\0guest", 12),
            .locale = "en_US"});
    amqp::encode_method(script, 0, amqp::connection::TuneOk{8, 8192, 5});
    amqp::encode_method(script, 0, amqp::connection::Open{.virtual_host = "/"});
    amqp::encode_method(script, 1, amqp::channel::Open{});
    feed(script.view(), now);
  }

  void feed(ByteView bytes, TimePoint now) {
    if (!connection_->finished()) connection_->on_bytes(bytes, now);
    check_attention();
  }

  void take_output(TimePoint now) {
    if (writing_) return;
    attention_ = false;
    Buffer output;
    connection_->take_output(output, now);
    BB_ASSERT(output.size() <= kOutputBytesBound);
    check_.read(output.view(), connection_->finished());
    writing_ = !output.empty();
  }

  void output_written(TimePoint now) {
    if (!std::exchange(writing_, false)) return;
    connection_->on_output_written(now);
    check_attention();
  }

  // All that it has to say, and no content is left half sent.
  void read_all(TimePoint now) {
    do {
      output_written(now);
      take_output(now);
    } while (writing_);
    BB_ASSERT(!connection_->has_output() && !check_.in_content());
  }

 private:
  void attention() override {
    BB_ASSERT(!attention_);
    attention_ = true;
  }
  void check_attention() const { BB_ASSERT(attention_ || !connection_->has_output()); }

  bool attention_ = false;
  bool writing_ = false;
  OutputCheck check_;
  std::unique_ptr<broker::Connection> connection_;
};

enum class Step : std::uint8_t {
  kBytes,
  kMethod,
  kHeader,
  kBody,
  kTick,
  kTake,
  kWritten,
  kSync,
  kDiskFull,
  kReconnect,
  kShutDown,
  kCount,
};

void run(ByteView input) {
  ScriptedStorage storage;
  broker::Broker broker(small_limits(), storage);
  TimePoint now{};
  ByteReader script(input);
  const auto begin = script.integer<std::uint8_t>();
  std::array<std::unique_ptr<Client>, 2> clients;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i] = std::make_unique<Client>(broker, now);
    if ((begin >> i & 1) == 0) clients[i]->shake_hands(now);
  }

  while (!script.empty()) {
    const auto octet = script.integer<std::uint8_t>();
    std::unique_ptr<Client>& client = clients[octet >> 7];
    const auto payload = [&] {
      const auto size = script.integer<std::uint8_t>();
      return script.bytes(std::min<std::size_t>(size, script.rest().size()));
    };
    const auto feed_frame = [&](amqp::FrameType type) {
      const auto channel = script.integer<std::uint8_t>();
      Buffer frame;
      amqp::encode_frame(frame, type, channel, payload());
      client->feed(frame.view(), now);
    };
    switch (static_cast<Step>((octet & 127) % static_cast<int>(Step::kCount))) {
      case Step::kBytes:
        client->feed(payload(), now);
        break;
      case Step::kMethod:
        feed_frame(amqp::FrameType::kMethod);
        break;
      case Step::kHeader:
        feed_frame(amqp::FrameType::kHeader);
        break;
      case Step::kBody: {  // of up to 8184 bytes, so that few steps fill the limits
        const auto channel = script.integer<std::uint8_t>();
        const std::string body(std::size_t{32} * script.integer<std::uint8_t>(), 'x');
        Buffer frame;
        amqp::encode_frame(frame, amqp::FrameType::kBody, channel, as_bytes(body));
        client->feed(frame.view(), now);
        break;
      }
      case Step::kTick:
        now += std::chrono::seconds(script.integer<std::uint8_t>());
        broker.on_time(now);
        for (const auto& each : clients) each->connection().on_tick(now);
        break;
      case Step::kTake:
        client->take_output(now);
        break;
      case Step::kWritten:
        client->output_written(now);
        break;
      case Step::kSync:
        storage.sync();
        broker.on_durable();
        break;
      case Step::kDiskFull:
        storage.full = !storage.full;
        break;
      case Step::kReconnect:
        client.reset();
        client = std::make_unique<Client>(broker, now);
        client->shake_hands(now);
        break;
      case Step::kShutDown:
        broker.shut_down();
        break;
      case Step::kCount:
        BB_ASSERT(false);
    }
  }
  for (const auto& client : clients) client->read_all(now);
  for (auto& client : clients) client.reset();
  BB_ASSERT(broker.connection_count() == 0);
  // Dead letters may still be on their way.
  const auto due = [&] { return broker.next_deadline().value_or(TimePoint::max()) <= now; };
  for (int turn = 0; turn < 16 && due(); ++turn) broker.on_time(now);
  if (due()) return;
  if (broker.find_vhost("/")->queue_count() == 0) {
    BB_ASSERT(broker.message_bytes() == 0);
    BB_ASSERT(storage.holds_nothing());
  }
}

}  // namespace

// libFuzzer gives the name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run(std::as_bytes(std::span(data, size)));
  return 0;
}
