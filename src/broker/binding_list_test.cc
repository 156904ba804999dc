#include "broker/binding_list.h"

#include <gtest/gtest.h>

namespace bb::broker {
namespace {

TEST(BindingList, FindsByEverythingThatABindingSays) {
  BindingList list;
  const Binding plain{"x", "k", {}};
  const Binding with_arguments{"x", "k", {{"a", "1"}}};
  const Binding shifted{"xk", "", {}};  // the same letters
  list.add(plain);
  EXPECT_NE(list.find(plain), nullptr);
  EXPECT_EQ(list.find(with_arguments), nullptr);
  EXPECT_EQ(list.find(shifted), nullptr);
  list.add(with_arguments);
  list.remove(plain);
  EXPECT_EQ(list.find(plain), nullptr);
  ASSERT_NE(list.find(with_arguments), nullptr);
  EXPECT_EQ(*list.find(with_arguments), with_arguments);
}

}  // namespace
}  // namespace bb::broker
