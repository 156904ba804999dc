#include "webhook/address_guard.h"

#include <gmock/gmock.h>

namespace bb::webhook {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

TEST(AddressGuard, LetsPublicAddressesThrough) {
  for (const char* text : {
           "1.0.0.0", "8.8.8.8", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1",
           "2001:200::1",       // behind the protocol assignments
           "::ffff:8.8.8.8",    // mapped
           "64:ff9b::8.8.8.8",  // NAT64
           "2002:808:808::1",   // 6to4 of 8.8.8.8
       }) {
    const auto allowed = check_public(make_address(text));
    EXPECT_TRUE(allowed) << text << ": " << allowed.error().message;
  }
}

TEST(AddressGuard, RefusesAllElseByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"0.0.0.0", "unspecified"},
      {"127.0.0.1", "loopback"},
      {"10.1.2.3", "private"},
      {"172.20.0.1", "private"},
      {"192.168.0.1", "private"},
      {"100.100.100.200", "carrier-grade NAT"},
      {"169.254.169.254", "link-local"},
      {"192.0.0.192", "protocol assignments"},
      {"192.0.2.1", "documentation"},
      {"192.88.99.1", "6to4"},
      {"198.18.0.1", "benchmarking"},
      {"198.51.100.1", "documentation"},
      {"203.0.113.1", "documentation"},
      {"224.0.0.1", "multicast"},
      {"240.0.0.1", "reserved"},
      {"255.255.255.255", "broadcast"},
      {"::", "unspecified"},
      {"::1", "loopback"},
      {"fd00:ec2::254", "unique local"},
      {"fe80::1", "link-local"},
      {"fe80::1%1", "link-local"},
      {"fec0::1", "site-local"},
      {"ff02::1", "multicast"},
      {"2001::1", "protocol assignments"},  // Teredo
      {"2001:db8::1", "documentation"},
      {"3fff::1", "documentation"},
      {"100::1", "not global unicast"},      // discard-only, RFC 6666
      {"5f00::1", "not global unicast"},     // segment routing, RFC 9602
      {"64:ff9b:1::8.8.8.8", "not global"},  // local NAT64, RFC 8215
      {"::8.8.8.8", "not global unicast"},   // IPv4-compatible, deprecated
      {"::ffff:0:8.8.8.8", "not global"},    // IPv4-translated, RFC 2765
      {"::ffff:127.0.0.1", "loopback"},      // mapped
      {"::ffff:10.0.0.1", "private"},
      {"64:ff9b::169.254.169.254", "link-local"},  // NAT64
      {"2002:7f00:1::", "loopback"},               // 6to4
      {"2002:c0a8:1::1", "private"},
  };
  for (const auto& [text, name] : cases) {
    const auto allowed = check_public(make_address(text));
    ASSERT_FALSE(allowed) << text;
    EXPECT_EQ(allowed.error().code, ErrorCode::kAccessRefused);
    EXPECT_THAT(allowed.error().message, HasSubstr(name)) << text;
  }
}

// The first and the last address of a range, and their neighbours outside.
TEST(AddressGuard, RangesEndWhereTheyShould) {
  struct Edges {
    const char* before;
    const char* first;
    const char* last;
    const char* after;
  };
  for (const Edges& range : {
           Edges{"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
           Edges{"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
           Edges{"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
           Edges{"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
           Edges{"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
           Edges{"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
           Edges{"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
           Edges{"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
           Edges{"223.255.255.255", "224.0.0.0", "255.255.255.255", "1.0.0.0"},
           Edges{"2001:200::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
           Edges{"2001:db7:ffff::", "2001:db8::", "2001:db8:ffff::", "2001:db9::"},
           Edges{"3ffe:ffff::", "3fff::", "3fff:fff::", "3fff:1000::"},
       }) {
    EXPECT_TRUE(check_public(make_address(range.before))) << range.before;
    EXPECT_FALSE(check_public(make_address(range.first))) << range.first;
    EXPECT_FALSE(check_public(make_address(range.last))) << range.last;
    EXPECT_TRUE(check_public(make_address(range.after))) << range.after;
  }
}

}  // namespace
}  // namespace bb::webhook
