// GET /metrics: the broker's figures in Prometheus' text format
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
#pragma once

#include "broker/broker.h"
#include "server/http_message.h"

namespace bb::server {

HttpResponse metrics_response(const broker::Broker& broker);

}  // namespace bb::server
