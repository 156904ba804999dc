#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "amqp/method_fields.h"
#include "amqp/method_index.h"
#include "amqp/test_support.h"

namespace bb::amqp {
namespace {

using test::encoded;
using test::from_hex;
using test::payload_of;
using test::to_hex;

// Fills a method with random fields; the text lives as long as this does.
class RandomFields {
 public:
  static constexpr bool kWriting = false;

  explicit RandomFields(std::mt19937_64& random) : random_(random) {}

  RandomFields& octet(std::uint8_t& value) { return integer(value); }
  RandomFields& short_integer(std::uint16_t& value) { return integer(value); }
  RandomFields& long_integer(std::uint32_t& value) { return integer(value); }
  RandomFields& long_long_integer(std::uint64_t& value) { return integer(value); }
  RandomFields& short_string(std::string_view& text) { return string(text, 255); }
  RandomFields& long_string(std::string_view& text) { return string(text, 1000); }
  RandomFields& bit(bool& value) {
    value = (random_() & 1) != 0;
    return *this;
  }
  RandomFields& table(FieldTable& table) {
    for (std::uint64_t fields = random_() % 4; fields > 0; --fields) {
      std::string_view name;
      std::string_view text;
      string(name, 255).string(text, 300);
      table.append(std::string(name), text);
    }
    return *this;
  }

 private:
  template <class T>
  RandomFields& integer(T& value) {
    value = static_cast<T>(random_());
    return *this;
  }
  RandomFields& string(std::string_view& text, std::size_t bytes_max) {
    std::string& kept = texts_.emplace_back(random_() % (bytes_max + 1), '\0');
    for (char& c : kept) c = static_cast<char>(random_());
    text = kept;
    return *this;
  }

  std::mt19937_64& random_;
  std::deque<std::string> texts_;
};

// Tells whether two methods of one type agree in every field.
class ListedFields {
 public:
  static constexpr bool kWriting = true;

  ListedFields& octet(std::uint8_t value) { return add(value); }
  ListedFields& short_integer(std::uint16_t value) { return add(value); }
  ListedFields& long_integer(std::uint32_t value) { return add(value); }
  ListedFields& long_long_integer(std::uint64_t value) { return add(value); }
  ListedFields& short_string(std::string_view text) { return add(text); }
  ListedFields& long_string(std::string_view text) { return add(text); }
  ListedFields& bit(bool value) { return add(value); }
  ListedFields& table(const FieldTable& table) { return add(table); }

  friend bool operator==(const ListedFields&, const ListedFields&) = default;

 private:
  ListedFields& add(FieldValue value) {
    values.push_back(std::move(value));
    return *this;
  }

