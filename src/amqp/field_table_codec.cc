#include <fmt/format.h>

#include <bit>
#include <limits>
#include <type_traits>

#include "amqp/constants.h"
#include "amqp/field_table.h"

namespace bb::amqp {
namespace {

// Walks the content of a table. Where the caller wants no values (`out` is null) it
// builds none, so checking and decoding are one piece of code and cannot disagree.
//
// Recursion is bounded by kTableDepthMax. Every element takes at least one byte of
// input, and containers grow one element at a time: no length is trusted.
class TableParser {
 public:
  explicit TableParser(ByteView content) : content_(content) {}

  Result<void> run(FieldTable* out) {
    if (table(content_, out)) return {};
    return fail(ErrorCode::kSyntaxError,
                fmt::format("malformed field table at byte {}: {}", problem_at_, problem_));
  }

 private:
  bool table(ByteView bytes, FieldTable* out) {
    const Nesting nesting(depth_);
    if (depth_ > kTableDepthMax) return malformed(bytes, "tables are nested too deeply");
    ByteReader in(bytes);
    while (!in.empty()) {
      const ByteView entry = in.rest();
      if (++entries_ > kTableEntriesMax) return malformed(entry, "too many fields");
      const std::string_view name = as_text(in.bytes(in.integer<std::uint8_t>()));
      if (in.failed()) return malformed(entry, "the name of a field is cut off");
      FieldValue field;
      if (!value(in, out == nullptr ? nullptr : &field)) return false;
      if (out != nullptr) out->append(std::string(name), std::move(field));
    }
    return true;
  }

  bool array(ByteView bytes, FieldArray* out) {
    const Nesting nesting(depth_);
    if (depth_ > kTableDepthMax) return malformed(bytes, "arrays are nested too deeply");
    ByteReader in(bytes);
    while (!in.empty()) {
      if (++entries_ > kTableEntriesMax) return malformed(in.rest(), "too many fields");
      FieldValue element;
      if (!value(in, out == nullptr ? nullptr : &element)) return false;
      if (out != nullptr) out->push_back(std::move(element));
    }
    return true;
  }

  bool value(ByteReader& in, FieldValue* out) {
    const ByteView start = in.rest();
    const auto type = in.integer<std::uint8_t>();
    if (in.failed()) return malformed(start, "the type of a field is missing");
    switch (type) {
      case 'V':
        return true;
      case 't': {
        const bool truth = in.integer<std::uint8_t>() != 0;
        return done(in, start, out, truth);
      }
      case 'b':
        return number<std::int8_t>(in, start, out);
      case 'B':
        return number<std::uint8_t>(in, start, out);
      case 's':
        return number<std::int16_t>(in, start, out);
      case 'u':
        return number<std::uint16_t>(in, start, out);
      case 'I':
        return number<std::int32_t>(in, start, out);
      case 'i':
        return number<std::uint32_t>(in, start, out);
      case 'l':
        return number<std::int64_t>(in, start, out);
      case 'L':
        return number<std::uint64_t>(in, start, out);
      case 'f':
        return done(in, start, out, std::bit_cast<float>(in.integer<std::uint32_t>()));
      case 'd':
        return done(in, start, out, std::bit_cast<double>(in.integer<std::uint64_t>()));
      case 'D': {
        const auto scale = in.integer<std::uint8_t>();
        const auto digits = static_cast<std::int32_t>(in.integer<std::uint32_t>());
        return done(in, start, out, Decimal{scale, digits});
      }
      case 'T':
        return done(in, start, out, FieldTimestamp{in.integer<std::uint64_t>()});
      default:
        return with_length(type, in, start, out);
    }
  }

  // The types whose value has a 32-bit length in front.
  bool with_length(std::uint8_t type, ByteReader& in, ByteView start, FieldValue* out) {
    if (type != 'S' && type != 'x' && type != 'A' && type != 'F') {
      return malformed(start, "the type of a field is unknown");
    }
    const ByteView bytes = in.bytes(in.integer<std::uint32_t>());
    if (in.failed()) return malformed(start, "a field is longer than what holds it");
    switch (type) {
      case 'A':
        return array(bytes, out == nullptr ? nullptr : &out->value.emplace<FieldArray>());
      case 'F':
        return table(bytes, out == nullptr ? nullptr : &out->value.emplace<FieldTable>());
      case 'x':
        if (out != nullptr) out->value = FieldBytes{std::string(as_text(bytes))};
        return true;
      default:
        if (out != nullptr) out->value = std::string(as_text(bytes));
        return true;
    }
  }

