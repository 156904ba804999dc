#include "redis/redis_deduplicator.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bloodbank/uuid.h"

namespace bb::redis {
namespace {

namespace asio = boost::asio;
using client::Claim;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kDone = "done";

// KEYS[1] the event, ARGV[1] who asks, ARGV[2] the lease in ms. Who claimed it before and lost the
// answer has it still.
constexpr std::string_view kClaimScript = R"(
local held = redis.call('GET', KEYS[1])
if held == false or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 'new'
end
if held == 'done' then return 'done' end
return 'busy'
)";

// The same, of a claim that is ours; another one's is left alone.
constexpr std::string_view kRenewScript = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
)";

constexpr std::string_view kReleaseScript = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)";

std::string milliseconds_of(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

}  // namespace

struct RedisDeduplicator::State {
  State(const asio::any_io_executor& executor, RedisDeduplicatorOptions from)
      : options(std::move(from)), client(executor, options.client), timer(executor) {}

  std::string key(const std::string& event_id) const { return options.prefix + event_id; }
  Command script(std::string_view text, const std::string& event_id) const {
    return {"EVAL", std::string(text), "1", key(event_id), owner, milliseconds_of(options.lease)};
  }

  const RedisDeduplicatorOptions options;
  const std::string owner = Uuid::v4().to_string();
  Client client;
  asio::steady_timer timer;
  std::unordered_set<std::string> claims;  // ours, and those being asked for
  bool renewing = false;
};

std::string handled_prefix(std::string_view queue) {
  return "bloodbank:handled:" + std::string(queue) + ":";
}

RedisDeduplicator::RedisDeduplicator(const asio::any_io_executor& executor,
                                     RedisDeduplicatorOptions options)
    : state_(std::make_shared<State>(executor, std::move(options))) {}

RedisDeduplicator::~RedisDeduplicator() {
  state_->timer.cancel();
  state_->client.close();
}

asio::awaitable<Result<Claim>> RedisDeduplicator::claim(std::string event_id) {
  const auto state = state_;
  // Another copy is at work, or about to be, right here.
  if (!state->claims.insert(event_id).second) co_return Claim::kBusy;
  Command command = state->script(kClaimScript, event_id);
  auto reply = co_await state->client.command(std::move(command));
  if (!reply || reply->text != "new") state->claims.erase(event_id);
  if (!reply) co_return fail(std::move(reply).error());
  if (reply->text == kDone) co_return Claim::kDone;
  if (reply->text != "new") co_return Claim::kBusy;
  if (!std::exchange(state->renewing, true)) {
    asio::co_spawn(state->timer.get_executor(), renew(state), asio::detached);
  }
  co_return Claim::kNew;
}

asio::awaitable<Result<void>> RedisDeduplicator::done(std::string event_id) {
  const auto state = state_;
  state->claims.erase(event_id);
  Command command{"SET", state->key(event_id), std::string(kDone), "PX",
                  milliseconds_of(state->options.window)};
  auto reply = co_await state->client.command(std::move(command));
  if (!reply) co_return fail(std::move(reply).error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> RedisDeduplicator::release(std::string event_id) {
  const auto state = state_;
  state->claims.erase(event_id);
  Command command = state->script(kReleaseScript, event_id);
  auto reply = co_await state->client.command(std::move(command));
  if (!reply) co_return fail(std::move(reply).error());
  co_return Result<void>{};
}

// While there are claims. What fails is tried again a third of the lease later.
asio::awaitable<void> RedisDeduplicator::renew(std::weak_ptr<State> weak) {
  for (;;) {
    auto state = weak.lock();
    if (!state) co_return;
    state->timer.expires_after(state->options.lease / 3);
    const auto [cancelled] = co_await state->timer.async_wait(kTuple);
    if (cancelled || state->claims.empty()) {
      state->renewing = false;
      co_return;
    }
    std::vector<Command> commands;
    for (const std::string& event_id : state->claims) {
      commands.push_back(state->script(kRenewScript, event_id));
    }
    (void)co_await state->client.pipeline(std::move(commands));
  }
}

}  // namespace bb::redis
