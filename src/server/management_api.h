// The part of RabbitMQ's management HTTP API that bb's commands need, under its paths and with its
// field names (https://www.rabbitmq.com/management.html), /metrics for Prometheus, and, below
// /api/bloodbank/, what RabbitMQ does not have: the registry of services.
#pragma once

#include "broker/broker.h"
#include "registry/service_table.h"
#include "server/http_message.h"

namespace bb::server {

class CorrelationKeeper;

// Answers `request`; on the broker's executor. Everything but /metrics from this machine wants
// Basic authentication by a user of the broker with one of the tags management, policymaker,
// monitoring and administrator. Any user may register a service.
HttpResponse handle_management(broker::Broker& broker, registry::ServiceTable& services,
                               CorrelationKeeper* correlation, const HttpRequest& request);

}  // namespace bb::server
