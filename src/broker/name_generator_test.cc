#include "broker/name_generator.h"

#include <gtest/gtest.h>

#include <set>

namespace bb::broker {
namespace {

constexpr std::uint64_t kSeed = 42;

TEST(NameGenerator, ANameIsItsPrefixAnd22Characters) {
  NameGenerator names(kSeed);
  for (const std::string prefix : {"amq.gen-", "amq.ctag-", ""}) {
    const std::string name = names.make(prefix);
    EXPECT_TRUE(name.starts_with(prefix)) << name;
    EXPECT_EQ(name.size(), prefix.size() + 22) << name;
    EXPECT_EQ(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_",
                                     prefix.size()),
              std::string::npos)
        << name;
  }
}

TEST(NameGenerator, NamesDoNotMeet) {
  NameGenerator names(kSeed);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(names.make("")).second);
}

TEST(NameGenerator, TheSeedDecides) {
  NameGenerator names(kSeed);
  NameGenerator again(kSeed);
  NameGenerator other(kSeed + 1);
  for (int i = 0; i < 10; ++i) {
    const std::string name = names.make("q-");
    EXPECT_EQ(again.make("q-"), name);
    EXPECT_NE(other.make("q-"), name);
  }
}

TEST(NameGenerator, EveryCharacterIsDrawn) {
  NameGenerator names(kSeed);
  std::vector<std::set<char>> drawn(22);
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = names.make("");
    for (std::size_t at = 0; at < name.size(); ++at) drawn[at].insert(name[at]);
  }
  for (const auto& characters : drawn) EXPECT_EQ(characters.size(), 64u);
}

}  // namespace
}  // namespace bb::broker
