#include <gtest/gtest.h>

#include <limits>

#include "amqp/field_table.h"
#include "amqp/test_support.h"

namespace bb::amqp {
namespace {

using test::from_hex;
using test::to_hex;

// One field of every type. The bytes are from rabbit_binary_generator of RabbitMQ 3.10.8.
const FieldTable kEveryType{
    {"t", true},
    {"b", std::int8_t{-3}},
    {"B", std::uint8_t{200}},
    {"s", std::int16_t{-300}},
    {"u", std::uint16_t{60000}},
    {"I", std::int32_t{-70000}},
    {"i", std::uint32_t{4000000000}},
    {"l", std::int64_t{-5000000000}},
    {"f", 1.5F},
    {"d", -2.25},
    {"D", Decimal{2, 314}},
    {"S", "text"},
    {"x", FieldBytes{std::string("\0\xff", 2)}},
    {"T", FieldTimestamp{1700000000}},
    {"A", FieldArray{std::int32_t{1}, "a"}},
    {"F", FieldTable{{"k", false}}},
    {"V", {}},
};
constexpr const char* kEveryTypeHex =
    "017474 01 016262 fd 014242 c8 017373 fed4 017575 ea60 014949 fffeee90 016969 ee6b2800"
    "016c6c fffffffed5fa0e00 016666 3fc00000 016464 c002000000000000 014444 020000013a"
    "015353 0000000474657874 017878 0000000200ff 015454 000000006553f100"
    "014141 0000000b 4900000001 530000000161 014646 00000004 016b74 00 015656";

// `levels` tables, one inside the other, as content.
std::string nested(std::size_t levels, char type) {
  std::string content;
  for (std::size_t i = 1; i < levels; ++i) {
    std::string outer;
    // The outermost one is a table, whose fields have names.
    if (type == 'F' || i + 1 == levels) outer.push_back('\0');
    outer.push_back(type);
    Buffer length;
    length.append_integer(static_cast<std::uint32_t>(content.size()));
    outer += as_text(length.view());
    content = outer + content;
  }
  return content;
}

void expect_refused(std::string_view content, const char* message) {
  const auto decoded = decode_table(as_bytes(content));
  ASSERT_FALSE(decoded) << message;
  EXPECT_EQ(decoded.error(), (Error{ErrorCode::kSyntaxError, message}));
  const auto checked = check_table(as_bytes(content));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error(), decoded.error());
}

TEST(FieldTableCodec, WritesEveryTypeAsRabbitMq) {
  EXPECT_EQ(to_hex(encode_table_content(kEveryType)), to_hex(from_hex(kEveryTypeHex)));
}

TEST(FieldTableCodec, ReadsEveryType) {
  const std::string content = from_hex(kEveryTypeHex);
  const auto decoded = decode_table(as_bytes(content));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, kEveryType);
  EXPECT_TRUE(check_table(as_bytes(content)));
}

// The bytes are from py-amqp 5.4.2 (PyPI), which Celery uses.
TEST(FieldTableCodec, ReadsWhatPyAmqpWrites) {
  const std::string content = from_hex(
      "017353000000047465787401694900000005036269674c0000010000000000016464400400000000000001444402"
      "0000013a01747401015454000000006553f10001464600000004016b74000141410000000b490000000153000000"
      "01610156560178530000000200ff");
  const auto decoded = decode_table(as_bytes(content));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, (FieldTable{{"s", "text"},
                                  {"i", std::int32_t{5}},
                                  {"big", std::uint64_t{1} << 40},
                                  {"d", 2.5},
                                  {"D", Decimal{2, 314}},
                                  {"t", true},
                                  {"T", FieldTimestamp{1700000000}},
                                  {"F", FieldTable{{"k", false}}},
                                  {"A", FieldArray{std::int32_t{1}, "a"}},
                                  {"V", {}},
                                  {"x", std::string("\0\xff", 2)}}));
}

TEST(FieldTableCodec, PutsTheLengthInFront) {
  Buffer out;
  out.append("before");
  encode_table(out, {{"k", true}});
  EXPECT_EQ(to_hex(as_text(out.view().subspan(6))), "00000004016b7401");
  out.clear();
  encode_table(out, {});
  EXPECT_EQ(to_hex(as_text(out.view())), "00000000");
}

TEST(FieldTableCodec, ReadsAnUnsignedLongAndWritesItSignedWhenItFits) {
  const std::string small = from_hex("016b 4c 0000000000000005");
  const auto decoded = decode_table(as_bytes(small));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, (FieldTable{{"k", std::uint64_t{5}}}));
  EXPECT_EQ(to_hex(encode_table_content(*decoded)), "016b6c0000000000000005");
  EXPECT_EQ(to_hex(encode_table_content({{"k", std::numeric_limits<std::uint64_t>::max()}})),
            "016b4cffffffffffffffff");
}

TEST(FieldTableCodec, AnyOctetButZeroIsTrue) {
  const std::string content = from_hex("016b 74 02");
  EXPECT_EQ(*decode_table(as_bytes(content)), (FieldTable{{"k", true}}));
}