  template <class T>
  bool number(ByteReader& in, ByteView start, FieldValue* out) {
    return done(in, start, out, static_cast<T>(in.integer<std::make_unsigned_t<T>>()));
  }

  template <class T>
  bool done(const ByteReader& in, ByteView start, FieldValue* out, T held) {
    if (in.failed()) return malformed(start, "a field is cut off");
    if (out != nullptr) out->value.emplace<T>(held);
    return true;
  }

  bool malformed(ByteView at, const char* problem) {
    problem_ = problem;
    problem_at_ = static_cast<std::size_t>(at.data() - content_.data());
    return false;
  }

  class Nesting {
   public:
    explicit Nesting(std::size_t& depth) : depth_(depth) { ++depth_; }
    ~Nesting() { --depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    std::size_t& depth_;
  };

  ByteView content_;
  std::size_t depth_ = 0;
  std::size_t entries_ = 0;
  const char* problem_ = "";
  std::size_t problem_at_ = 0;
};

class TableWriter {
 public:
  explicit TableWriter(Buffer& out) : out_(out) {}

  void content(const FieldTable& table) {
    for (const auto& [name, value] : table.entries()) {
      const std::string_view kept = std::string_view(name).substr(0, kShortStringMaxBytes);
      out_.append_integer(static_cast<std::uint8_t>(kept.size()));
      out_.append(kept);
      field(value);
    }
  }

  // Runs `write`, and puts the length of what it appended in front.
  template <class F>
  void with_length(F&& write) {
    const std::size_t start = out_.size();
    out_.extend(sizeof(std::uint32_t));
    write();
    const std::size_t length = out_.size() - start - sizeof(std::uint32_t);
    BB_ASSERT(length <= std::numeric_limits<std::uint32_t>::max());
    store_big_endian(out_.at(start), static_cast<std::uint32_t>(length));
  }

 private:
  void field(const FieldValue& value) {
    std::visit([this](const auto& held) { write(held); }, value.value);
  }

  void write(std::monostate) { letter('V'); }
  void write(bool held) {
    letter('t');
    out_.append_integer(static_cast<std::uint8_t>(held ? 1 : 0));
  }
  void write(std::int8_t held) { number('b', held); }
  void write(std::uint8_t held) { number('B', held); }
  void write(std::int16_t held) { number('s', held); }
  void write(std::uint16_t held) { number('u', held); }
  void write(std::int32_t held) { number('I', held); }
  void write(std::uint32_t held) { number('i', held); }
  void write(std::int64_t held) { number('l', held); }
  void write(std::uint64_t held) { number(std::in_range<std::int64_t>(held) ? 'l' : 'L', held); }
  void write(float held) { number('f', std::bit_cast<std::uint32_t>(held)); }
  void write(double held) { number('d', std::bit_cast<std::uint64_t>(held)); }
  void write(const Decimal& held) {
    number('D', held.scale);
    out_.append_integer(static_cast<std::uint32_t>(held.value));
  }
  void write(const FieldTimestamp& held) { number('T', held.seconds); }
  void write(const std::string& held) {
    letter('S');
    with_length([&] { out_.append(held); });
  }
  void write(const FieldBytes& held) {
    letter('x');
    with_length([&] { out_.append(held.value); });
  }
  void write(const FieldArray& held) {
    letter('A');
    with_length([&] {
      for (const FieldValue& element : held) field(element);
    });
  }
  void write(const FieldTable& held) {
    letter('F');
    with_length([&] { content(held); });
  }

  void letter(char type) { out_.append_integer(static_cast<std::uint8_t>(type)); }
  template <class T>
  void number(char type, T value) {
    letter(type);
    out_.append_integer(static_cast<std::make_unsigned_t<T>>(value));
  }

  Buffer& out_;
};

}  // namespace

Result<FieldTable> decode_table(ByteView content) {
  Result<FieldTable> table;
  if (auto parsed = TableParser(content).run(&*table); !parsed) {
    return fail(std::move(parsed).error());
  }
  return table;
}

Result<void> check_table(ByteView content) {
  return TableParser(content).run(nullptr);
}

void encode_table(Buffer& out, const FieldTable& table) {
  TableWriter writer(out);
  writer.with_length([&] { writer.content(table); });
}

std::string encode_table_content(const FieldTable& table) {
  Buffer out;
  TableWriter(out).content(table);
  return std::string(as_text(out.view()));
}

}  // namespace bb::amqp
