#include "cli/management_arguments.h"

#include <gtest/gtest.h>

#include "cli/json_value.h"

namespace bb::cli {
namespace {

// The object of these --argument values, or what is wrong with them.
std::string object_of(std::initializer_list<std::string_view> texts) {
  std::vector<DeclarationArgument> arguments;
  const OptionSpec option = arguments_option(arguments);
  for (const std::string_view text : texts) {
    if (const auto accepted = option.accept(std::string(text)); !accepted) {
      return error_info(accepted.error().code).name.data();
    }
  }
  const auto object = arguments_object(arguments);
  return object ? write_json(*object) : std::string(error_info(object.error().code).name);
}

TEST(ManagementArguments, ValuesAreJsonOrText) {
  EXPECT_EQ(object_of({}), "{}");
  EXPECT_EQ(object_of({"a=10", "b=true", "c=\"10\"", "d=drop-head", "e=", "f=x=y", "g=[1]"}),
            R"({"a":10,"b":true,"c":"10","d":"drop-head","e":"","f":"x=y","g":[1]})");
}

TEST(ManagementArguments, KeysAreThereAndDifferent) {
  for (const auto& texts :
       {std::initializer_list<std::string_view>{"a"}, {"=1"}, {""}, {"a=1", "a=2"}, {"a=\xff"}}) {
    EXPECT_EQ(object_of(texts), "USAGE");
  }
  EXPECT_EQ(object_of({std::string(256, 'k') + "=1"}), "USAGE");
  EXPECT_EQ(object_of({std::string(255, 'k') + "=1"}).size(), 255u + 6);
}

}  // namespace
}  // namespace bb::cli
