#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/result.h"

namespace bb {
namespace {

std::vector<ErrorCode> every_code() {
  std::vector<ErrorCode> codes;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternalError); ++i) {
    codes.push_back(static_cast<ErrorCode>(i));
  }
  return codes;
}

TEST(ErrorTable, EveryCodeHasItsOwnRow) {
  std::set<std::string_view> names;
  for (const ErrorCode code : every_code()) {
    const ErrorInfo& info = error_info(code);
    EXPECT_EQ(info.code, code);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.text.empty()) << info.name;
  }
}

TEST(ErrorTable, EveryExitCodeIsADocumentedOne) {
  const std::set<int> documented = {1, 2, 3, 4, 5, 6, 7, 130};
  for (const ErrorCode code : every_code()) {
    EXPECT_TRUE(documented.contains(error_info(code).exit_code)) << error_info(code).name;
  }
}

TEST(ErrorTable, EveryHttpStatusIsAnError) {
  for (const ErrorCode code : every_code()) {
    EXPECT_GE(error_info(code).http_status, 400) << error_info(code).name;
    EXPECT_LE(error_info(code).http_status, 599) << error_info(code).name;
  }
}

TEST(ErrorTable, ExitCodesTellTheKindsOfFailureApart) {
  EXPECT_EQ(error_info(ErrorCode::kFailure).exit_code, 1);
  EXPECT_EQ(error_info(ErrorCode::kUsage).exit_code, 2);
  EXPECT_EQ(error_info(ErrorCode::kAccessRefused).exit_code, 4);
  EXPECT_EQ(error_info(ErrorCode::kInvalidJson).exit_code, 5);
  EXPECT_EQ(error_info(ErrorCode::kInvalidEnvelope).exit_code, 5);
  EXPECT_EQ(error_info(ErrorCode::kNoRoute).exit_code, 6);
  EXPECT_EQ(error_info(ErrorCode::kUnreachable).exit_code, 7);
  EXPECT_EQ(error_info(ErrorCode::kInterrupted).exit_code, 130);
}

// AMQP 0-9-1 §1.2, and 312 (NO_ROUTE) of basic.return.
TEST(ErrorTable, KnowsEveryAmqpReplyCode) {
  const std::vector<std::pair<std::uint16_t, ErrorCode>> reply_codes = {
      {311, ErrorCode::kContentTooLarge}, {312, ErrorCode::kNoRoute},
      {313, ErrorCode::kNoConsumers},     {320, ErrorCode::kConnectionForced},
      {403, ErrorCode::kAccessRefused},   {404, ErrorCode::kNotFound},
      {405, ErrorCode::kResourceLocked},  {406, ErrorCode::kPreconditionFailed},
      {501, ErrorCode::kFrameError},      {502, ErrorCode::kSyntaxError},
      {503, ErrorCode::kCommandInvalid},  {504, ErrorCode::kChannelError},
      {505, ErrorCode::kUnexpectedFrame}, {506, ErrorCode::kResourceError},
      {530, ErrorCode::kNotAllowed},      {540, ErrorCode::kNotImplemented},
      {541, ErrorCode::kInternalError},
  };
  for (const auto& [reply_code, code] : reply_codes) {
    EXPECT_EQ(error_from_amqp(reply_code), code) << reply_code;
    EXPECT_EQ(error_info(code).amqp_reply_code, reply_code);
  }
}

TEST(ErrorTable, UnknownReplyCodeIsAFailure) {
  EXPECT_EQ(error_from_amqp(0), ErrorCode::kFailure);
  EXPECT_EQ(error_from_amqp(200), ErrorCode::kFailure);
  EXPECT_EQ(error_from_amqp(65535), ErrorCode::kFailure);
}

}  // namespace
}  // namespace bb
