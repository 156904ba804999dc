#include "cli/order_key.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

std::string key_of(std::string_view path, std::string body) {
  const auto key = order_key(path);
  if (!key) return key.error().message;
  client::Delivery delivery;
  delivery.body = std::move(body);
  return (*key)(delivery);
}

TEST(OrderKey, IsTheFieldAsItIsWritten) {
  EXPECT_EQ(key_of("source.app", R"({"source": {"host": "h", "app": "a b"}})"), R"("a b")");
  EXPECT_EQ(key_of("payload.id", R"({"payload": {"id": 1.0}})"), "1.0");
  EXPECT_EQ(key_of("payload", R"({"payload": {"id": 1}})"), R"({"id": 1})");
}

TEST(OrderKey, OfWhatHasNoSuchFieldIsEmpty) {
  EXPECT_EQ(key_of("source.app", R"({"source": {"host": "h"}})"), "");
  EXPECT_EQ(key_of("source.app", R"({"source": "app"})"), "");
  EXPECT_EQ(key_of("source.app", R"([1])"), "");
  EXPECT_EQ(key_of("source.app", "no JSON"), "");
}

TEST(OrderKey, RefusesAPathWithoutNames) {
  for (const std::string_view path : {"", ".", "a.", ".a", "a..b"}) {
    const auto key = order_key(path);
    ASSERT_FALSE(key) << path;
    EXPECT_EQ(key.error().code, ErrorCode::kUsage);
  }
}

TEST(OrderKey, RefusesAFieldThatNoEventHas) {
  const auto key = order_key("sorce.app");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::kUsage);
  EXPECT_EQ(key.error().message,
            "an event has no field 'sorce' (did you mean 'source'?); a field of its payload is "
            "payload.sorce");
  EXPECT_FALSE(order_key("sauce.app"));
}

TEST(OrderKey, OfTheLegacyShapeToo) {
  EXPECT_EQ(key_of("data.n", R"({"id": 1, "data": {"n": 2}})"), "2");
}

}  // namespace
}  // namespace bb::cli
