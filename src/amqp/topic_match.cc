#include "amqp/topic_match.h"

#include <optional>

namespace bb::amqp {
namespace {

// The words of a text, one after another; the empty text has none.
class Words {
 public:
  explicit Words(std::string_view text) {
    if (!text.empty()) rest_ = text;
  }

  bool at_end() const { return !rest_; }
  std::string_view word() const { return rest_->substr(0, rest_->find('.')); }
  void next() {
    const std::size_t dot = rest_->find('.');
    rest_ = dot == std::string_view::npos ? std::nullopt
                                          : std::optional<std::string_view>(rest_->substr(dot + 1));
  }

 private:
  std::optional<std::string_view> rest_;
};

}  // namespace

bool topic_matches(std::string_view pattern, std::string_view routing_key) {
  Words wanted(pattern);
  Words given(routing_key);
  // Behind the last '#', and the word of the key that it was tried at: an earlier '#' need not
  // take more, for the last one can.
  std::optional<Words> behind_hash;
  std::optional<Words> retry;
  while (!given.at_end()) {
    if (!wanted.at_end() && wanted.word() == "#") {
      wanted.next();
      behind_hash = wanted;
      retry = given;
    } else if (!wanted.at_end() && (wanted.word() == "*" || wanted.word() == given.word())) {
      wanted.next();
      given.next();
    } else if (behind_hash) {
      retry->next();
      wanted = *behind_hash;
      given = *retry;
    } else {
      return false;
    }
  }
  while (!wanted.at_end() && wanted.word() == "#") wanted.next();
  return wanted.at_end();
}

}  // namespace bb::amqp
