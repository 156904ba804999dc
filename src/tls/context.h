// Whom a side of a TLS connection trusts, and the certificate that it shows.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "amqp/tls_parameters.h"
#include "bloodbank/result.h"

namespace bb::tls {

// TLS 1.2 and later (RFC 8996), and peers whose certificate leads to the authorities of
// `parameters`, or else to those that the system trusts (or SSL_CERT_FILE, SSL_CERT_DIR). The
// system's are read once in a process, which takes a tenth of a second; the files of `parameters`
// each time, so that a certificate that was renewed is used with the next connection.
//
// kInvalidUrl: a file is missing, cannot be read, holds no certificate or key, or the key is not
// the certificate's, or encrypted with another password. The message names parameter and file, and
// never the password. Thread-safe.
Result<boost::asio::ssl::context> make_client_context(const amqp::TlsParameters& parameters);

}  // namespace bb::tls
