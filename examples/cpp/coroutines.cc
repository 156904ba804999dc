// Publishes ten events from a coroutine, and handles them in another, all on one io_context of the
// program's own.
#include <bloodbank/asio.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace asio = boost::asio;

namespace {

constexpr int kEvents = 10;

asio::awaitable<bb::Handling> handle(bb::Event event) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(5));
  co_await timer.async_wait(asio::use_awaitable);
  std::cout << "handled " << event.envelope.payload << std::endl;
  co_return bb::Handling::done();
}

asio::awaitable<void> publish_all(bb::Publisher& publisher) {
  for (int i = 0; i < kEvents; ++i) {
    const auto event = bb::new_event("llm.prompt", "{\"n\":" + std::to_string(i) + "}");
    const auto outcome = co_await bb::async_publish(publisher, event, asio::use_awaitable);
    if (!outcome) std::cerr << outcome.error().message << '\n';
  }
}

}  // namespace

int main() {
  bb::PublisherConfig publishing;
  bb::SubscriberConfig subscribing;
  if (const char* url = std::getenv("RABBIT_URL")) publishing.urls = subscribing.urls = {url};
  if (const char* exchange = std::getenv("EXCHANGE_NAME")) {
    publishing.exchange = subscribing.exchange = exchange;
  }
  subscribing.service = "coroutines";
  subscribing.patterns = {"llm.*"};

  asio::io_context context(1);
  const auto work = asio::make_work_guard(context);
  int handled = 0;
  bb::Subscriber* running = nullptr;
  auto counted = [&](bb::Event event) -> asio::awaitable<bb::Handling> {
    auto handling = co_await handle(std::move(event));
    if (++handled == kEvents) running->stop();
    co_return handling;
  };
  auto subscriber =
      bb::Subscriber::create_async(subscribing, bb::handler_on(context.get_executor(), counted));
  auto publisher = bb::Publisher::start(publishing);
  if (!subscriber || !publisher) return 1;
  running = &*subscriber;
  // Subscribed before the first event is published: what nobody is there for is not kept.
  std::thread receiving([&] {
    if (const auto ended = subscriber->run(); !ended) std::cerr << ended.error().message << '\n';
    context.stop();
  });
  if (const auto ready = publisher->wait_connected(std::chrono::seconds(10)); !ready) return 1;
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  asio::co_spawn(context, publish_all(*publisher), asio::detached);
  context.run();
  receiving.join();
}
