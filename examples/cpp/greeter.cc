// A service: greets whoever a `llm.prompt` is from. The first attempt at each event fails, to show
// that it is tried again.
//
//   greeter [COUNT]     ends after so many
#include <bloodbank/subscriber.h>

#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <thread>

namespace {
bb::Subscriber* running = nullptr;
}

int main(int argc, char** argv) {
  // Before there is a thread that could get it instead.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  int left = argc > 1 ? std::atoi(argv[1]) : -1;
  bb::SubscriberConfig config;
  config.service = "greeter";
  config.patterns = {"llm.*"};
  config.concurrency = 1;
  config.retry_delay = std::chrono::milliseconds(200);
  config.on_notice = [](const std::string& notice) { std::cerr << notice << '\n'; };
  if (const char* url = std::getenv("RABBIT_URL")) config.urls = {url};
  if (const char* exchange = std::getenv("EXCHANGE_NAME")) config.exchange = exchange;

  auto subscriber = bb::Subscriber::create(config, [&](const bb::Event& event) {
    if (event.attempt == 1) return bb::Handling::failed("not awake yet");
    std::cout << "hello " << event.envelope.source.host << ", attempt " << event.attempt
              << std::endl;
    if (--left == 0) running->stop();
    return bb::Handling::done();
  });
  if (!subscriber) {
    std::cerr << subscriber.error().message << '\n';
    return 1;
  }
  running = &*subscriber;
  std::thread([ends] {
    int signal = 0;
    sigwait(&ends, &signal);
    running->stop();
  }).detach();
  if (const auto ended = subscriber->run(); !ended) {
    std::cerr << ended.error().message << '\n';
    return 1;
  }
}
