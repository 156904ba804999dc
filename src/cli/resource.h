// What a broker has many of (queues, connections, users, ...): listing them and showing one, the
// same way for all.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/management_options.h"

namespace bb::cli {

struct Resource {
  // A column of the table; the cell is escaped by whoever prints it.
  struct Column {
    std::string title;
    bool right = false;
    std::function<std::string(const boost::json::object&)> cell;
  };
  // `--queue NAME` of a list: only records whose `member` is NAME.
  struct Filter {
    std::string option;
    std::string value_name;
    std::string member;  // a path, as find_member() takes it
    std::string help;
  };
  enum class Scope {
    kVhost,   // listed for one vhost: /api/queues/VHOST
    kBroker,  // listed for all vhosts, narrowed by --vhost: /api/connections
    kGlobal,  // belongs to no vhost: /api/users
  };

  std::string noun;        // "queue"
  std::string plural;      // "queues"
  std::string collection;  // of the API's path; the plural mostly
  Scope scope = Scope::kVhost;
  std::string vhost_member = "vhost";     // where a record says its vhost
  std::vector<std::string> name_members;  // what --name and NAME are compared with
  std::vector<std::string> sort_members;  // after the vhost
  bool has_own_path = true;               // /api/queues/VHOST/NAME; else it is found in the list
  std::string empty_name = "";            // the path's segment for the name "", where that is one
  std::vector<Column> columns;            // without that of the vhost
  std::vector<Filter> filters;
};

// Cells of columns.
std::function<std::string(const boost::json::object&)> member_cell(std::string path);
// "durable,auto-delete,x-max-length=5": what is true of `flags`, then the arguments.
std::string features_of(const boost::json::object& record,
                        std::initializer_list<std::string_view> flags);
// "x-max-length=5,x-overflow=drop-head".
std::string arguments_of(const boost::json::object& record);

// What AMQP calls "" is shown as "(default)".
std::string exchange_name(const std::string& name);

// `bb queues list`, `bb queues show NAME`, with `examples` for their help.
Command resource_list_command(const Resource& resource, std::string description,
                              std::string examples);
Command resource_show_command(const Resource& resource, std::string description,
                              std::string examples);

// All records of the session's vhost, or of all vhosts; the vhost is that of the session.
Result<boost::json::array> fetch_records(const Resource& resource, ManagementSession& session,
                                         bool all_vhosts);

// The one record of that name. kNotFound with the nearest name.
Result<boost::json::object> fetch_record(const Resource& resource, ManagementSession& session,
                                         const std::string& name);

// The descriptions; in resources.cc.
Resource queue_resource();
Resource exchange_resource();
Resource binding_resource();
Resource connection_resource();
Resource channel_resource();
Resource consumer_resource();
Resource user_resource();
Resource vhost_resource();

}  // namespace bb::cli
