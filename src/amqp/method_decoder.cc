#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "amqp/method_fields.h"
#include "amqp/method_index.h"
#include "amqp/methods.h"

namespace bb::amqp {
namespace {

constexpr std::size_t kIdBytes = 4;  // class and method

// Reads fields from the front of a payload. Consecutive bits share octets, lowest bit
// first (AMQP 0-9-1 §4.2.5.2); unused bits are ignored.
class MethodReader {
 public:
  static constexpr bool kWriting = false;

  explicit MethodReader(ByteView bytes) : in_(bytes) {}

  MethodReader& octet(std::uint8_t& value) { return integer(value); }
  MethodReader& short_integer(std::uint16_t& value) { return integer(value); }
  MethodReader& long_integer(std::uint32_t& value) { return integer(value); }
  MethodReader& long_long_integer(std::uint64_t& value) { return integer(value); }

  MethodReader& short_string(std::string_view& text) { return string<std::uint8_t>(text); }
  MethodReader& long_string(std::string_view& text) { return string<std::uint32_t>(text); }

  MethodReader& table(FieldTable& table) {
    bits_ = 0;
    auto decoded = decode_table(in_.bytes(in_.integer<std::uint32_t>()));
    if (decoded) {
      table = *std::move(decoded);
    } else {
      table_error_ = std::move(decoded).error().message;
      in_.set_failed();
    }
    return *this;
  }

  MethodReader& bit(bool& value) {
    if (bits_ == 0) octet_ = in_.integer<std::uint8_t>();
    value = ((octet_ >> bits_) & 1U) != 0;
    bits_ = (bits_ + 1) % 8;
    return *this;
  }

  // What is wrong with the fields read, once all have been; empty when nothing is.
  std::string problem() {
    if (table_error_) return *std::move(table_error_);
    if (in_.failed()) return "its fields are cut off";
    if (!in_.empty()) return fmt::format("{} bytes too many", in_.rest().size());
    return {};
  }

 private:
  template <class T>
  MethodReader& integer(T& value) {
    bits_ = 0;
    value = in_.integer<T>();
    return *this;
  }

  template <class Length>
  MethodReader& string(std::string_view& text) {
    bits_ = 0;
    text = as_text(in_.bytes(in_.integer<Length>()));
    return *this;
  }

  ByteReader in_;
  unsigned octet_ = 0;
  unsigned bits_ = 0;  // read from octet_; 0: the next bit opens a new octet
  std::optional<std::string> table_error_;
};

template <class M>
Result<Method> decode_fields(ByteView bytes) {
  Result<Method> method(std::in_place, std::in_place_type<M>);
  MethodReader reader(bytes);
  if constexpr (!std::is_empty_v<M>) describe(reader, std::get<M>(*method));
  if (std::string problem = reader.problem(); !problem.empty()) [[unlikely]] {
    return fail(ErrorCode::kSyntaxError,
                fmt::format("malformed {}: {}", method_name(M::kId), problem));
  }
  return method;
}

// In the order of the alternatives of Method.
constexpr auto kDecoders = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array{&decode_fields<std::variant_alternative_t<I, Method>>...};
}(std::make_index_sequence<kMethodCount>{});

}  // namespace

MethodId peek_method_id(ByteView payload) {
  ByteReader in(payload);
  const auto class_id = in.integer<std::uint16_t>();
  const auto method_id = in.integer<std::uint16_t>();
  return in.failed() ? MethodId{} : MethodId{class_id, method_id};
}

Result<Method> decode_method(ByteView payload) {
  if (payload.size() < kIdBytes) {
    return fail(
        ErrorCode::kSyntaxError,
        fmt::format("a method frame of {} bytes is too short for a method id", payload.size()));
  }
  const MethodId id = peek_method_id(payload);
  const std::size_t index = method_index(id);
  if (index == kNoMethod) {
    return fail(ErrorCode::kCommandInvalid,
                fmt::format("unknown method {}.{}", id.class_id, id.method_id));
  }
  return kDecoders[index](payload.subspan(kIdBytes));
}

}  // namespace bb::amqp
