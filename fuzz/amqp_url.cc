// AMQP URLs. Besides not crashing: what parses is within its bounds, and its redacted
// form is one line of ASCII that parses to the same place.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/url.h"
#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = bb::amqp::parse_url({reinterpret_cast<const char*>(data), size});
  if (!url) {
    BB_ASSERT(url.error().code == bb::ErrorCode::kInvalidUrl);
    BB_ASSERT(url.error().message.size() < 300);
    return 0;
  }
  BB_ASSERT(url->port != 0);
  BB_ASSERT(!url->host.empty());
  BB_ASSERT(url->vhost.size() <= 255);
  BB_ASSERT(!url->connection_timeout || url->connection_timeout->count() > 0);

  const std::string redacted = url->redacted();
  BB_ASSERT(std::ranges::all_of(redacted, [](char c) { return c > ' ' && c < '\x7f'; }));
  const auto again = bb::amqp::parse_url(redacted);
  BB_ASSERT(again);
  BB_ASSERT(again->password == bb::amqp::Url{}.password);
  BB_ASSERT(again->tls == url->tls);
  BB_ASSERT(again->user == url->user);
  BB_ASSERT(again->host == url->host);
  BB_ASSERT(again->port == url->port);
  BB_ASSERT(again->vhost == url->vhost);
  return 0;
}
