// The part of RabbitMQ's management HTTP API that bb's commands need, under its paths and with its
// field names (https://www.rabbitmq.com/management.html), and /metrics for Prometheus.
#pragma once

#include "broker/broker.h"
#include "server/http_message.h"

namespace bb::server {

class CorrelationKeeper;

// Answers `request`; on the broker's executor. Everything but /metrics from this machine wants
// Basic authentication by a user of the broker with one of the tags management, policymaker,
// monitoring and administrator.
HttpResponse handle_management(broker::Broker& broker, CorrelationKeeper* correlation,
                               const HttpRequest& request);

}  // namespace bb::server
