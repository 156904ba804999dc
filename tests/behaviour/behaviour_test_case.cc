#include "behaviour/behaviour_test_case.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>

namespace bb::test {
namespace {

std::unique_ptr<TestBroker> broker_named_by(const char* variable) {
  const char* const path = std::getenv(variable);
  if (path == nullptr) throw std::runtime_error(fmt::format("{} is not set", variable));
  std::ifstream file(path);
  std::string url;
  if (!std::getline(file, url)) {
    throw std::runtime_error(fmt::format("no URL in the file {} that {} names", path, variable));
  }
  return make_tcp_broker(url);
}

}  // namespace

std::unique_ptr<TestBroker> find_broker(std::string_view name) {
  if (name == "core") return make_core_broker();
  return broker_named_by(name == "bb" ? "BB_TEST_BB_URL_FILE" : "BB_TEST_RABBITMQ_URL_FILE");
}

std::string no_queue(std::string_view name) {
  return fmt::format("NOT_FOUND - no queue '{}' in vhost '/'", name);
}

std::string no_exchange(std::string_view name) {
  return fmt::format("NOT_FOUND - no exchange '{}' in vhost '/'", name);
}

std::string inequivalent(std::string_view argument, std::string_view kind, std::string_view name,
                         std::string_view received, std::string_view current) {
  return fmt::format(
      "PRECONDITION_FAILED - inequivalent arg '{}' for {} '{}' in vhost '/': received {} but "
      "current is {}",
      argument, kind, name, received, current);
}

WireClient& BehaviourTest::dial() {
  return clients_.emplace_back(broker_->connect());
}

WireClient& BehaviourTest::connect(const Handshake& handshake, Where where) {
  WireClient& client = dial();
  client.shake_hands(handshake, where);
  return client;
}

WireChannel BehaviourTest::open_channel(WireClient& client, std::uint16_t number, Where where) {
  WireChannel channel(client, number);
  channel.call(amqp::channel::Open{}, where);
  return channel;
}

WireChannel BehaviourTest::connected_channel(Where where) {
  return open_channel(connect({}, where), 1, where);
}

std::string BehaviourTest::unique(std::string_view label) {
  static const unsigned run = std::random_device{}();
  static int names = 0;
  return fmt::format("test.{:08x}.{}.{}", run, ++names, label);
}

std::string BehaviourTest::declare_exchange(WireChannel channel, std::string_view type,
                                            Where where) {
  const std::string name = unique(type);
  channel.call(amqp::exchange::Declare{.exchange = name, .type = type, .auto_delete = true}, where);
  return name;
}

}  // namespace bb::test
