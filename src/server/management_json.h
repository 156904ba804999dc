// What several handlers of the management API need.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>
#include <utility>

#include "amqp/field_table.h"
#include "base/try.h"
#include "server/management_call.h"

namespace bb::server {

// "queue 'x' in vhost '/'" is not there.
std::unexpected<Error> no_such(const broker::VHost& vhost, std::string_view kind,
                               std::string_view name);
// The default exchange goes by amq.default in paths.
std::string_view exchange_name(std::string_view name);
// The member "arguments", or none. kPreconditionFailed: not an object.
Result<amqp::FieldTable> arguments_of(const boost::json::object& body);
// By "vhost", then "name".
boost::json::array sorted_by_name(boost::json::array list);
// The exchange that `argument` names is one that the user may send to: see broker::Channel.
Result<void> check_forwarding(const ManagementCall& call, const broker::VHost& vhost,
                              broker::ResourceKind kind, std::string_view name,
                              const amqp::FieldTable& arguments, std::string_view argument);

// Those that the user sees: the one that is the path's last segment, or all of them.
template <class Visit>
Result<void> for_each_vhost(const ManagementCall& call, const Visit& visit) {
  if (!call.arguments.empty()) {
    BB_TRY_ASSIGN(const broker::VHost* const vhost, call.vhost(call.arguments[0]));
    visit(*vhost);
    return {};
  }
  for (const auto& [name, vhost] : call.broker.vhosts()) {
    if (call.sees(name)) visit(*vhost);
  }
  return {};
}

}  // namespace bb::server
