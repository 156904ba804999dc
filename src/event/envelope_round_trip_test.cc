#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "bloodbank/envelope.h"
#include "event/json_string.h"

namespace bb {
namespace {

using testing::IsEmpty;

constexpr int kRounds = 2'000;

// What random texts and values are made of.
constexpr std::string_view kWordStart = "abcxyz0189";
constexpr std::string_view kWordRest = "abcxyz0189_-";
constexpr std::string_view kTextPieces[] = {"a",    "Z", " ",  "\"", "\\",     "/", "\n", "\x01",
                                            "\x7f", "ü", "☕", "😀", "\u2028", "{", "]",  ","};
constexpr std::string_view kSpaces[] = {"", "", "", " ", "\n", "\t\r\n  "};
constexpr std::string_view kEscapedTexts[] = {R"("\ud800")", R"("\u0041\/")", R"("\ud83d\ude00")"};
constexpr std::string_view kScalars[] = {
    "null", "true",  "false",   "0",      "-0",
    "1.10", "1e400", "-1.5E-3", "0.1e+7", "1234567890123456789012345678901234567890"};

// BB_TEST_SEED repeats a run that failed.
std::uint64_t seed() {
  const char* given = std::getenv("BB_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

// Random envelopes that use everything an envelope may have.
class EnvelopeGenerator {
 public:
  explicit EnvelopeGenerator(std::uint64_t seed) : random_(seed) {}

  Envelope envelope() {
    Envelope made;
    made.event_id = uuid();
    made.event_type = word();
    for (std::size_t words = 1 + below(4); words > 0; --words) made.event_type += "." + word();
    made.timestamp = Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(random_())));
    made.version = below(2) == 0 ? std::string(kEnvelopeVersion) : text();
    made.source.host = text();
    made.source.type = static_cast<SourceType>(below(5));
    if (below(2) == 0) made.source.app = text();
    if (below(2) == 0) made.source.meta = object(3);
    made.source.unknown_fields = unknown_fields("s");
    for (std::size_t parents = below(4); parents > 0; --parents) {
      made.correlation_ids.push_back(uuid());
    }
    if (below(2) == 0) made.agent_context = R"({"type":"custom","meta":)" + object(2) + "}";
    made.payload = object(5);
    made.unknown_fields = unknown_fields("u");
    return made;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  template <class T, std::size_t N>
  const T& one_of(const T (&choices)[N]) {
    return choices[below(N)];
  }

  Uuid uuid() {
    std::array<std::uint8_t, 16> bytes;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return Uuid(bytes);
  }

  std::string word() {
    std::string made(1, kWordStart[below(kWordStart.size())]);
    for (std::size_t size = below(8); size > 0; --size) made += kWordRest[below(kWordRest.size())];
    return made;
  }

  std::string text() {
    std::string made;
    for (std::size_t pieces = below(20); pieces > 0; --pieces) made += one_of(kTextPieces);
    return made;
  }

  std::string space() { return std::string(one_of(kSpaces)); }

  std::string quoted_text() {
    if (below(8) == 0) return std::string(one_of(kEscapedTexts));
    std::string made;
    event::append_json_string(made, text());
    return made;
  }

  std::string value(int depth) {
    switch (depth == 0 ? below(2) : below(4)) {
      case 0:
        return std::string(one_of(kScalars));
      case 1:
        return quoted_text();
      case 2:
        return object(depth - 1);
      default: {
        std::string made = "[" + space();
        for (std::size_t left = below(4); left > 0; --left) {
          made += value(depth - 1) + space() + (left > 1 ? "," + space() : "");
        }
        return made + "]";
      }
    }
  }

  // Names may repeat: few pieces, many draws.
  std::string object(int depth) {
    std::string made = "{" + space();
    for (std::size_t left = below(5); left > 0; --left) {
      made += quoted_text() + space() + ":" + space() + value(depth == 0 ? 0 : depth - 1) +
              space() + (left > 1 ? "," + space() : "");
    }
    return made + "}";
  }

  UnknownFields unknown_fields(const std::string& prefix) {
    UnknownFields made;
    for (std::size_t i = below(3); i > 0; --i) {
      made.emplace_back(prefix + std::to_string(i) + R"(\u0061/~ü)", value(2));
    }
    return made;
  }

  std::mt19937_64 random_;
};

TEST(EnvelopeRoundTrip, ReadsBackWhatItWrites) {
  const std::uint64_t used_seed = seed();
  std::cout << "BB_TEST_SEED=" << used_seed << "\n";
  EnvelopeGenerator generator(used_seed);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(testing::Message() << "BB_TEST_SEED=" << used_seed << " round " << round);
    const Envelope envelope = generator.envelope();
    ASSERT_THAT(check_envelope(envelope), IsEmpty());
    const std::string text = serialize(envelope);
    const auto parsed = parse_envelope(text);
    ASSERT_TRUE(parsed) << parsed.error().to_error().message << "\n" << text;
    ASSERT_EQ(*parsed, envelope) << text;
    ASSERT_EQ(serialize(*parsed), text);
    ASSERT_EQ(*parse_any_envelope(text), envelope);
  }
}

TEST(EnvelopeRoundTrip, OneLineMeansTheSame) {
  const std::uint64_t used_seed = seed();
  std::cout << "BB_TEST_SEED=" << used_seed << "\n";
  EnvelopeGenerator generator(used_seed);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(testing::Message() << "BB_TEST_SEED=" << used_seed << " round " << round);
    const Envelope envelope = generator.envelope();
    const std::string line = minify_json(serialize(envelope));
    ASSERT_EQ(line.find('\n'), std::string::npos);
    ASSERT_EQ(minify_json(line), line);
    const auto parsed = parse_envelope(line);
    ASSERT_TRUE(parsed) << parsed.error().to_error().message;
    ASSERT_EQ(parsed->payload, minify_json(envelope.payload));
    ASSERT_EQ(parsed->source.host, envelope.source.host);
  }
}

}  // namespace
}  // namespace bb
