#include "broker/reply.h"

#include "amqp/constants.h"

namespace bb::broker {

std::string reply_text(const Error& error) {
  std::string text(error_info(error.code).name);
  text.append(" - ").append(error.message);
  if (text.size() <= amqp::kShortStringMaxBytes) return text;
  static constexpr std::string_view kCut = "...";
  // Not in the middle of a UTF-8 character: back to before its first byte.
  std::size_t end = amqp::kShortStringMaxBytes - kCut.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text.append(kCut);
}

bool closes_connection(ErrorCode code) {
  switch (code) {
    case ErrorCode::kContentTooLarge:
    case ErrorCode::kNoRoute:
    case ErrorCode::kNoConsumers:
    case ErrorCode::kAccessRefused:
    case ErrorCode::kNotFound:
    case ErrorCode::kResourceLocked:
    case ErrorCode::kPreconditionFailed:
      return false;
    default:
      return true;
  }
}

}  // namespace bb::broker
