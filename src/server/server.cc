#include "server/server.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "base/random.h"
#include "base/try.h"
#include "broker/broker.h"
#include "broker/log_storage.h"
#include "io/posix_folder.h"
#include "server/correlation_keeper.h"
#include "server/data_dir.h"
#include "server/http_listener.h"
#include "server/service_store.h"
#include "server/session.h"
#include "server/spool_intake.h"
#include "server/start_memory.h"
#include "server/storage_driver.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::seconds kTick{1};
// By then the start is over.
constexpr std::chrono::milliseconds kStartTime{250};
constexpr std::uint64_t kFilesMax = 64;  // other than sockets of clients: the log's and a few more
constexpr std::size_t kScratchBytes = 256 * 1024;
// Out of descriptors or the like: let some connections end before accepting again.
constexpr std::chrono::milliseconds kAcceptPause{100};

// RabbitMQ's default too: 40% of the machine's memory
// (https://www.rabbitmq.com/memory.html#configuring-threshold).
std::uint64_t memory_bytes_max() {
  const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 0L));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::max(pages * page_bytes / 5 * 2, broker::Options{}.memory_bytes_max / 16);
}

// A connection is a descriptor, and the log must never be without one for its next file. Shells and
// service managers often give far fewer than a process may take.
std::uint64_t connections_there_can_be() {
  struct rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return UINT64_MAX;
  if (files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &files) != 0) ::getrlimit(RLIMIT_NOFILE, &files);
  }
  if (files.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  const std::uint64_t kept = kFilesMax + HttpLimits{}.connections_max;
  return files.rlim_cur > 2 * kept ? files.rlim_cur - kept : files.rlim_cur / 2;
}

broker::Options broker_options(const ServerOptions& server) {
  broker::Options options = server.limits;
  options.version = BB_VERSION;
  options.seed = random_u64();
  options.events_exchange = server.events_exchange;
  options.events_validation = server.events_validation;
  options.events_history = server.events_history;
  options.memory_bytes_max = server.memory_max_bytes.value_or(memory_bytes_max());
  const std::uint64_t connections_max = connections_there_can_be();
  if (options.connections_max > connections_max) {
    logging::debug("no more than {} connections: the process may not have more files open",
                   connections_max);
    options.connections_max = connections_max;
  }
  return options;
}

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

