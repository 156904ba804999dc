#include "correlation/redis_link_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "client/signal.h"

#include "correlation/redis_format.h"
#include "correlation/walk.h"

namespace bb::correlation {
namespace {

namespace asio = boost::asio;
using redis::Command;
using redis::CommandBuffer;
using redis::Reply;

// Links of one MULTI, and of one write.
constexpr std::size_t kLinksPerTransaction = 64;
constexpr std::size_t kLinksPerWrite = 4096;
// Events that one script looks at: a few milliseconds, in which the server does nothing else.
constexpr std::size_t kEventsPerScript = 1000;
// Events of one write without scripts.
constexpr std::size_t kEventsPerWrite = 1000;
// So many writes are under way: the server is at one while the answer to another is read.
constexpr std::size_t kLookupsAtOnce = 2;
// So many on a level are quicker asked for as they are: a script takes four times as long for each.
constexpr std::size_t kWideLevel = 16;
constexpr int kAddAttempts = 1000;

// Sets the record of a child if it is still what it was. KEYS: its forward key, the reverse keys of
// its parents. ARGV: what it was ("" for nothing), what it is to be, the time to live, the child.
constexpr std::string_view kReplaceScript = R"lua(
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SETEX', KEYS[1], ARGV[3], ARGV[2])
for i = 2, #KEYS do
  redis.call('SADD', KEYS[i], ARGV[4])
  redis.call('EXPIRE', KEYS[i], ARGV[3])
end
return 1
)lua";

// Breadth first from the events given. It looks for parents in the text of a record, which is
// quicker than reading it; whatever it misses is asked for later. ARGV: the prefixes of forward and
// reverse keys, whether to go up ("1") and down, how many events to look at, of how many children
// at most, how many that wait to be looked at are too many, the events. Each row of the answer: an
// event, its record or nil, its children.
constexpr std::string_view kWalkScript = R"lua(
local forward, reverse, up, down = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4] == '1'
local left, children_max, wide = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local queue, seen, rows = {}, {}, {}
local function add(id)
  if not seen[id] then
    seen[id] = true
    queue[#queue + 1] = id
  end
end
for i = 8, #ARGV do add(ARGV[i]) end
local at = 1
while at <= #queue and left > 0 and #queue - at < wide do
  local id = queue[at]
  at = at + 1
  left = left - 1
  local record = redis.call('GET', forward .. id)
  local children = {}
  if down then
    if redis.call('SCARD', reverse .. id) > children_max then
      children = redis.call('SRANDMEMBER', reverse .. id, children_max)
    else
      children = redis.call('SMEMBERS', reverse .. id)
    end
    left = left - #children / 20
  end
  if up and record then
    local parents = string.match(record, '"parent_event_ids"%s*:%s*%[([^%]]*)%]')
    if parents then
      for parent in string.gmatch(parents, '"([^"]*)"') do add(parent) end
    end
  end
  for _, child in ipairs(children) do add(child) end
  rows[#rows + 1] = {id, record, children}
end
return rows
)lua";

void begin_transaction(CommandBuffer& commands) {
  commands.begin(1);
  commands.add("MULTI");
}

void end_transaction(CommandBuffer& commands) {
  commands.begin(1);
  commands.add("EXEC");
}

void add_link(CommandBuffer& commands, const Link& link, std::string_view ttl_s) {
  const std::string child = link.child.to_string();
  commands.begin(4);
  commands.add("SETEX");
  commands.add(kForwardPrefix, child);
  commands.add(ttl_s);
  commands.add(write_forward_value(link));
  for (const Uuid& id : link.parents) {
    const std::string parent = id.to_string();
    commands.begin(3);
    commands.add("SADD");
    commands.add(kReversePrefix, parent);
    commands.add(child);
    commands.begin(3);
    commands.add("EXPIRE");
    commands.add(kReversePrefix, parent);
    commands.add(ttl_s);
  }
}

CommandBuffer commands_of(std::span<const Link> links, std::string_view ttl_s) {
  CommandBuffer commands;
  std::size_t in_transaction = 0;
  for (const Link& link : links) {
    if (link.parents.empty()) continue;
    if (in_transaction == 0) begin_transaction(commands);
    add_link(commands, link, ttl_s);
    if (++in_transaction == kLinksPerTransaction) {
      end_transaction(commands);
      in_transaction = 0;
    }
  }
  if (in_transaction > 0) end_transaction(commands);
  return commands;
}

Result<void> check(std::span<const Reply> replies) {
  for (const Reply& reply : replies) {
    if (const Reply* const error = redis::find_error(reply)) return fail(redis::error_of(*error));
  }
  return {};
}

void read_children(const Reply& reply, std::vector<Uuid>& children) {
  for (const Reply& item : reply.items) {
    if (const auto id = Uuid::parse(item.text)) children.push_back(*id);
  }
}

Command walk_command(const Walk& walk, std::span<const Uuid> events) {
  const bool up = walk.direction() != Direction::kDescendants;
  const bool down = walk.direction() != Direction::kAncestors;
  Command command{"EVAL",
                  std::string(kWalkScript),
                  "0",
                  std::string(kForwardPrefix),
                  std::string(kReversePrefix),
                  up ? "1" : "0",
                  down ? "1" : "0",
                  std::to_string(kEventsPerScript),
                  std::to_string(walk.limits().events_max),
                  std::to_string(kWideLevel)};
  for (const Uuid& event : events) command.push_back(event.to_string());
  return command;
}

// The records of all in one, then the children of each.
std::vector<Command> look_up_commands(std::span<const Uuid> events, bool with_children) {
  std::vector<Command> commands{{"MGET"}};
  for (const Uuid& event : events) commands.front().push_back(forward_key(event));
  if (!with_children) return commands;
  for (const Uuid& event : events) commands.push_back({"SMEMBERS", reverse_key(event)});
  return commands;
}

Command replace_command(const Link& link, std::string known, const std::string& ttl_s) {
  Command command{"EVAL", std::string(kReplaceScript), std::to_string(1 + link.parents.size()),
                  forward_key(link.child)};
  for (const Uuid& parent : link.parents) command.push_back(reverse_key(parent));
  command.push_back(std::move(known));
  command.push_back(write_forward_value(link));
  command.push_back(ttl_s);
  command.push_back(link.child.to_string());
  return command;
}

}  // namespace

