#include "amqp/methods.h"

#include <array>

#include "amqp/method_index.h"

namespace bb::amqp {
namespace {

// In the order of the alternatives of Method.
constexpr auto kNames = std::to_array<std::string_view>({"connection.start",
                                                         "connection.start-ok",
                                                         "connection.secure",
                                                         "connection.secure-ok",
                                                         "connection.tune",
                                                         "connection.tune-ok",
                                                         "connection.open",
                                                         "connection.open-ok",
                                                         "connection.close",
                                                         "connection.close-ok",
                                                         "connection.blocked",
                                                         "connection.unblocked",
                                                         "connection.update-secret",
                                                         "connection.update-secret-ok",
                                                         "channel.open",
                                                         "channel.open-ok",
                                                         "channel.flow",
                                                         "channel.flow-ok",
                                                         "channel.close",
                                                         "channel.close-ok",
                                                         "access.request",
                                                         "access.request-ok",
                                                         "exchange.declare",
                                                         "exchange.declare-ok",
                                                         "exchange.delete",
                                                         "exchange.delete-ok",
                                                         "exchange.bind",
                                                         "exchange.bind-ok",
                                                         "exchange.unbind",
                                                         "exchange.unbind-ok",
                                                         "queue.declare",
                                                         "queue.declare-ok",
                                                         "queue.bind",
                                                         "queue.bind-ok",
                                                         "queue.purge",
                                                         "queue.purge-ok",
                                                         "queue.delete",
                                                         "queue.delete-ok",
                                                         "queue.unbind",
                                                         "queue.unbind-ok",
                                                         "basic.qos",
                                                         "basic.qos-ok",
                                                         "basic.consume",
                                                         "basic.consume-ok",
                                                         "basic.cancel",
                                                         "basic.cancel-ok",
                                                         "basic.publish",
                                                         "basic.return",
                                                         "basic.deliver",
                                                         "basic.get",
                                                         "basic.get-ok",
                                                         "basic.get-empty",
                                                         "basic.ack",
                                                         "basic.reject",
                                                         "basic.recover-async",
                                                         "basic.recover",
                                                         "basic.recover-ok",
                                                         "basic.nack",
                                                         "tx.select",
                                                         "tx.select-ok",
                                                         "tx.commit",
                                                         "tx.commit-ok",
                                                         "tx.rollback",
                                                         "tx.rollback-ok",
                                                         "confirm.select",
                                                         "confirm.select-ok"});
static_assert(kNames.size() == kMethodCount);

}  // namespace

MethodId method_id(const Method& method) {
  return kMethodIds[method.index()];
}

std::string_view method_name(MethodId id) {
  const std::size_t index = method_index(id);
  return index == kNoMethod ? "unknown" : kNames[index];
}

bool has_content(MethodId id) {
  return id == basic::Publish::kId || id == basic::Deliver::kId || id == basic::GetOk::kId ||
         id == basic::Return::kId;
}

}  // namespace bb::amqp