// Messages come and go by the megabyte: memory that goes back to the system with each batch has to
// be cleared anew for the next one, which costs more than handling it.
void keep_freed_memory() {
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ::mallopt(M_TOP_PAD, 1 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
}

// Opens the log, and says what an unclean end left.
Result<broker::LogStorage::Opened> open_storage(io::Folder& folder, const ServerOptions& options) {
  broker::LogStorageOptions storage;
  if (options.repair) storage.repair = log::RepairMode::kRepair;
  BB_TRY_ASSIGN(auto opened, broker::LogStorage::open(folder, storage, wall_clock_ms()));
  const log::RecoveryReport& report = opened.storage->recovery();
  for (const auto& stretch : report.trimmed) {
    logging::info(
        "{}: {} bytes after position {} were being written when the last run ended; "
        "nobody was told that they are safe",
        stretch.file, stretch.end - stretch.begin, stretch.begin);
  }
  for (const auto& stretch : report.skipped) {
    logging::warning("{}: damaged from position {} to {}: given up", stretch.file, stretch.begin,
                     stretch.end);
  }
  return opened;
}

std::unique_ptr<CorrelationKeeper> make_keeper(const ServerOptions& options,
                                               asio::io_context& context, broker::Broker& broker,
                                               broker::Storage& storage) {
  if (!options.correlation || !options.events_history) return nullptr;
  CorrelationKeeper::Options keeper;
  keeper.path = options.data_dir + "/correlation.sqlite";
  keeper.ttl = options.correlation_ttl;
  return std::make_unique<CorrelationKeeper>(context, broker, storage, std::move(keeper));
}

// Everything of one run of the server; on one thread.
class Server {
 public:
  Server(const ServerOptions& options, const io::Folder& folder, broker::LogStorage& storage,
         ServiceStore& services)
      : options_(options),
        storage_(storage),
        services_(services),
        context_(/*concurrency_hint=*/1),
        acceptor_(context_),
        signals_(context_, SIGINT, SIGTERM),
        ticker_(context_),
        deadline_(context_),
        grace_(context_),
        settled_(context_),
        scratch_(kScratchBytes),
        validator_(options_.open_schemas),
        broker_(broker_options(options), storage_, &validator_),
        driver_(context_.get_executor(), folder, options.disk_free_min_bytes, storage_, broker_,
                [](const Error& error) { report_storage_failure(error); }),
        correlation_(make_keeper(options, context_, broker_, storage_)),
        http_(context_, broker_, services_.table(), correlation_.get()),
        spools_(context_.get_executor(), broker_, storage_) {
    tell_wall_clock();
  }

  // Where validation is asked for from the start, what it needs has to be there.
  Result<void> open_schemas() {
    const auto policy = options_.events_validation;
    if (!policy || *policy == broker::ValidationPolicy::kOff) return {};
    return validator_.open();
  }
  Result<void> restore(broker::StoredState state) { return broker_.restore(std::move(state)); }
  Result<Listening> listen();
  // Until a stop signal; the error is one of closing the storage.
  Result<void> run();

 private:
  static asio::awaitable<void> accept_loop(Server* self);
  static asio::awaitable<void> tick_loop(Server* self);
  static asio::awaitable<void> deadline_loop(Server* self);
  static asio::awaitable<void> settle(Server* self);
  static asio::awaitable<void> wait_for_signals(Server* self);
  void tell_wall_clock();
  static asio::awaitable<void> end_after_grace(Server* self);
  static void report_storage_failure(const Error& error);
  void session_ended(Session* session);
  void abort_sessions();
  // A copy, because a session that ends takes itself out of sessions_.
  std::vector<std::shared_ptr<Session>> live_sessions() const;
  void stop();
  void stop_when_empty();

  const ServerOptions& options_;
  broker::LogStorage& storage_;
  ServiceStore& services_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::signal_set signals_;
  asio::steady_timer ticker_;
  asio::steady_timer deadline_;  // when the broker has something to do by itself
  asio::steady_timer grace_;
  asio::steady_timer settled_;
  std::vector<std::byte> scratch_;
  EventValidator validator_;
  broker::Broker broker_;
  StorageDriver driver_;
  const std::unique_ptr<CorrelationKeeper> correlation_;  // nullptr: it is not kept
  HttpListener http_;
  SpoolIntake spools_;
  std::unordered_map<Session*, std::weak_ptr<Session>> sessions_;
  bool stopping_ = false;
};

Result<Listening> Server::listen() {
  boost::system::error_code ec;
  const auto refuse = [&](std::string_view hint) {
    return fail(ErrorCode::kIo, fmt::format("cannot listen on {}:{}: {}{}", options_.host,
                                            options_.port, ec.message(), hint));
  };
  const std::string host = options_.host == "localhost" ? "127.0.0.1" : options_.host;
  const auto address = asio::ip::make_address(host, ec);
  if (ec) {
    return fail(
        ErrorCode::kUsage,
        fmt::format("'{}' is not an IP address; use 127.0.0.1, ::1, 0.0.0.0 or ::", options_.host));
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (ec == asio::error::address_in_use) {
    return refuse("; another broker may be running there: stop it or choose another --port");
  }
  if (ec == boost::system::errc::address_not_available) {
    return refuse("; --host is an address of this machine, or 0.0.0.0 for all of them");
  }
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return refuse("");

  // Somebody may have deleted it.
  if (broker::VHost* const vhost = broker_.find_vhost("/")) {
    BB_TRY(vhost->declare_exchange(
        options_.events_exchange,
        {.type = broker::ExchangeType::kTopic, .durable = true, .arguments = {}}));
    BB_TRY(vhost->keep_history());
  }
  Listening listening{host, acceptor_.local_endpoint(ec).port(), std::nullopt};
  spools_.start(options_.data_dir, listening.port);
  if (options_.http_port) {
    BB_TRY_ASSIGN(listening.http_port, http_.listen(address, *options_.http_port));
  }
  return listening;
}

Result<void> Server::run() {
  asio::co_spawn(context_, accept_loop(this), asio::detached);
  if (options_.http_port) http_.start();
  if (correlation_) correlation_->start();
  asio::co_spawn(context_, tick_loop(this), asio::detached);
  asio::co_spawn(context_, deadline_loop(this), asio::detached);
  asio::co_spawn(context_, wait_for_signals(this), asio::detached);
  asio::co_spawn(context_, settle(this), asio::detached);
  context_.run();
  abort_sessions();  // a second signal leaves some behind, and they must not outlive the broker
  return driver_.stop();
}

void Server::report_storage_failure(const Error& error) {
  logging::error(
      "storage: {}: nothing more can be kept. Persistent events are refused until "
      "`bb serve` is started again",
      error.message);
}

asio::awaitable<void> Server::accept_loop(Server* self) {
  while (!self->stopping_) {
    auto [ec, socket] = co_await self->acceptor_.async_accept(kTuple);
    if (self->stopping_) break;
    if (ec) {
      logging::warning("cannot accept a connection: {}", ec.message());
      asio::steady_timer pause(self->context_, kAcceptPause);
      co_await pause.async_wait(kTuple);
      continue;
    }
    if (self->sessions_.size() >= self->broker_.options().connections_max) {
      logging::warning("connection refused: the limit of {} connections is reached",
                       self->broker_.options().connections_max);
      self->broker_.count_refusal(broker::Limit::kConnections);
      continue;
    }
    const auto session =
        std::make_shared<Session>(std::move(socket), self->broker_, self->scratch_,
                                  [self](Session* ended) { self->session_ended(ended); });
    self->sessions_.emplace(session.get(), session);
    session->start();
  }
}

asio::awaitable<void> Server::tick_loop(Server* self) {
  while (!self->stopping_ || !self->sessions_.empty()) {
    self->ticker_.expires_after(kTick);
    const auto [ec] = co_await self->ticker_.async_wait(kTuple);
    if (ec) break;
    self->tell_wall_clock();
    self->broker_.on_time(Clock::now());  // what no connection has set going: the management API
    for (const auto& session : self->live_sessions()) session->tick();
    self->storage_.set_time(wall_clock_ms());
    self->services_.tick(wall_clock());
    self->driver_.tick();
    self->spools_.tick();
  }
}

asio::awaitable<void> Server::deadline_loop(Server* self) {
  while (!self->stopping_) {
    const auto deadline = self->broker_.next_deadline([self] { self->deadline_.cancel(); });
    self->deadline_.expires_at(deadline.value_or(Clock::time_point::max()));
    co_await self->deadline_.async_wait(kTuple);  // cancelled: there is an earlier one
    self->broker_.on_time(Clock::now());
  }
}

asio::awaitable<void> Server::settle(Server* self) {
  self->settled_.expires_after(kStartTime);
  const auto [ec] = co_await self->settled_.async_wait(kTuple);
  if (!ec) release_start_memory();
}

void Server::tell_wall_clock() {
  broker_.set_wall_clock(Clock::now(), wall_clock_ms());
}

asio::awaitable<void> Server::wait_for_signals(Server* self) {
  const auto [ec, signal] = co_await self->signals_.async_wait(kTuple);
  if (ec) co_return;
  logging::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
  self->stop();
  if (self->sessions_.empty()) co_return;
  const auto [again_ec, again] = co_await self->signals_.async_wait(kTuple);
  if (!again_ec) self->context_.stop();
}

void Server::stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  http_.stop();
  spools_.stop();
  if (correlation_) correlation_->stop();
  broker_.shut_down();
  for (const auto& session : live_sessions()) session->stop_waiting();
  asio::co_spawn(context_, end_after_grace(this), asio::detached);
  stop_when_empty();
}

asio::awaitable<void> Server::end_after_grace(Server* self) {
  if (self->sessions_.empty()) co_return;
  self->grace_.expires_after(self->options_.shutdown_grace);
  const auto [ec] = co_await self->grace_.async_wait(kTuple);
  if (!ec) self->abort_sessions();
}

void Server::abort_sessions() {
  for (const auto& session : live_sessions()) session->abort();
}

std::vector<std::shared_ptr<Session>> Server::live_sessions() const {
  std::vector<std::shared_ptr<Session>> live;
  live.reserve(sessions_.size());
  for (const auto& [key, weak] : sessions_) {
    if (auto session = weak.lock()) live.push_back(std::move(session));
  }
  return live;
}

void Server::session_ended(Session* session) {
  sessions_.erase(session);
  if (stopping_) stop_when_empty();
}

void Server::stop_when_empty() {
  if (!sessions_.empty()) return;
  boost::system::error_code ignored;
  signals_.cancel(ignored);
  ticker_.cancel();
  deadline_.cancel();
  grace_.cancel();
  settled_.cancel();
}

}  // namespace

Result<void> run_server(const ServerOptions& options,
                        const std::function<void(const Listening&)>& on_listening) {
  keep_freed_memory();
  BB_TRY_ASSIGN(const DataDir data_dir, DataDir::open(options.data_dir));
  BB_TRY_ASSIGN(const auto folder, io::open_posix_folder(data_dir.path() + "/log"));
  BB_TRY_ASSIGN(broker::LogStorage::Opened opened, open_storage(*folder, options));
  BB_TRY_ASSIGN(const auto data_folder, io::open_posix_folder(data_dir.path()));
  BB_TRY_ASSIGN(const auto services, ServiceStore::open(*data_folder, wall_clock()));
  Server server(options, *folder, *opened.storage, *services);
  BB_TRY(server.open_schemas());
  BB_TRY(server.restore(std::move(opened.state)));
  BB_TRY_ASSIGN(const Listening listening, server.listen());
  on_listening(listening);
  const auto ran = server.run();
  if (services->table().size() > 0) services->save(wall_clock());
  return ran;
}

}  // namespace bb::server
