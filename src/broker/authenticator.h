// Who may log in.
#pragma once

#include <string_view>

#include "broker/handshake.h"

namespace bb::broker {

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual bool accepts(const Credentials& credentials, bool peer_is_loopback) const = 0;
};

// The one user of a new broker: guest, password guest, and from this machine only
// (https://www.rabbitmq.com/access-control.html#loopback-users).
class GuestAuthenticator final : public Authenticator {
 public:
  bool accepts(const Credentials& credentials, bool peer_is_loopback) const override {
    return peer_is_loopback && credentials.user == "guest" && credentials.password == "guest";
  }
};

}  // namespace bb::broker
