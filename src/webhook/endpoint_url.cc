#include "webhook/endpoint_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse_query.hpp>

#include "base/try.h"

namespace bb::webhook {
namespace {

constexpr std::size_t kUrlBytesMax = 8192;

std::unexpected<Error> invalid(std::string_view problem) {
  return fail(ErrorCode::kInvalidUrl, fmt::format("invalid webhook URL: {}", problem));
}

}  // namespace

Result<EndpointUrl> parse_endpoint_url(std::string_view text) {
  if (text.size() > kUrlBytesMax) {
    return invalid(fmt::format("it is longer than {} bytes", kUrlBytesMax));
  }
  if (text.find('#') != std::string_view::npos) {
    return invalid("a fragment is never sent; write a '#' as %23");
  }
  const std::size_t query_at = std::min(text.find('?'), text.size());
  const std::string_view query = text.substr(query_at);
  EndpointUrl url;
  BB_TRY_ASSIGN(url.server, client::parse_http_url(text.substr(0, query_at)));
  if (url.server.user) {
    return invalid(
        "it holds a user name or password; the signature says who sends, so leave them out");
  }
  if (query.find('@') != std::string_view::npos) return invalid("write the '@' in it as %40");
  if (!query.empty() && !boost::urls::parse_query(query.substr(1))) {
    return invalid(
        "the query holds a character that must be percent-encoded, or a broken %-escape");
  }
  const std::size_t host_at = text.find("://") + 3;
  const std::size_t target_at = std::min(text.find_first_of("/?", host_at), text.size());
  url.target = text.substr(target_at);
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  url.server.path.clear();
  return url;
}

}  // namespace bb::webhook
