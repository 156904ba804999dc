// Errors as values: every call that can fail across a module boundary returns
// Result<T>. The code says what kind of failure it is; the message is one line
// for a person, complete with what to do where there is something to do.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace bb {

// The kinds of failure. What each one becomes on the wire and in the shell is in
// error_info(); add a kind here and there together.
enum class ErrorCode : std::uint8_t {
  kFailure,             // none of the below
  kUsage,               // the caller's arguments are wrong
  kInvalidUrl,          // an AMQP URL that cannot be used
  kInvalidJson,         // input that is not JSON
  kInvalidEnvelope,     // JSON that is not an event envelope
  kIo,                  // a file or a socket failed
  kDiskFull,            // no room on the disk, or the quota is used up
  kCorruptData,         // stored data that does not check
  kUnreachable,         // no broker answered
  kInvalidSchema,       // a JSON Schema that cannot be used: broken, or refers to nothing
  kNoSchema,            // no schema is known for the event type
  kInvalidPayload,      // a payload that its schema refuses
  kTimeout,             // the peer answered too late
  kClosed,              // the connection or channel is closed
  kNacked,              // the broker refused the message
  kNoRoute,             // no queue received the message
  kInterrupted,         // stopped by a signal
  kAccessRefused,       // AMQP 403
  kNotFound,            // AMQP 404
  kResourceLocked,      // AMQP 405
  kPreconditionFailed,  // AMQP 406
  kContentTooLarge,     // AMQP 311
  kNoConsumers,         // AMQP 313
  kConnectionForced,    // AMQP 320
  kFrameError,          // AMQP 501
  kSyntaxError,         // AMQP 502
  kCommandInvalid,      // AMQP 503
  kChannelError,        // AMQP 504
  kUnexpectedFrame,     // AMQP 505
  kResourceError,       // AMQP 506
  kNotAllowed,          // AMQP 530
  kNotImplemented,      // AMQP 540
  kInternalError,       // AMQP 541
};

// What an error code means to each kind of caller.
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;          // as RabbitMQ spells it where AMQP has the code: "NOT_FOUND"
  std::string_view text;          // what it means, a short phrase
  std::uint16_t amqp_reply_code;  // AMQP 0-9-1 §1.2 reply code
  std::uint16_t http_status;
  std::uint8_t exit_code;  // of bb
};

// The row of the one table of errors. Thread-safe.
const ErrorInfo& error_info(ErrorCode code);

// The code for an AMQP reply code; kFailure for one that is unknown.
ErrorCode error_from_amqp(std::uint16_t reply_code);

struct Error {
  ErrorCode code;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

// `return fail(ErrorCode::kIo, "...")` from a function that returns Result<T>.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// Passes an error on: `return fail(std::move(result).error())`.
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace bb
