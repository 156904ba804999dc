// For tests: what attempts come to.
#pragma once

#include "webhook/attempt.h"

namespace bb::webhook {

inline Verdict delivered() {
  return judge(AttemptResult(204, ""), {});
}
inline Verdict endpoint_failed(std::chrono::seconds retry_after = std::chrono::seconds(0)) {
  return judge(AttemptResult(503, std::to_string(retry_after.count())), {});
}
inline Verdict event_refused() {
  return judge(AttemptResult(422, ""), {});
}
inline Verdict gone() {
  return judge(AttemptResult(410, ""), {});
}
inline Verdict unsendable() {
  return judge(AttemptResult(AttemptResult::Kind::kUnsendable, "no id"), {});
}

}  // namespace bb::webhook
