#include "tls/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <ctime>
#include <memory>
#include <string_view>

namespace bb::tls {
namespace {

// Of a certificate for hundreds of names some are enough.
constexpr std::size_t kNamesToldMax = 8;

// A certificate may hold any bytes for a name.
std::string printable(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
  // Escapes what is not printable ASCII.
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const auto size = BIO_ctrl(out.get(), BIO_CTRL_INFO, 0, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// Of 4 or 16 bytes.
std::string address_of(std::string_view bytes) {
  namespace ip = boost::asio::ip;
  ip::address_v4::bytes_type v4;
  ip::address_v6::bytes_type v6;
  if (bytes.size() == v4.size()) {
    std::ranges::copy(bytes, v4.begin());
    return ip::address_v4(v4).to_string();
  }
  if (bytes.size() == v6.size()) {
    std::ranges::copy(bytes, v6.begin());
    return ip::address_v6(v6).to_string();
  }
  return {};
}

std::string name_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return printable(text_of(name.d.dNSName));
  if (name.type == GEN_IPADD) return address_of(text_of(name.d.iPAddress));
  return {};
}

// The subject's common name counts where no name is given otherwise (RFC 6125 §6.4.4).
std::string common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return printable(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> alternatives(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  const int count = alternatives ? sk_GENERAL_NAME_num(alternatives.get()) : 0;
  for (int i = 0; i < count; ++i) {
    std::string name = name_of(*sk_GENERAL_NAME_value(alternatives.get(), i));
    if (!name.empty()) names.push_back(std::move(name));
  }
  if (names.empty()) names.push_back(common_name(certificate));
  if (names.front().empty()) names.clear();
  return names;
}

Timestamp time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

std::string Certificate::name_list() const {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesToldMax); ++i) {
    list += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamesToldMax) list += ", ...";
  return list.empty() ? "nobody" : list;
}

Certificate describe_certificate(const X509* certificate) {
  return {.subject = text_of(X509_get_subject_name(certificate)),
          .issuer = text_of(X509_get_issuer_name(certificate)),
          .names = names_of(certificate),
          .not_before = time_of(X509_get0_notBefore(certificate)),
          .not_after = time_of(X509_get0_notAfter(certificate))};
}

}  // namespace bb::tls
