// What people are told of a certificate (RFC 5280).
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

#include "bloodbank/time.h"

namespace bb::tls {

// Texts are one line each, whatever the certificate holds.
struct Certificate {
  std::string subject;             // "CN=bus.example,O=Example"
  std::string issuer;              // the subject of the certificate that signed it
  std::vector<std::string> names;  // it is for: names and addresses, else the CN of its subject
  Timestamp not_before;
  Timestamp not_after;

  // The names with commas between, or "nobody".
  std::string name_list() const;
};

// `certificate` is borrowed for the call.
Certificate describe_certificate(const X509* certificate);

}  // namespace bb::tls
