// How large the tables may be that clients send.
#pragma once

#include "amqp/constants.h"
#include "amqp/field_table.h"
#include "amqp/methods.h"
#include "bloodbank/result.h"
#include "broker/options.h"

namespace bb::broker {

// Whether the options ask for less than what the decoder takes: only then is there a need to look.
inline bool limits_tables(const Options& options) {
  return options.table_fields_max < amqp::kTableEntriesMax ||
         options.table_depth_max < amqp::kTableDepthMax;
}

// kPreconditionFailed: more fields, or deeper ones, than the options allow. Tables and arrays
// count alike; the outermost one is at depth 1.
Result<void> check_table_limits(const amqp::FieldTable& table, const Options& options);
// Of the tables of a method.
Result<void> check_table_limits(const amqp::Method& method, const Options& options);

}  // namespace bb::broker
