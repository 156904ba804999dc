#include "amqp/url.h"

#include <fmt/format.h>

#include <boost/url.hpp>

namespace bb::amqp {

Result<Url> parse_url(std::string_view) {
  return fail(ErrorCode::kInvalidUrl, "stub");
}
std::string Url::redacted() const {
  return {};
}
}  // namespace bb::amqp
