#include "schema/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace bb::schema {
namespace {

std::uint64_t hash_of(std::string_view bytes) {
  KeyedHash hash;
  hash.add(bytes);
  return hash.value();
}

TEST(KeyedHash, IsTheSameForEqualFeeds) {
  EXPECT_EQ(hash_of("agent.session.started"), hash_of(std::string("agent.session.started")));
}

TEST(KeyedHash, TellsSimilarBytesApart) {
  std::set<std::uint64_t> seen;
  std::size_t fed = 0;
  for (std::size_t size = 0; size < 40; ++size) {
    for (const char fill : {'\0', 'a', 'b'}) {
      if (size == 0 && fill != '\0') continue;
      seen.insert(hash_of(std::string(size, fill)));
      ++fed;
    }
  }
  EXPECT_EQ(seen.size(), fed);
}

TEST(KeyedHash, TellsOrdersApart) {
  KeyedHash ab;
  ab.add(std::uint64_t{1});
  ab.add(std::uint64_t{2});
  KeyedHash ba;
  ba.add(std::uint64_t{2});
  ba.add(std::uint64_t{1});
  EXPECT_NE(ab.value(), ba.value());
}

}  // namespace
}  // namespace bb::schema
