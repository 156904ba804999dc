#include "client/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::Optional;

auto addresses(std::initializer_list<const char*> texts) {
  Addresses made;
  for (const char* text : texts) made.push_back(boost::asio::ip::make_address(text));
  return Optional(made);
}

TEST(Resolve, NumericAddressesNeedNoResolver) {
  EXPECT_THAT(local_addresses("192.0.2.1"), addresses({"192.0.2.1"}));
  EXPECT_THAT(local_addresses("::1"), addresses({"::1"}));
  EXPECT_THAT(local_addresses("2001:db8::7"), addresses({"2001:db8::7"}));
}

TEST(Resolve, LocalhostIsBothLoopbacks) {
  EXPECT_THAT(local_addresses("localhost"), addresses({"127.0.0.1", "::1"}));
}

TEST(Resolve, NamesNeedTheResolver) {
  for (const char* name : {"broker.example", "localhost.example", "127.0.0.1.example", ""}) {
    EXPECT_EQ(local_addresses(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace bb::client
