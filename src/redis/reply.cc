#include "redis/reply.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <utility>

namespace bb::redis {
namespace {

Reply convert(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_NIL:
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      reply.items.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) {
        reply.items.push_back(convert(*from.element[i]));
      }
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kError;
      reply.text.assign(from.str, from.len);
      break;
    default:  // strings and statuses
      reply.kind = Reply::Kind::kString;
      reply.text.assign(from.str, from.len);
      break;
  }
  return reply;
}

}  // namespace

Error error_of(const Reply& reply) {
  const std::string_view text = reply.text;
  const bool refused = text.starts_with("NOAUTH") || text.starts_with("WRONGPASS") ||
                       text.starts_with("NOPERM") || text.starts_with("ERR invalid password") ||
                       text.starts_with("ERR AUTH");
  return {refused ? ErrorCode::kAccessRefused : ErrorCode::kFailure,
          fmt::format("Redis says: {}", text)};
}

void append_command(std::string& out, const Command& command) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", command.size());
  for (const std::string& argument : command) {
    fmt::format_to(std::back_inserter(out), "${}\r\n", argument.size());
    out += argument;
    out += "\r\n";
  }
}

void ReplyReader::Deleter::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {}
ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  // What fails here shows in next(): the reader keeps its error.
  (void)redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* found = nullptr;
  if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
    return fail(ErrorCode::kFailure, fmt::format("what answers there is no Redis: {}",
                                                 static_cast<const char*>(reader_->errstr)));
  }
  if (found == nullptr) return std::optional<Reply>();
  const std::unique_ptr<void, decltype(&freeReplyObject)> owned(found, &freeReplyObject);
  return std::optional<Reply>(convert(*static_cast<const redisReply*>(found)));
}

}  // namespace bb::redis