// `children` may be nullptr.
Neighbours RedisLinkStore::read_neighbours(const Uuid& event, const Reply& record,
                                           const Reply* children) {
  Neighbours near(event);
  if (!record.is_nil()) near.link = reader_.read(event, record.text);
  if (children != nullptr) read_children(*children, near.children);
  return near;
}

RedisLinkStore::RedisLinkStore(std::shared_ptr<redis::Client> client, std::chrono::seconds ttl)
    : client_(std::move(client)), ttl_(ttl) {}

asio::awaitable<Result<void>> RedisLinkStore::record(std::vector<Link> links) {
  const std::string ttl_s = std::to_string(ttl_.count());
  for (std::size_t at = 0; at < links.size(); at += kLinksPerWrite) {
    const std::size_t count = std::min(kLinksPerWrite, links.size() - at);
    CommandBuffer commands = commands_of(std::span(links).subspan(at, count), ttl_s);
    if (auto recorded = co_await client_->run_all(std::move(commands)); !recorded) {
      co_return recorded;
    }
  }
  co_return Result<void>{};
}

asio::awaitable<Result<Link>> RedisLinkStore::add(Link more) {
  const std::string ttl_s = std::to_string(ttl_.count());
  for (int attempt = 0; attempt < kAddAttempts; ++attempt) {
    Command get{"GET", forward_key(more.child)};
    auto known = co_await client_->command(std::move(get));
    if (!known) co_return fail(std::move(known).error());
    Link merged = more;
    if (!known->is_nil()) {
      const auto link = reader_.read(more.child, known->text);
      if (!link) {
        co_return fail(ErrorCode::kCorruptData,
                       fmt::format("what Redis has at {} is no record of links: it is left as it "
                                   "is, and nothing was added",
                                   forward_key(more.child)));
      }
      merged = merge(*link, more);
    }
    Command replace = replace_command(merged, known->text, ttl_s);
    auto replaced = co_await client_->command(std::move(replace));
    if (!replaced) co_return fail(std::move(replaced).error());
    if (replaced->integer == 1) co_return merged;
  }
  co_return fail(ErrorCode::kResourceLocked,
                 fmt::format("the links of {} are being changed by others again and again: try "
                             "again later",
                             more.child.to_string()));
}

asio::awaitable<Result<Neighbours>> RedisLinkStore::neighbours(Uuid event) {
  std::vector<Command> commands = look_up_commands(std::span(&event, 1), /*with_children=*/true);
  auto replies = co_await client_->pipeline(std::move(commands));
  if (!replies) co_return fail(std::move(replies).error());
  if (auto checked = check(*replies); !checked) co_return fail(std::move(checked).error());
  co_return read_neighbours(event, replies->front().items.at(0), &replies->back());
}

