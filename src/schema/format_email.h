// The formats of mail addresses.
#pragma once

#include <string_view>

namespace bb::schema {

// RFC 5321 §4.1.2 Mailbox: the local part as dotted atoms or quoted; a domain, or an
// address literal of IPv4 or IPv6, the only ones registered. Within the lengths of
// §4.5.3.1. Allocates nothing.
bool is_email(std::string_view text);

// RFC 6531 §3.3: the same, with characters beyond ASCII in the local part and U-labels
// in the domain. The domain is put into NFC before it is checked, as a program that
// resolves it would.
bool is_idn_email(std::string_view utf8);

}  // namespace bb::schema
