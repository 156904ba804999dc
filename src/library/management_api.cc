#include "library/management_api.h"

#include "base/try.h"

namespace bb {

Result<client::HttpUrl> management_api(const std::string& text, const amqp::Url& broker) {
  BB_TRY_ASSIGN(client::HttpUrl api, client::parse_api_url(text));
  if (!api.user) {
    api.user = broker.user;
    api.password = broker.password;
  }
  return api;
}

}  // namespace bb
