#include "broker/message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bb::broker {
namespace {

TEST(Message, KeepsEveryPartApart) {
  struct Case {
    std::string exchange;
    std::string routing_key;
    std::string properties;
    std::string body;
  };
  const Case cases[] = {
      {"x", "voice.started", "pp", "body"},
      {"", "", "", ""},
      {"", "k", "", "body"},
      {"x", "", "pp", ""},
      {std::string(255, 'x'), std::string(255, 'k'), std::string(100'000, 'p'),
       std::string(1'000'000, 'b')},
      {"x", "k", std::string("\0\0", 2), std::string("\0b\0", 3)},
  };
  for (const Case& c : cases) {
    MemoryGauge gauge;
    const auto message =
        Message::make(gauge, c.exchange, c.routing_key, c.properties, c.body, /*persistent=*/true);
    EXPECT_EQ(message->exchange(), c.exchange);
    EXPECT_EQ(message->routing_key(), c.routing_key);
    EXPECT_EQ(message->properties(), c.properties);
    EXPECT_EQ(message->body(), c.body);
    EXPECT_TRUE(message->persistent());
    EXPECT_FALSE(Message::make(gauge, "", "", "", "", /*persistent=*/false)->persistent());
  }
}

TEST(Message, CopiesWhatItIsMadeOf) {
  MemoryGauge gauge;
  std::string body = "before";
  const auto message = Message::make(gauge, "x", "k", "", body, false);
  body = "after!";
  EXPECT_EQ(message->body(), "before");
}

TEST(MemoryGauge, HoldsAMessageUntilTheLastReferenceGoes) {
  MemoryGauge gauge;
  Message::Ptr message = Message::make(gauge, "x", "k", "pp", std::string(1000, 'b'), false);
  const std::uint64_t bytes = gauge.bytes();
  EXPECT_GT(bytes, 1000u);
  EXPECT_LT(bytes, 1200u);

  Message::Ptr shared = message;
  message.reset();
  EXPECT_EQ(gauge.bytes(), bytes) << "shared is not counted twice, nor let go";
  shared.reset();
  EXPECT_EQ(gauge.bytes(), 0u);
}

TEST(MemoryGauge, IsBackAtZeroWhateverTheSizes) {
  MemoryGauge gauge;
  std::vector<Message::Ptr> messages;
  std::uint64_t bodies_bytes = 0;
  for (std::size_t size = 0; size < 500; ++size) {
    messages.push_back(Message::make(gauge, std::string(size % 256, 'x'), "k",
                                     std::string(size % 7, 'p'), std::string(size, 'b'), false));
    bodies_bytes += size;
  }
  EXPECT_GT(gauge.bytes(), bodies_bytes);
  messages.clear();
  EXPECT_EQ(gauge.bytes(), 0u);
}

}  // namespace
}  // namespace bb::broker
