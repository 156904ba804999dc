#include "redis/client.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>
#include <utility>

#include "base/try.h"
#include "client/resolve.h"
#include "client/signal.h"
#include "client/socket_deadline.h"

namespace bb::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Replies = std::vector<Reply>;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 64 * 1024;

std::string encode(const std::vector<Command>& commands) {
  std::string bytes;
  for (const Command& command : commands) append_command(bytes, command);
  return bytes;
}

// What a new connection says first.
std::vector<Command> greeting(const ClientOptions& options) {
  std::vector<Command> commands;
  if (!options.password.empty()) {
    Command auth{"AUTH"};
    if (!options.user.empty()) auth.push_back(options.user);
    auth.push_back(options.password);
    commands.push_back(std::move(auth));
  }
  if (options.database != 0) {
    commands.push_back({"SELECT", std::to_string(options.database)});
  }
  // Also tells a server that wants a password, and one that is no Redis, at once.
  commands.push_back({"PING"});
  return commands;
}

std::vector<Command> in_transaction(std::vector<Command> commands) {
  commands.insert(commands.begin(), Command{"MULTI"});
  commands.push_back({"EXEC"});
  return commands;
}

Result<Replies> outcome_of_transaction(Replies replies) {
  for (const Reply& reply : replies) {
    if (reply.is_error()) return std::unexpected(error_of(reply));
  }
  if (replies.back().kind != Reply::Kind::kArray) {
    return fail(ErrorCode::kFailure, "Redis did not run the transaction");
  }
  for (const Reply& reply : replies.back().items) {
    if (reply.is_error()) return std::unexpected(error_of(reply));
  }
  return std::move(replies.back().items);
}

}  // namespace

// The connection and who waits on it. Kept alive by the coroutines that use it.
class Client::Link : public std::enable_shared_from_this<Client::Link> {
 public:
  Link(const asio::any_io_executor& executor, ClientOptions options)
      : executor_(executor), options_(std::move(options)), timer_(executor) {}

  // kErrors: no more than the first error is among the replies.
  enum class Keep : std::uint8_t { kAll, kErrors };
  asio::awaitable<Result<Replies>> run(std::string bytes, std::size_t replies,
                                       Keep keep = Keep::kAll);
  void close();

 private:
  using Socket = std::shared_ptr<tcp::socket>;
  using Connected = client::PendingPtr<bool>;

  // Commands of one call.
  struct Batch {
    Batch(const asio::any_io_executor& executor, std::size_t reply_count, std::size_t byte_count,
          Clock::time_point until, Keep what)
        : answer(std::make_shared<client::Pending<Replies>>(executor)),
          left(reply_count),
          bytes(byte_count),
          deadline(until),
          keep(what) {}

    void take(Reply reply) {
      --left;
      if (keep == Keep::kAll) {
        replies.push_back(std::move(reply));
      } else if (replies.empty()) {
        if (const Reply* const error = find_error(reply)) replies.push_back(*error);
      }
    }

    client::PendingPtr<Replies> answer;
    Replies replies;
    std::size_t left;  // replies
    std::size_t bytes;
    Clock::time_point deadline;
    Keep keep;
  };

  Error error(ErrorCode code, std::string_view what) const {
    return {code, fmt::format("Redis at {}:{}: {}", options_.host, options_.port, what)};
  }

  asio::awaitable<Result<void>> connected();
  static asio::awaitable<void> connect(std::shared_ptr<Link> self, Connected waiting);
  asio::awaitable<Result<Socket>> open(Clock::time_point deadline);
  asio::awaitable<Result<void>> greet(Socket socket, Clock::time_point deadline);
  static asio::awaitable<void> read_loop(std::shared_ptr<Link> self, Socket socket);
  static asio::awaitable<void> write_loop(std::shared_ptr<Link> self, Socket socket);
  // False where what came is no answer to anything.
  Result<void> take_replies();
  void arm();
  void on_time();
  // Gives the connection up; all that waits gets `why`.
  void drop(const Error& why);

  const asio::any_io_executor executor_;
  const ClientOptions options_;
  bool closed_ = false;
  Connected connecting_;  // null when no attempt is under way
  std::optional<Error> refused_;
  Clock::time_point retry_at_{};

  Socket socket_;  // null while there is no connection
  std::unique_ptr<ReplyReader> reader_;
  std::string outbox_;
  bool writing_ = false;
  std::deque<Batch> waiting_;  // in the order of their commands
  std::size_t pending_bytes_ = 0;
  asio::steady_timer timer_;  // for the first of waiting_
  bool armed_ = false;
};

