#include <algorithm>
#include <chrono>
#include <vector>

#include "broker/broker.h"
#include "server/event_validator.h"
#include "support/wire_client_transport.h"

namespace bb::test {
namespace {

// Simulated; above two heartbeats of any test and all time limits of the broker.
constexpr std::chrono::seconds kPatience{200};
constexpr std::chrono::seconds kTick{1};

class CoreTransport;

class CoreBroker final : public TestBroker {
 public:
  explicit CoreBroker(const broker::Options& options) : broker_(options, storage_, &validator_) {}

  std::unique_ptr<Transport> connect() override;

  broker::Broker& broker() { return broker_; }
  TimePoint now() const { return now_; }
  void remove(CoreTransport* transport) { std::erase(transports_, transport); }
  // Moves bytes both ways until nothing moves.
  void run();
  // Lets time pass.
  void tick();

 private:
  static Result<schema::SchemaRepository> open_catalogue() {
    schema::RepositoryOptions options;
    options.working_folder = "/nowhere";  // so it is the one built in
    return schema::SchemaRepository::open(std::move(options));
  }

  broker::MemoryStorage storage_;
  server::EventValidator validator_{open_catalogue};
  broker::Broker broker_;
  TimePoint now_{};
  std::vector<CoreTransport*> transports_;
};

// Does what a server's session does, without a socket.
class CoreTransport final : public Transport, private broker::ConnectionObserver {
 public:
  explicit CoreTransport(CoreBroker& owner)
      : owner_(owner),
        connection_(owner.broker().connect({.address = "127.0.0.1:1", .is_loopback = true}, *this,
                                           owner.now())) {}
  ~CoreTransport() override { drop(); }

  void send(ByteView bytes) override {
    to_broker_.append(bytes);
    owner_.run();
  }

  Event receive(std::string& into) override {
    for (auto waited = kPatience * 0; waited <= kPatience; waited += kTick) {
      owner_.run();
      if (!from_broker_.empty()) {
        into.append(std::exchange(from_broker_, {}));
        return Event::kBytes;
      }
      if (connection_ == nullptr) return Event::kClosed;
      owner_.tick();
    }
    return Event::kQuiet;
  }

  void drop() override {
    owner_.remove(this);
    connection_.reset();
  }

  void tick(TimePoint now) {
    if (connection_) connection_->on_tick(now);
  }

  // One step; false when there was nothing to do.
  bool move(TimePoint now) {
    if (!connection_) return false;
    if (connection_->has_output()) {
      Buffer written;
      connection_->take_output(written, now);
      from_broker_.append(as_text(written.view()));
      connection_->on_output_written(now);
      return true;
    }
    if (connection_->finished()) {
      connection_.reset();
      return true;
    }
    if (to_broker_.empty() || connection_->reading_paused()) return false;
    const std::string bytes(as_text(to_broker_.view()));
    to_broker_.clear();
    connection_->on_bytes(as_bytes(bytes), now);
    return true;
  }

 private:
  void attention() override {}  // move() looks by itself

  CoreBroker& owner_;
  Buffer to_broker_;
  std::string from_broker_;
  std::unique_ptr<broker::Connection> connection_;
};

std::unique_ptr<Transport> CoreBroker::connect() {
  auto transport = std::make_unique<CoreTransport>(*this);
  transports_.push_back(transport.get());
  return transport;
}

void CoreBroker::run() {
  const auto move = [this](CoreTransport* transport) { return transport->move(now_); };
  while (std::ranges::count_if(transports_, move) > 0) {
  }
}

void CoreBroker::tick() {
  now_ += kTick;
  broker_.on_time(now_);
  for (CoreTransport* transport : transports_) transport->tick(now_);
}

}  // namespace

std::unique_ptr<TestBroker> make_core_broker(const broker::Options& options) {
  return std::make_unique<CoreBroker>(options);
}

}  // namespace bb::test