asio::awaitable<Result<Graph>> RedisLinkStore::walk(Uuid event, Direction direction,
                                                    WalkLimits limits) {
  const bool lineage = direction == Direction::kLineage;
  Walk walk(event, lineage ? Direction::kAncestors : direction, limits);
  if (auto gone = co_await go(walk); !gone) co_return fail(std::move(gone).error());
  if (!lineage) co_return make_graph(std::move(walk));
  Walk down(event, Direction::kDescendants, limits);
  if (auto gone = co_await go(down); !gone) co_return fail(std::move(gone).error());
  co_return make_graph(std::move(walk), std::move(down));
}

// Look-ups that are under way; those who look up outlive none of it.
struct RedisLinkStore::Lookups {
  explicit Lookups(const asio::any_io_executor& executor) : changed(executor) {}

  std::deque<Uuid> todo;
  std::size_t running = 0;
  std::optional<Error> failure;
  client::Signal changed;
};

asio::awaitable<Result<void>> RedisLinkStore::go(Walk& walk) {
  const auto executor = co_await asio::this_coro::executor;
  Lookups lookups(executor);
  for (;;) {
    const bool idle = lookups.running == 0 && lookups.todo.empty();
    const std::vector<Uuid> wanted = idle ? walk.wanted() : walk.wanted_soon();
    if (idle && wanted.empty()) break;
    if (idle && scripts_allowed_ && wanted.size() < kWideLevel) {
      auto ahead = co_await look_ahead(walk, wanted);
      if (!ahead) co_return fail(std::move(ahead).error());
      scripts_allowed_ = *ahead;
      if (scripts_allowed_) continue;
    }
    lookups.todo.insert(lookups.todo.end(), wanted.begin(), wanted.end());
    while (lookups.running < kLookupsAtOnce && !lookups.todo.empty() && !lookups.failure) {
      const auto count = static_cast<std::ptrdiff_t>(
          std::min(std::max(lookups.todo.size() / kLookupsAtOnce, kWideLevel), kEventsPerWrite));
      const auto end = lookups.todo.begin() + std::min(count, std::ssize(lookups.todo));
      std::vector<Uuid> portion(lookups.todo.begin(), end);
      lookups.todo.erase(lookups.todo.begin(), end);
      ++lookups.running;
      asio::co_spawn(executor, run_lookup(walk, std::move(portion), lookups), asio::detached);
    }
    if (lookups.running > 0) co_await lookups.changed.wait();
    if (lookups.failure && lookups.running == 0) co_return fail(*lookups.failure);
  }
  co_return Result<void>{};
}

asio::awaitable<void> RedisLinkStore::run_lookup(Walk& walk, std::vector<Uuid> events,
                                                 Lookups& lookups) {
  auto found = co_await look_up(walk, std::move(events));
  if (!found && !lookups.failure) lookups.failure = std::move(found).error();
  --lookups.running;
  lookups.changed.notify();
}

// False: the server runs no scripts for us.
asio::awaitable<Result<bool>> RedisLinkStore::look_ahead(Walk& walk, std::vector<Uuid> events) {
  std::vector<Command> commands{walk_command(walk, events)};
  auto replies = co_await client_->pipeline(std::move(commands));
  if (!replies) co_return fail(std::move(replies).error());
  const Reply& rows = replies->front();
  if (rows.is_error()) {
    const bool refused = rows.text.starts_with("NOPERM") ||
                         rows.text.starts_with("ERR unknown command") ||
                         rows.text.find("undeclared key") != std::string::npos;
    if (refused) co_return false;
    co_return fail(redis::error_of(rows));
  }
  for (const Reply& row : rows.items) {
    if (row.items.size() != 3) continue;
    const auto id = Uuid::parse(row.items[0].text);
    if (id) walk.found(read_neighbours(*id, row.items[1], &row.items[2]));
  }
  co_return true;
}

asio::awaitable<Result<void>> RedisLinkStore::look_up(Walk& walk, std::vector<Uuid> events) {
  const bool with_children = walk.direction() != Direction::kAncestors;
  std::vector<Command> commands = look_up_commands(events, with_children);
  auto replies = co_await client_->pipeline(std::move(commands));
  if (!replies) co_return fail(std::move(replies).error());
  if (auto checked = check(*replies); !checked) co_return checked;
  const std::vector<Reply>& records = replies->front().items;
  for (std::size_t i = 0; i < events.size() && i < records.size(); ++i) {
    const Reply* const children = with_children ? &(*replies)[i + 1] : nullptr;
    walk.found(read_neighbours(events[i], records[i], children));
  }
  co_return Result<void>{};
}

}  // namespace bb::correlation