TEST(FieldTableCodec, CutsNamesThatAreTooLong) {
  const auto decoded_name = [](std::size_t bytes) {
    const std::string content = encode_table_content({{std::string(bytes, 'n'), 1}});
    return decode_table(as_bytes(content))->entries()[0].first.size();
  };
  EXPECT_EQ(decoded_name(255), 255u);
  EXPECT_EQ(decoded_name(256), 255u);
}

TEST(FieldTableCodec, RefusesEveryCutThatIsNotBetweenFields) {
  const std::string content = encode_table_content(kEveryType);
  FieldTable prefix;
  std::size_t boundary = 0;
  auto next = kEveryType.entries().begin();
  for (std::size_t kept_bytes = 0; kept_bytes <= content.size(); ++kept_bytes) {
    const ByteView cut = as_bytes(content).first(kept_bytes);
    const auto decoded = decode_table(cut);
    EXPECT_EQ(check_table(cut).has_value(), decoded.has_value());
    if (kept_bytes == boundary) {
      ASSERT_TRUE(decoded) << kept_bytes;
      EXPECT_EQ(*decoded, prefix);
      if (next == kEveryType.entries().end()) break;
      prefix.append(next->first, next->second);
      ++next;
      boundary = encode_table_content(prefix).size();
    } else {
      ASSERT_FALSE(decoded) << kept_bytes;
      EXPECT_EQ(decoded.error().code, ErrorCode::kSyntaxError);
    }
  }
  EXPECT_EQ(boundary, content.size());
}

TEST(FieldTableCodec, NamesWhatIsWrong) {
  const auto refused = [](const char* hex, const char* message) {
    SCOPED_TRACE(hex);
    expect_refused(from_hex(hex), message);
  };
  refused("05 6162", "malformed field table at byte 0: the name of a field is cut off");
  refused("016b", "malformed field table at byte 2: the type of a field is missing");
  refused("016b 3f 00", "malformed field table at byte 2: the type of a field is unknown");
  refused("016b 00 00", "malformed field table at byte 2: the type of a field is unknown");
  refused("016b 49 000000", "malformed field table at byte 2: a field is cut off");
  refused("016b 44 02 0000", "malformed field table at byte 2: a field is cut off");
  refused("016b 53 ffffffff 61",
          "malformed field table at byte 2: a field is longer than what holds it");
  refused("016b 46 ffffffff",
          "malformed field table at byte 2: a field is longer than what holds it");
  refused("016b 41 80000000",
          "malformed field table at byte 2: a field is longer than what holds it");
  refused("016b 53 0000", "malformed field table at byte 2: a field is longer than what holds it");
  // The inner table ends within its field; the bytes behind it are no help.
  refused("016b 46 00000003 016a49 00000001",
          "malformed field table at byte 9: a field is cut off");
  refused("016b 41 00000001 7a", "malformed field table at byte 7: the type of a field is unknown");
}

TEST(FieldTableCodec, NestsNoDeeperThanTheLimit) {
  for (const char type : {'F', 'A'}) {
    SCOPED_TRACE(type);
    EXPECT_TRUE(decode_table(as_bytes(nested(kTableDepthMax, type))));
    EXPECT_TRUE(check_table(as_bytes(nested(kTableDepthMax, type))));
    EXPECT_FALSE(decode_table(as_bytes(nested(kTableDepthMax + 1, type))));
    const std::string bomb = nested(100000 / 6, type);
    const auto decoded = decode_table(as_bytes(bomb));
    ASSERT_FALSE(decoded);
    EXPECT_NE(decoded.error().message.find("nested too deeply"), std::string::npos);
    EXPECT_EQ(check_table(as_bytes(bomb)).error(), decoded.error());
  }
}

TEST(FieldTableCodec, NeighboursAreNotNested) {
  const FieldTable table{{"a", FieldArray(kTableDepthMax * 2, FieldTable{{"k", FieldArray{1}}})}};
  const std::string content = encode_table_content(table);
  const auto decoded = decode_table(as_bytes(content));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, table);
}

TEST(FieldTableCodec, HoldsNoMoreFieldsThanTheLimit) {
  const auto fields = [](std::size_t count) {
    std::string content;
    for (std::size_t i = 0; i < count; ++i) content += from_hex("00 56");
    return content;
  };
  EXPECT_TRUE(decode_table(as_bytes(fields(kTableEntriesMax))));
  expect_refused(fields(kTableEntriesMax + 1),
                 "malformed field table at byte 131072: too many fields");
}

TEST(FieldTableCodec, CountsTheFieldsOfNestedTables) {
  // Two arrays that are each within the limit.
  constexpr std::size_t kElements = kTableEntriesMax / 2;
  const FieldTable two{{"a", FieldArray(kElements)}, {"b", FieldArray(kElements)}};
  const FieldTable one{{"a", FieldArray(kElements)}, {"b", FieldArray(kElements - 2)}};
  EXPECT_FALSE(check_table(as_bytes(encode_table_content(two))));
  EXPECT_TRUE(check_table(as_bytes(encode_table_content(one))));
}

}  // namespace
}  // namespace bb::amqp