asio::awaitable<Result<Replies>> Client::Link::run(std::string bytes, std::size_t replies,
                                                   Keep keep) {
  const auto self = shared_from_this();
  const auto deadline = Clock::now() + options_.timeout;
  if (closed_) co_return std::unexpected(error(ErrorCode::kClosed, "the client is closed"));
  if (pending_bytes_ + bytes.size() > options_.pending_bytes_max) {
    co_return std::unexpected(
        error(ErrorCode::kResourceError, "too much is waiting to be sent and answered"));
  }
  if (socket_ == nullptr) {
    if (auto made = co_await connected(); !made) co_return std::unexpected(made.error());
    if (closed_ || socket_ == nullptr) {
      co_return std::unexpected(error(ErrorCode::kClosed, "the connection was closed"));
    }
  }
  Batch& batch = waiting_.emplace_back(executor_, replies, bytes.size(), deadline, keep);
  const client::PendingPtr<Replies> answer = batch.answer;
  pending_bytes_ += bytes.size();
  outbox_ += bytes;
  arm();
  if (!std::exchange(writing_, true)) {
    asio::co_spawn(executor_, write_loop(self, socket_), asio::detached);
  }
  co_return co_await client::wait_for(answer);
}

asio::awaitable<Result<void>> Client::Link::connected() {
  if (connecting_ == nullptr) {
    if (refused_ && Clock::now() < retry_at_) co_return std::unexpected(*refused_);
    connecting_ = std::make_shared<client::Pending<bool>>(executor_);
    asio::co_spawn(executor_, connect(shared_from_this(), connecting_), asio::detached);
  }
  const Connected attempt = connecting_;
  auto made = co_await client::wait_for(attempt);
  if (!made) co_return std::unexpected(std::move(made).error());
  co_return Result<void>{};
}

asio::awaitable<void> Client::Link::connect(std::shared_ptr<Link> self, Connected waiting) {
  const auto deadline = Clock::now() + self->options_.timeout;
  self->reader_ = std::make_unique<ReplyReader>();
  auto socket = co_await self->open(deadline);
  self->connecting_ = nullptr;
  if (self->closed_) {
    waiting->set(std::unexpected(self->error(ErrorCode::kClosed, "the client is closed")));
    co_return;
  }
  if (!socket) {
    self->refused_ = socket.error();
    self->retry_at_ = Clock::now() + self->options_.retry_pause;
    waiting->set(std::unexpected(std::move(socket).error()));
    co_return;
  }
  self->refused_.reset();
  self->socket_ = *socket;
  asio::co_spawn(self->executor_, read_loop(self, *socket), asio::detached);
  waiting->set(true);
}

asio::awaitable<Result<Client::Link::Socket>> Client::Link::open(Clock::time_point deadline) {
  auto addresses = co_await client::resolve(options_.host, deadline);
  if (!addresses) {
    co_return std::unexpected(error(addresses.error().code, addresses.error().message));
  }
  error_code failed;
  auto left = static_cast<std::int64_t>(addresses->size());
  for (const auto& address : *addresses) {
    const auto socket = std::make_shared<tcp::socket>(executor_);
    const auto now = Clock::now();
    const client::SocketDeadline share(*socket, now + (deadline - now) / left--);
    const tcp::endpoint endpoint(address, options_.port);
    const auto [problem] = co_await socket->async_connect(endpoint, kTuple);
    if (problem || share.expired()) {
      if (!failed) failed = problem ? problem : error_code(asio::error::operation_aborted);
      continue;
    }
    error_code ignored;
    socket->set_option(tcp::no_delay(true), ignored);
    if (auto greeted = co_await greet(socket, deadline); !greeted) {
      co_return std::unexpected(std::move(greeted).error());
    }
    co_return socket;
  }
  if (failed == asio::error::operation_aborted) {
    co_return std::unexpected(error(ErrorCode::kTimeout, "no connection in time"));
  }
  co_return std::unexpected(error(ErrorCode::kUnreachable, failed.message()));
}

asio::awaitable<Result<void>> Client::Link::greet(Socket socket, Clock::time_point deadline) {
  const std::vector<Command> commands = greeting(options_);
  const std::string bytes = encode(commands);
  const client::SocketDeadline end(*socket, deadline);
  const auto broken = [&](const error_code& problem) {
    if (end.expired()) {
      return error(ErrorCode::kTimeout, "it accepts connections and does not answer");
    }
    return error(ErrorCode::kUnreachable,
                 problem == asio::error::eof ? "it closed the connection" : problem.message());
  };
  const auto [failed, written] = co_await asio::async_write(*socket, asio::buffer(bytes), kTuple);
  if (failed) co_return std::unexpected(broken(failed));
  std::vector<char> inbox(4096);
  for (std::size_t answered = 0; answered < commands.size();) {
    const auto [problem, size] = co_await socket->async_read_some(asio::buffer(inbox), kTuple);
    if (problem) co_return std::unexpected(broken(problem));
    reader_->feed(std::string_view(inbox.data(), size));
    for (;;) {
      auto reply = reader_->next();
      if (!reply) co_return std::unexpected(error(reply.error().code, reply.error().message));
      if (!*reply) break;
      ++answered;
      if ((*reply)->is_error()) {
        const Error why = error_of(**reply);
        co_return std::unexpected(error(why.code, why.message));
      }
    }
  }
  // It may have expired just now, and the socket is closed.
  if (end.expired()) co_return std::unexpected(broken({}));
  co_return Result<void>{};
}

