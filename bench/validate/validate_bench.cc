// validate_bench SCHEMA INSTANCE [PREFIX=FOLDER]: how long, in this process, our validator takes
// for one text, and what compiling the schema costs. Prints one JSON object; times in microseconds.
//
// From raw bytes: each round parses and validates the file's text. simdjson's DOM parse of the same
// bytes is measured beside it, as the bound that reading alone sets. On one core, warm; each number
// is the median of kRounds means.

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"
#include "bloodbank/schema.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRounds = 9;
constexpr double kRoundUs = 20'000;

double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

// The time of one call, after as many calls as kRoundUs allow.
template <class Action>
double microseconds(Action&& action) {
  std::size_t calls = 1;
  for (;;) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < calls; ++i) action();
    if (us_since(begin) >= kRoundUs / 2) break;
    calls *= 2;
  }
  std::array<double, kRounds> rounds{};
  for (double& round : rounds) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < calls; ++i) action();
    round = us_since(begin) / static_cast<double>(calls);
  }
  std::ranges::sort(rounds);
  return rounds[kRounds / 2];
}

bb::Result<std::string> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    return bb::fail(bb::ErrorCode::kIo, path + ": cannot be read");
  }
  return text;
}

struct Arguments {
  std::string schema;
  std::string instance;
  std::string prefix;
  std::string folder;
};

bb::Result<bb::CompiledSchema> compile(const Arguments& arguments) {
  bb::SchemaSet set;
  if (!arguments.prefix.empty()) set.map_prefix(arguments.prefix, arguments.folder);
  BB_TRY_ASSIGN(const std::string uri, set.add_file(arguments.schema));
  return set.compile(uri);
}

// The document is looked at to its end by the parser itself; nothing is read from it.
double simdjson_us(const std::string& text) {
  const simdjson::padded_string padded(text);
  simdjson::dom::parser parser;
  return microseconds([&] {
    if (parser.parse(padded).error() != simdjson::SUCCESS) std::abort();
  });
}

bb::Result<void> run(const Arguments& arguments) {
  BB_TRY_ASSIGN(const std::string text, read_file(arguments.instance));
  const auto first = Clock::now();
  BB_TRY_ASSIGN(const bb::CompiledSchema schema, compile(arguments));
  const double compile_first_us = us_since(first);
  bb::SchemaValidator validator;
  const bb::SchemaReport report = validator.validate(schema, text);
  if (!report.valid) {
    return bb::fail(bb::ErrorCode::kInvalidPayload, report.to_text(arguments.instance));
  }
  std::size_t valid = 0;
  const double is_valid_us = microseconds([&] { valid += validator.is_valid(schema, text); });
  const double report_us = microseconds([&] { valid += validator.validate(schema, text).valid; });
  const double compile_us = microseconds([&] { valid += compile(arguments).has_value(); });
  if (valid == 0) return bb::fail(bb::ErrorCode::kFailure, "nothing was valid");
  fmt::print(
      "{{\"bytes\":{},\"is_valid_us\":{:.4f},\"report_us\":{:.4f},\"simdjson_us\":{:.4f},"
      "\"compile_first_us\":{:.1f},\"compile_us\":{:.1f}}}\n",
      text.size(), is_valid_us, report_us, simdjson_us(text), compile_first_us, compile_us);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 2 && words.size() != 3) {
    fmt::print(stderr, "usage: validate_bench SCHEMA INSTANCE [PREFIX=FOLDER]\n");
    return 2;
  }
  Arguments arguments{.schema = words[0], .instance = words[1], .prefix = {}, .folder = {}};
  if (words.size() == 3) {
    const std::size_t equals = words[2].find('=');
    arguments.prefix = words[2].substr(0, equals);
    arguments.folder = words[2].substr(std::min(equals + 1, words[2].size()));
  }
  if (const auto done = run(arguments); !done) {
    fmt::print(stderr, "{}\n", done.error().message);
    return 1;
  }
  return 0;
}
