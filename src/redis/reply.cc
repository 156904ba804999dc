#include "redis/reply.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

namespace bb::redis {
namespace {

// hiredis has what it reads put together by these. What is at work on is the last element of each
// array that it is in, so that the places of the arrays do not change.
constexpr std::size_t kReservedMax = 1024;

Reply* place_of(const redisReadTask* task) {
  if (task->parent == nullptr) {
    auto* const root = static_cast<Reply*>(task->privdata);
    *root = Reply();
    return root;
  }
  return &static_cast<Reply*>(task->parent->obj)->items.emplace_back();
}

// Nothing may be thrown through hiredis; it takes a null pointer for "out of memory".
template <class Fill>
void* put(const redisReadTask* task, Fill fill) noexcept {
  try {
    Reply* const reply = place_of(task);
    fill(*reply);
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* put_string(const redisReadTask* task, char* text, std::size_t size) {
  return put(task, [&](Reply& reply) {
    reply.kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::kError : Reply::Kind::kString;
    reply.text.assign(text, size);
  });
}

#if HIREDIS_MAJOR >= 1
using Count = std::size_t;
#else
using Count = int;
#endif

void* put_array(const redisReadTask* task, Count count) {
  return put(task, [&](Reply& reply) {
    reply.kind = Reply::Kind::kArray;
    reply.items.reserve(std::min(static_cast<std::size_t>(count), kReservedMax));
  });
}

void* put_integer(const redisReadTask* task, long long value) {
  return put(task, [&](Reply& reply) {
    reply.kind = Reply::Kind::kInteger;
    reply.integer = value;
  });
}

void* put_nil(const redisReadTask* task) {
  return put(task, [](Reply&) {});
}

void put_away(void*) {}  // all are in the root, which is the reader's

redisReplyObjectFunctions* functions() {
  static redisReplyObjectFunctions all = [] {
    redisReplyObjectFunctions filled{};
    filled.createString = put_string;
    filled.createArray = put_array;
    filled.createInteger = put_integer;
    filled.createNil = put_nil;
    filled.freeObject = put_away;
    return filled;
  }();
  return &all;
}

void append_number(std::string& out, char kind, std::size_t number) {
  char text[24];
  text[0] = kind;
  char* const end = std::to_chars(text + 1, text + sizeof text - 2, number).ptr;
  end[0] = '\r';
  end[1] = '\n';
  out.append(text, end + 2);
}

}  // namespace

Error error_of(const Reply& reply) {
  const std::string_view text = reply.text;
  const bool refused = text.starts_with("NOAUTH") || text.starts_with("WRONGPASS") ||
                       text.starts_with("NOPERM") || text.starts_with("ERR invalid password") ||
                       text.starts_with("ERR AUTH");
  // Of an error within a script it says where in that, too.
  const std::size_t place = text.find(" script: ");
  const bool is_of_script = text.find("@user_script") != std::string_view::npos;
  return {refused ? ErrorCode::kAccessRefused : ErrorCode::kFailure,
          fmt::format("Redis says: {}", is_of_script ? text.substr(0, place) : text)};
}

const Reply* find_error(const Reply& reply) {
  if (reply.is_error()) return &reply;
  for (const Reply& item : reply.items) {
    if (const Reply* const error = find_error(item)) return error;
  }
  return nullptr;
}

void append_command(std::string& out, const Command& command) {
  append_number(out, '*', command.size());
  for (const std::string& argument : command) {
    append_number(out, '$', argument.size());
    out += argument;
    out += "\r\n";
  }
}

void CommandBuffer::begin(std::size_t arguments) {
  append_number(bytes_, '*', arguments);
  ++count_;
}

void CommandBuffer::add(std::string_view text, std::string_view more) {
  append_number(bytes_, '$', text.size() + more.size());
  bytes_ += text;
  bytes_ += more;
  bytes_ += "\r\n";
}

void ReplyReader::Deleter::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader()
    : reply_(std::make_unique<Reply>()), reader_(redisReaderCreateWithFunctions(functions())) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = reply_.get();
}
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
  return std::optional<Reply>(std::move(*reply_));
}

}  // namespace bb::redis