asio::awaitable<void> Client::Link::read_loop(std::shared_ptr<Link> self, Socket socket) {
  std::vector<char> inbox(kReadBytes);
  for (;;) {
    const auto [problem, size] = co_await socket->async_read_some(asio::buffer(inbox), kTuple);
    if (self->socket_ != socket) co_return;
    if (problem) {
      self->drop(self->error(ErrorCode::kClosed, "the connection was lost"));
      co_return;
    }
    self->reader_->feed(std::string_view(inbox.data(), size));
    if (auto taken = self->take_replies(); !taken) {
      self->drop(self->error(taken.error().code, taken.error().message));
      co_return;
    }
  }
}

asio::awaitable<void> Client::Link::write_loop(std::shared_ptr<Link> self, Socket socket) {
  std::string batch;
  while (self->socket_ == socket && !self->outbox_.empty()) {
    batch.clear();
    std::swap(batch, self->outbox_);
    const auto [problem, size] = co_await asio::async_write(*socket, asio::buffer(batch), kTuple);
    if (self->socket_ != socket) co_return;  // another one has its own loop
    if (problem) {
      self->drop(self->error(ErrorCode::kClosed, "the connection was lost"));
      co_return;
    }
  }
  if (self->socket_ == socket) self->writing_ = false;
}

Result<void> Client::Link::take_replies() {
  for (;;) {
    BB_TRY_ASSIGN(std::optional<Reply> reply, reader_->next());
    if (!reply) return {};
    if (waiting_.empty()) {
      return fail(ErrorCode::kFailure,
                  reply->is_error() ? error_of(*reply).message : "it answers what was not asked");
    }
    Batch& first = waiting_.front();
    first.take(*std::move(reply));
    if (first.left > 0) continue;
    pending_bytes_ -= first.bytes;
    first.answer->set(std::move(first.replies));
    waiting_.pop_front();
    if (waiting_.empty()) timer_.cancel();
  }
}

void Client::Link::arm() {
  if (std::exchange(armed_, true)) return;
  timer_.expires_at(waiting_.front().deadline);
  timer_.async_wait([weak = weak_from_this()](const error_code&) {
    if (const auto self = weak.lock()) self->on_time();
  });
}

void Client::Link::on_time() {
  armed_ = false;
  if (waiting_.empty()) return;
  if (waiting_.front().deadline <= Clock::now()) {
    return drop(error(ErrorCode::kTimeout, "no answer in time"));
  }
  arm();
}

void Client::Link::drop(const Error& why) {
  if (socket_ != nullptr) {
    error_code ignored;
    socket_->close(ignored);
    socket_ = nullptr;
  }
  outbox_.clear();
  writing_ = false;
  pending_bytes_ = 0;
  timer_.cancel();
  for (Batch& batch : std::exchange(waiting_, {})) batch.answer->set(std::unexpected(why));
}

void Client::Link::close() {
  closed_ = true;
  drop(error(ErrorCode::kClosed, "the client is closed"));
}

Client::Client(const asio::any_io_executor& executor, ClientOptions options)
    : link_(std::make_shared<Link>(executor, std::move(options))) {}
Client::~Client() {
  link_->close();
}

asio::awaitable<Result<Reply>> Client::command(Command command) {
  const auto link = link_;
  std::string bytes;
  append_command(bytes, command);
  auto replies = co_await link->run(std::move(bytes), 1);
  if (!replies) co_return std::unexpected(std::move(replies).error());
  if (replies->front().is_error()) co_return std::unexpected(error_of(replies->front()));
  co_return std::move(replies->front());
}

asio::awaitable<Result<Replies>> Client::pipeline(std::vector<Command> commands) {
  const auto link = link_;
  if (commands.empty()) co_return Replies();
  std::string bytes = encode(commands);
  co_return co_await link->run(std::move(bytes), commands.size());
}

asio::awaitable<Result<void>> Client::run_all(CommandBuffer commands) {
  const auto link = link_;
  const std::size_t count = commands.count();
  if (count == 0) co_return Result<void>{};
  std::string bytes = std::move(commands).take_bytes();
  auto errors = co_await link->run(std::move(bytes), count, Link::Keep::kErrors);
  if (!errors) co_return std::unexpected(std::move(errors).error());
  if (!errors->empty()) co_return std::unexpected(error_of(errors->front()));
  co_return Result<void>{};
}

asio::awaitable<Result<Replies>> Client::transaction(std::vector<Command> commands) {
  const auto link = link_;
  const std::vector<Command> whole = in_transaction(std::move(commands));
  std::string bytes = encode(whole);
  auto replies = co_await link->run(std::move(bytes), whole.size());
  if (!replies) co_return std::unexpected(std::move(replies).error());
  co_return outcome_of_transaction(std::move(*replies));
}

void Client::close() {
  link_->close();
}

}  // namespace bb::redis
