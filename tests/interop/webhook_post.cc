// webhook_post SECRET[,SECRET...] URL...: each line of stdin is the body of an event, and goes to
// every URL; the ids are evt_1, evt_2, ... Prints a line for each URL once it has all of them, or
// is gone:
//   delivered=3 given_up=0 handed_back=0 failures=1 recoveries=1 gone=0
// What is handed back is submitted again at once.
// Ends with 1 when an event was not delivered to one of them.

#include <fmt/core.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "webhook/deliverer.h"

namespace {

namespace asio = boost::asio;
using namespace bb::webhook;

[[noreturn]] void die(const std::string& message) {
  fmt::print(stderr, "error: {}\n", message);
  std::exit(2);
}

template <class T>
T or_die(bb::Result<T> result) {
  if (!result) die(result.error().message);
  return *std::move(result);
}

WebhookSender make_sender(const std::string& url, const std::vector<WebhookSecret>& secrets) {
  SenderOptions options;
  options.url = or_die(parse_endpoint_url(url));
  for (const WebhookSecret& secret : secrets) options.secrets.push_back(secret);
  options.allow_private = true;
  return or_die(WebhookSender::make(std::move(options)));
}

class Endpoint : public DeliveryObserver {
 public:
  Endpoint(const asio::any_io_executor& executor, WebhookSender sender,
           const std::vector<std::string>& bodies)
      : bodies_(bodies),
        events_(bodies.size()),
        deliverer_(executor, std::move(sender), DeliveryOptions{}, *this) {
    for (std::size_t i = 0; i < events_; ++i) submit(i);
  }

  asio::awaitable<void> run() {
    if (events_ == 0) co_return;
    gone_ = co_await deliverer_.run() == Deliverer::Ended::kGone;
    fmt::print("delivered={} given_up={} handed_back={} failures={} recoveries={} gone={}\n",
               delivered_, given_up_, handed_back_, failures_, recoveries_, gone_ ? 1 : 0);
    std::fflush(stdout);
  }

  bool has_all() const { return delivered_ == events_; }

  void on_delivered(DeliveryQueue::Key) override {
    ++delivered_;
    stop_when_done();
  }
  void on_refused(DeliveryQueue::Key, const Verdict& verdict) override { give_up(verdict); }
  void on_unsendable(DeliveryQueue::Key, const Verdict& verdict) override { give_up(verdict); }
  void on_handed_back(DeliveryQueue::Key key, const std::string& reason) override {
    ++handed_back_;
    fmt::print(stderr, "handed back: {}\n", reason);
    submit(key);
  }
  void on_failed(DeliveryQueue::Key, const Verdict& verdict, std::chrono::milliseconds pause,
                 EndpointPacer::State) override {
    ++failures_;
    fmt::print(stderr, "{}: {}; waits {} ms\n", deliverer_.endpoint(), verdict.reason,
               pause.count());
  }
  void on_recovered() override { ++recoveries_; }

 private:
  void submit(DeliveryQueue::Key key) {
    const bool taken = deliverer_.submit(key, fmt::format("evt_{}", key + 1), bodies_[key]);
    if (!taken) die("too many events");
  }
  void give_up(const Verdict& verdict) {
    fmt::print(stderr, "given up: {}\n", verdict.reason);
    ++given_up_;
    stop_when_done();
  }
  void stop_when_done() {
    if (delivered_ + given_up_ == events_) deliverer_.stop();
  }

  const std::vector<std::string>& bodies_;
  std::size_t events_;
  std::size_t delivered_ = 0;
  std::size_t given_up_ = 0;
  std::size_t handed_back_ = 0;
  std::size_t failures_ = 0;
  std::size_t recoveries_ = 0;
  bool gone_ = false;
  Deliverer deliverer_;
};

std::vector<WebhookSecret> parse_secrets(std::string_view list) {
  std::vector<WebhookSecret> secrets;
  for (;;) {
    const std::size_t comma = list.find(',');
    secrets.push_back(or_die(WebhookSecret::parse(list.substr(0, comma))));
    if (comma == std::string_view::npos) return secrets;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) die("usage: webhook_post SECRET[,SECRET...] URL...");
  const auto secrets = parse_secrets(argv[1]);
  std::vector<std::string> bodies;
  for (std::string line; std::getline(std::cin, line);) bodies.push_back(line);

  asio::io_context context{1};
  std::list<Endpoint> endpoints;
  for (int i = 2; i < argc; ++i) {
    endpoints.emplace_back(context.get_executor(), make_sender(argv[i], secrets), bodies);
    asio::co_spawn(context, endpoints.back().run(), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }
  context.run();
  for (const Endpoint& endpoint : endpoints) {
    if (!endpoint.has_all()) return 1;
  }
  return 0;
}
