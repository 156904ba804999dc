// A client of one Redis server: commands of many coroutines, pipelined over one connection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "redis/reply.h"

namespace bb::redis {

struct ClientOptions {
  ClientOptions() = default;  // no aggregate: see client/channel.h

  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::uint32_t database = 0;
  std::string user;      // empty is the default user
  std::string password;  // empty is none; never part of a message
  // From a call to its answer, connecting included.
  std::chrono::milliseconds timeout{1000};
  // After a connection could not be made, calls fail at once for that long, with the same error:
  // a server that is away costs one `timeout` in a while, not one each.
  std::chrono::milliseconds retry_pause{500};
  // Commands that wait to be sent and answered; more are refused with kResourceError.
  std::size_t pending_bytes_max = std::size_t{64} << 20;
};

// Connects when it is first needed, and again after a connection was lost. What was sent on a lost
// connection fails, and is not repeated: nobody knows whether the server has done it.
//
// Errors of all calls: kUnreachable (nobody answers there), kTimeout (no answer in time: the
// connection is given up, and what else waits on it fails too), kClosed (it ended meanwhile, or
// close() was called), kAccessRefused (password, user or their rights), kResourceError.
// Their texts name host and port.
//
// On one executor; not thread-safe. Coroutines under way may outlive the object: they end with
// kClosed.
class Client {
 public:
  Client(const boost::asio::any_io_executor& executor, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // One command. An error reply is an error here.
  boost::asio::awaitable<Result<Reply>> command(Command command);
  // All commands in one write; as many replies, in order, of which some can be errors.
  boost::asio::awaitable<Result<std::vector<Reply>>> pipeline(std::vector<Command> commands);
  // All of them in one write. Of the replies only the first error is of interest, also one within a
  // reply, as of EXEC.
  boost::asio::awaitable<Result<void>> run_all(CommandBuffer commands);
  // The same as pipeline() between MULTI and EXEC: all or none. An error of any command is an error
  // of the call; one that only shows while it runs (WRONGTYPE) leaves what the others did, as Redis
  // has it.
  boost::asio::awaitable<Result<std::vector<Reply>>> transaction(std::vector<Command> commands);

  // Ends the connection; what waits gets kClosed, and so does every later call.
  void close();

 private:
  class Link;
  std::shared_ptr<Link> link_;
};

}  // namespace bb::redis
