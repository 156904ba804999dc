// Publishes one event and waits until the broker has it.
//
//   publish llm.prompt '{"prompt":"hello"}'
#include <bloodbank/publisher.h>

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: publish EVENT_TYPE PAYLOAD\n";
    return 2;
  }
  bb::PublisherConfig config;
  if (const char* url = std::getenv("RABBIT_URL")) config.urls = {url};
  if (const char* exchange = std::getenv("EXCHANGE_NAME")) config.exchange = exchange;
  auto publisher = bb::Publisher::start(config);
  if (!publisher) {
    std::cerr << publisher.error().message << '\n';
    return 1;
  }
  const bb::Envelope event = bb::new_event(argv[1], argv[2]);
  const auto outcome = publisher->publish(event);
  if (!outcome) {
    std::cerr << outcome.error().message << '\n';
    return 1;
  }
  std::cout << event.event_id.to_string() << '\n';
}
