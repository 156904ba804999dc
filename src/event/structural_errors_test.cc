#include "event/structural_errors.h"

#include <gmock/gmock.h>

namespace bb::event {
namespace {

using testing::SizeIs;

std::string found(std::string_view json) {
  StructuralErrors errors;
  errors.add("/a", "b", json);
  return errors.take().at(0).found;
}

TEST(StructuralErrors, PointersEscapeTildeAndSlash) {
  EXPECT_EQ(pointer_to("", "source"), "/source");
  EXPECT_EQ(pointer_to("/source", "a/b~c"), "/source/a~1b~0c");
  EXPECT_EQ(pointer_to("", "~1"), "/~01");
  EXPECT_EQ(pointer_to("/correlation_ids", std::size_t{12}), "/correlation_ids/12");
  EXPECT_EQ(pointer_to("", ""), "/");
}

TEST(StructuralErrors, ShortenWhatWasFound) {
  EXPECT_EQ(found("{ \"a\" :\n 1 }"), R"({"a":1})");
  EXPECT_EQ(found("\"" + std::string(100, 'x') + "\""), "\"" + std::string(59, 'x') + "…");
  EXPECT_EQ(found("[" + std::string(10'000, ' ') + "]"), "[…");
  EXPECT_EQ(found("\"a\xC2\x9B\""), "\"a?\"");
}

TEST(StructuralErrors, StayInOrder) {
  StructuralErrors errors;
  EXPECT_TRUE(errors.empty());
  errors.add("/b", "x", "1");
  errors.add_missing("/a", "y");
  EXPECT_FALSE(errors.empty());
  EXPECT_EQ(errors.take(),
            (std::vector<StructuralError>{{"/b", "x", "1"}, {"/a", "y", "nothing"}}));
  EXPECT_TRUE(errors.empty());
}

TEST(StructuralErrors, AreCountedPastTheLimit) {
  StructuralErrors errors;
  for (std::size_t i = 0; i < kStructuralErrorsMax; ++i) errors.add_missing("/a", "x");
  EXPECT_THAT(errors.take(), SizeIs(kStructuralErrorsMax));
  for (std::size_t i = 0; i < kStructuralErrorsMax + 7; ++i) errors.add_missing("/a", "x");
  const auto listed = errors.take();
  ASSERT_THAT(listed, SizeIs(kStructuralErrorsMax + 1));
  EXPECT_EQ(listed.back().pointer, "");
  EXPECT_EQ(listed.back().found, "7 more");
}

TEST(EnvelopeError, TellsLineAndColumnOfWhatIsNotJson) {
  const EnvelopeError error{JsonError{40, 3, 14, "trailing comma before '}'"}, {}};
  EXPECT_EQ(error.to_error(), (Error{ErrorCode::kInvalidJson,
                                     "not JSON: line 3, column 14: trailing comma before '}'"}));
}

TEST(EnvelopeError, TellsEveryStructuralErrorOnOneLine) {
  const EnvelopeError error{
      std::nullopt,
      {{"/source/type", "one of manual, agent", "\"robot\""}, {"", "an object", "[]"}}};
  EXPECT_EQ(error.to_error(),
            (Error{ErrorCode::kInvalidEnvelope,
                   "not an event envelope: /source/type: expected one of manual, agent, found "
                   "\"robot\"; the document: expected an object, found []"}));
}

TEST(EnvelopeError, StaysOnOneShortLineWhateverAFieldIsCalled) {
  const EnvelopeError error{std::nullopt, {{"/a\nb" + std::string(5000, 'c'), "x", "y"}}};
  const std::string message = error.to_error().message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 300U);
}

}  // namespace
}  // namespace bb::event
