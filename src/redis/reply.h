// Redis's protocol, without sockets: commands to bytes, bytes to replies, by hiredis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/result.h"

struct redisReader;

namespace bb::redis {

// One command: its name and its arguments, each any bytes.
using Command = std::vector<std::string>;

// An answer of the server. A status, as in +OK, is a string.
struct Reply {
  enum class Kind : std::uint8_t { kNil, kInteger, kString, kArray, kError };

  Reply() = default;  // no aggregate: g++ 12 destroys those of a co_await expression twice

  bool is_nil() const { return kind == Kind::kNil; }
  bool is_error() const { return kind == Kind::kError; }

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;          // of a string or an error
  std::vector<Reply> items;  // of an array
};

// The error that an error reply stands for: kAccessRefused where the server wants another password
// or user (NOAUTH, WRONGPASS, NOPERM), kFailure otherwise, with the server's words.
Error error_of(const Reply& reply);

// The first error: the reply itself, or within it, as of EXEC. nullptr: there is none.
const Reply* find_error(const Reply& reply);

// Appends the command as the protocol's array of bulk strings.
void append_command(std::string& out, const Command& command);

// Commands one after the other, as they go to the server: for those who have many.
class CommandBuffer {
 public:
  // The next command is of so many arguments, its name included; add() then gives each.
  void begin(std::size_t arguments);
  // An argument; of two parts, one after the other.
  void add(std::string_view text, std::string_view more = {});

  std::size_t count() const { return count_; }
  std::string take_bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

// Cuts replies out of a stream of bytes. Not thread-safe.
class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();

  void feed(std::string_view bytes);
  // The next whole reply; nullopt where more bytes are needed. An error is no protocol of Redis, or
  // deeper or longer than hiredis takes: the connection is of no more use.
  Result<std::optional<Reply>> next();

 private:
  struct Deleter {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<Reply> reply_;  // that is being put together
  std::unique_ptr<redisReader, Deleter> reader_;
};

}  // namespace bb::redis