  FieldArray values;
};

template <class M>
ListedFields listed(const M& method) {
  ListedFields fields;
  if constexpr (!std::is_empty_v<M>) describe(fields, method);
  return fields;
}

// Calls visit.operator()<M>() for every method.
template <class Visit>
void for_each_method(Visit&& visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (visit.template operator()<std::variant_alternative_t<I, Method>>(), ...);
  }(std::make_index_sequence<kMethodCount>{});
}

TEST(MethodCodec, ReadsBackWhatItWrites) {
  constexpr std::uint64_t kSeed = 0x0091;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  for_each_method([&]<class M>() {
    SCOPED_TRACE(method_name(M::kId));
    for (int round = 0; round < 50; ++round) {
      M method;
      RandomFields fields(random);
      if constexpr (!std::is_empty_v<M>) describe(fields, method);

      const std::string frame = encoded(method);
      const auto decoded = decode_method(payload_of(frame));

      ASSERT_TRUE(decoded) << decoded.error().message;
      ASSERT_TRUE(std::holds_alternative<M>(*decoded));
      EXPECT_EQ(listed(std::get<M>(*decoded)), listed(method));
    }
  });
}

TEST(MethodCodec, RefusesEveryCutOffMethod) {
  std::mt19937_64 random(0x0092);
  for_each_method([&]<class M>() {
    M method;
    RandomFields fields(random);
    if constexpr (!std::is_empty_v<M>) describe(fields, method);
    const std::string frame = encoded(method);
    const ByteView payload = payload_of(frame);
    for (std::size_t kept_bytes = 0; kept_bytes < payload.size(); ++kept_bytes) {
      const auto decoded = decode_method(payload.first(kept_bytes));
      ASSERT_FALSE(decoded) << method_name(M::kId) << " kept_bytes=" << kept_bytes;
      EXPECT_EQ(decoded.error().code, ErrorCode::kSyntaxError);
    }
  });
}

TEST(MethodCodec, RefusesBytesBehindTheFields) {
  for_each_method([&]<class M>() {
    const std::string frame = encoded(M{});
    std::string payload(as_text(payload_of(frame)));
    payload.push_back('\0');
    const auto decoded = decode_method(as_bytes(payload));
    ASSERT_FALSE(decoded) << method_name(M::kId);
    EXPECT_EQ(decoded.error().code, ErrorCode::kSyntaxError);
    EXPECT_EQ(decoded.error().message,
              "malformed " + std::string(method_name(M::kId)) + ": 1 bytes too many");
  });
}

TEST(MethodCodec, NamesWhatIsWrong) {
  struct Case {
    const char* payload;
    ErrorCode code;
    const char* message;
  };
  const Case cases[] = {
      {"", ErrorCode::kSyntaxError, "a method frame of 0 bytes is too short for a method id"},
      {"003c00", ErrorCode::kSyntaxError, "a method frame of 3 bytes is too short for a method id"},
      {"003c0002", ErrorCode::kCommandInvalid, "unknown method 60.2"},
      {"003d0028", ErrorCode::kCommandInvalid, "unknown method 61.40"},
      {"ffffffff", ErrorCode::kCommandInvalid, "unknown method 65535.65535"},
      {"00000000", ErrorCode::kCommandInvalid, "unknown method 0.0"},
      {"003c0028 0000 ff 61", ErrorCode::kSyntaxError,
       "malformed basic.publish: its fields are cut off"},
      {"000a0014 ffffffff 61", ErrorCode::kSyntaxError,
       "malformed connection.secure: its fields are cut off"},
      {"0032000a 0000 00 00 ffffffff", ErrorCode::kSyntaxError,
       "malformed queue.declare: its fields are cut off"},
      {"0032000a 0000 00 00 00000003 01613f", ErrorCode::kSyntaxError,
       "malformed queue.declare: malformed field table at byte 2: the type of a field is unknown"},
  };
  for (const auto& [payload, code, message] : cases) {
    const std::string bytes = from_hex(payload);
    const auto decoded = decode_method(as_bytes(bytes));
    ASSERT_FALSE(decoded) << payload;
    EXPECT_EQ(decoded.error().code, code) << payload;
    EXPECT_EQ(decoded.error().message, message);
  }
}

// AMQP 0-9-1 §4.2.5.2 leaves the unused bits of an octet undefined.
TEST(MethodCodec, IgnoresUnusedBits) {
  const std::string payload = from_hex("003c0050 0000000000000005 ff");
  const auto decoded = decode_method(as_bytes(payload));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_TRUE(std::get<basic::Ack>(*decoded).multiple);
  EXPECT_EQ(to_hex(encoded(*decoded)), "0100010000000d003c0050000000000000000501ce");
}

TEST(MethodCodec, BorrowsTextFromTheFrame) {
  const std::string frame = encoded(basic::Publish{.exchange = "events", .routing_key = "key"});
  const auto decoded = decode_method(payload_of(frame));
  ASSERT_TRUE(decoded);
  const auto& publish = std::get<basic::Publish>(*decoded);
  EXPECT_EQ(publish.routing_key, "key");
  EXPECT_GE(publish.routing_key.data(), frame.data());
  EXPECT_LT(publish.routing_key.data(), frame.data() + frame.size());
}

TEST(MethodCodec, AppendsBehindWhatTheBufferHolds) {
  Buffer out;
  out.append("before");
  encode_method(out, 3, tx::Commit{});
  EXPECT_EQ(as_text(out.view()), "before" + encoded(tx::Commit{}, 3));
}

TEST(MethodCodecDeathTest, AssertsThatShortStringsAreShort) {
  const std::string longest(255, 'k');
  EXPECT_TRUE(decode_method(payload_of(encoded(basic::Publish{.routing_key = longest}))));
  const std::string too_long(256, 'k');
  EXPECT_DEATH(encoded(basic::Publish{.routing_key = too_long}), "broken invariant");
}

TEST(MethodIds, PeekNeedsNoValidFields) {
  const std::string payload = from_hex("0032000a ff");
  EXPECT_EQ(peek_method_id(as_bytes(payload)), queue::Declare::kId);
  EXPECT_EQ(peek_method_id(as_bytes(payload).first(3)), MethodId{});
}

TEST(MethodIds, UnknownOnesHaveNoName) {
  EXPECT_EQ(method_name({60, 41}), "unknown");
  EXPECT_EQ(method_name({61, 40}), "unknown");
  EXPECT_EQ(method_name({95, 10}), "unknown");
  EXPECT_EQ(method_name({60, 121}), "unknown");
  EXPECT_EQ(method_name({0, 0}), "unknown");
}

TEST(MethodIds, FourMethodsCarryContent) {
  std::vector<std::string_view> with_content;
  for (const MethodId id : kMethodIds) {
    if (has_content(id)) with_content.push_back(method_name(id));
  }
  EXPECT_EQ(with_content, (std::vector<std::string_view>{"basic.publish", "basic.return",
                                                         "basic.deliver", "basic.get-ok"}));
}

}  // namespace
}  // namespace bb::amqp
