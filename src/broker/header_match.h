// The bindings of a headers exchange (AMQP 0-9-1 §3.1.3.4).
#pragma once

#include "amqp/field_table.h"
#include "bloodbank/result.h"

namespace bb::broker {

// What one binding asks of a message's headers. `x-match` is "all" (the default),
// "any", "all-with-x" or "any-with-x"; other arguments are conditions, those whose
// name starts with "x-" only in the last two. A condition holds when the message has the
// header with an equal value, or with any value where the condition's is void.
class HeaderMatch {
 public:
  // kPreconditionFailed for an x-match that is none of the four.
  static Result<HeaderMatch> compile(const amqp::FieldTable& arguments);

  bool matches(const amqp::FieldTable& headers) const;

 private:
  HeaderMatch() = default;

  amqp::FieldTable conditions_;
  bool all_ = true;
};

}  // namespace bb::broker
