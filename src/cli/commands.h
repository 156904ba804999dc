// Every command of bb. Each function gives a description that owns its option values: the Command
// may be copied and moved, and its run() used once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace bb::cli {

Command serve_command();
Command publish_command();
Command spool_command();  // a group
Command subscribe_command();
Command trace_command();
Command link_command();
Command event_id_command();
Command dlq_command();  // a group
Command validate_command();
Command list_events_command();
Command list_commands_command();
Command show_command();
Command schema_command();  // a group
Command doctor_command();
// Groups, over a broker's management API.
Command queues_command();
Command exchanges_command();
Command bindings_command();
Command route_command();
Command topology_command();
Command connections_command();
Command channels_command();
Command consumers_command();
Command services_command();
Command user_command();
Command vhost_command();
Command definitions_command();
Command demo_command();
Command version_command();
// Hidden: what completion scripts call.
Command complete_command();
// These two describe the other commands, and get the list when they run.
Command help_command(std::function<const std::vector<Command>&()> commands);
Command completion_command(std::function<const std::vector<Command>&()> commands);

}  // namespace bb::cli
