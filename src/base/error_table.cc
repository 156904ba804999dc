#include <algorithm>
#include <array>

#include "base/assert.h"
#include "bloodbank/result.h"

namespace bb {
namespace {

// In the order of the enumeration, so that the code is the index. Exit codes as in README.md.
constexpr auto kTable = std::to_array<ErrorInfo>({
    {ErrorCode::kFailure, "FAILURE", "the operation failed", 541, 500, 1},
    {ErrorCode::kUsage, "USAGE", "the arguments are wrong", 503, 400, 2},
    {ErrorCode::kInvalidUrl, "INVALID_URL", "the URL cannot be used", 530, 400, 2},
    {ErrorCode::kInvalidJson, "INVALID_JSON", "the input is not JSON", 502, 400, 5},
    {ErrorCode::kInvalidEnvelope, "INVALID_ENVELOPE", "not an event envelope", 502, 422, 5},
    {ErrorCode::kIo, "IO_ERROR", "reading or writing failed", 541, 500, 1},
    {ErrorCode::kDiskFull, "DISK_FULL", "no room on the disk", 506, 507, 1},
    {ErrorCode::kCorruptData, "CORRUPT_DATA", "stored data is damaged", 541, 500, 1},
    {ErrorCode::kUnreachable, "UNREACHABLE", "no broker answered", 541, 503, 7},
    {ErrorCode::kInvalidSchema, "INVALID_SCHEMA", "the schema is broken", 541, 500, 1},
    {ErrorCode::kNoSchema, "NO_SCHEMA", "no schema is known", 404, 422, 5},
    {ErrorCode::kInvalidPayload, "INVALID_PAYLOAD", "the schema refuses it", 406, 422, 5},
    {ErrorCode::kTimeout, "TIMEOUT", "no answer in time", 541, 504, 7},
    {ErrorCode::kClosed, "CLOSED", "the connection is closed", 541, 503, 7},
    {ErrorCode::kNacked, "NACKED", "the broker refused the message", 541, 502, 1},
    {ErrorCode::kNoRoute, "NO_ROUTE", "no queue received the message", 312, 404, 6},
    {ErrorCode::kInterrupted, "INTERRUPTED", "stopped by a signal", 320, 499, 130},
    {ErrorCode::kAccessRefused, "ACCESS_REFUSED", "permission refused", 403, 403, 4},
    {ErrorCode::kNotFound, "NOT_FOUND", "it does not exist", 404, 404, 1},
    {ErrorCode::kResourceLocked, "RESOURCE_LOCKED", "held by another connection", 405, 409, 1},
    {ErrorCode::kPreconditionFailed, "PRECONDITION_FAILED", "it is not as expected", 406, 409, 1},
    {ErrorCode::kContentTooLarge, "CONTENT_TOO_LARGE", "the message is too large", 311, 413, 1},
    {ErrorCode::kNoConsumers, "NO_CONSUMERS", "no consumer is ready", 313, 503, 1},
    {ErrorCode::kConnectionForced, "CONNECTION_FORCED", "the broker is stopping", 320, 503, 7},
    {ErrorCode::kFrameError, "FRAME_ERROR", "a malformed frame", 501, 400, 1},
    {ErrorCode::kSyntaxError, "SYNTAX_ERROR", "a malformed field", 502, 400, 1},
    {ErrorCode::kCommandInvalid, "COMMAND_INVALID", "a method out of order", 503, 400, 1},
    {ErrorCode::kChannelError, "CHANNEL_ERROR", "a channel that is not open", 504, 400, 1},
    {ErrorCode::kUnexpectedFrame, "UNEXPECTED_FRAME", "a frame out of order", 505, 400, 1},
    {ErrorCode::kResourceError, "RESOURCE_ERROR", "a limit was reached", 506, 503, 1},
    {ErrorCode::kNotAllowed, "NOT_ALLOWED", "not allowed", 530, 403, 4},
    {ErrorCode::kNotImplemented, "NOT_IMPLEMENTED", "not supported here", 540, 501, 1},
    {ErrorCode::kInternalError, "INTERNAL_ERROR", "a fault of the broker", 541, 500, 1},
});

constexpr bool in_enumeration_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].code) != i) return false;
  }
  return true;
}
static_assert(in_enumeration_order());
static_assert(kTable.size() == static_cast<std::size_t>(ErrorCode::kInternalError) + 1);

// Codes below are ours alone: AMQP's own start here.
constexpr auto kFirstAmqpCode = ErrorCode::kNoRoute;

}  // namespace

const ErrorInfo& error_info(ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  BB_ASSERT(index < kTable.size());
  return kTable[index];
}

ErrorCode error_from_amqp(std::uint16_t reply_code) {
  const auto first = kTable.begin() + static_cast<std::ptrdiff_t>(kFirstAmqpCode);
  const auto row = std::find_if(first, kTable.end(), [&](const ErrorInfo& info) {
    return info.amqp_reply_code == reply_code && info.code != ErrorCode::kInterrupted;
  });
  return row == kTable.end() ? ErrorCode::kFailure : row->code;
}

}  // namespace bb
