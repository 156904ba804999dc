#include "broker/method_text.h"

#include <string_view>
#include <type_traits>
#include <variant>

#include "amqp/method_fields.h"
#include "base/utf8.h"

namespace bb::broker {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

// Visits the fields of a method as the codec's encoder does.
class TextCheck {
 public:
  static constexpr bool kWriting = true;

  TextCheck& octet(std::uint8_t) { return *this; }
  TextCheck& short_integer(std::uint16_t) { return *this; }
  TextCheck& long_integer(std::uint32_t) { return *this; }
  TextCheck& long_long_integer(std::uint64_t) { return *this; }
  TextCheck& bit(bool) { return *this; }
  TextCheck& long_string(std::string_view) { return *this; }
  TextCheck& table(const amqp::FieldTable&) { return *this; }
  TextCheck& short_string(std::string_view text) {
    good_ = good_ && is_utf8(text);
    return *this;
  }

  bool good() const { return good_; }

 private:
  bool good_ = true;
};

}  // namespace

bool text_is_utf8(const amqp::Method& method) {
  return std::visit(
      [](const auto& m) {
        using M = std::decay_t<decltype(m)>;
        TextCheck check;
        if constexpr (!std::is_empty_v<M> && !std::is_same_v<M, amqp::basic::Publish>) {
          amqp::describe(check, m);
        }
        return check.good();
      },
      method);
}

}  // namespace bb::broker
