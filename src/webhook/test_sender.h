// For tests: senders to a TestEndpoint.
#pragma once

#include <string>
#include <utility>

#include "base/base64.h"
#include "webhook/sender.h"

namespace bb::webhook {

inline WebhookSecret test_secret() {
  return WebhookSecret::parse("whsec_" + encode_base64(std::string(32, 'k'))).value();
}

inline SenderOptions sender_options(const std::string& url) {
  SenderOptions options;
  options.url = parse_endpoint_url(url).value();
  options.secrets.push_back(test_secret());
  options.allow_private = true;
  return options;
}

}  // namespace bb::webhook
