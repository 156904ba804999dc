// The broker's own door: events against the schemas of their types, as `bb publish` and
// `bb validate --envelope` check them.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "bloodbank/result.h"
#include "bloodbank/schema.h"
#include "broker/message_validator.h"
#include "schema/repository.h"
#include "server/envelope_glance.h"

namespace bb::server {

// A body passes if it is an envelope (version 1.0.0: not the legacy shape), its event type equals
// the routing key, and its payload is valid by the newest schema of that type. Where the type has
// no schema, it passes an exchange that is permissive and no other; where its schema is broken, and
// was never good, it passes none. An edited schema is seen within a second, without a restart: see
// SchemaRepository.
//
// Not thread-safe. Reads files, of a type that was not asked for in the last second; uses up to
// 4 MiB of the caller's stack.
class EventValidator final : public broker::MessageValidator {
 public:
  using OpenRepository = std::function<Result<schema::SchemaRepository>()>;

  // `open_repository` is called when the first schema is needed, or by open(); again as long as it
  // fails.
  explicit EventValidator(OpenRepository open_repository)
      : open_repository_(std::move(open_repository)) {}

  // Opens the repository now, to hear of errors: those of `open_repository`.
  Result<void> open();

  std::optional<broker::Refusal> check(broker::ValidationPolicy policy,
                                       const broker::ValidatedMessage& message) override;

 private:
  std::optional<broker::Refusal> check_payload(broker::ValidationPolicy policy,
                                               std::string_view event_type,
                                               std::string_view payload);
  broker::Refusal explain(const schema::EventSchema& schema, std::string_view event_type,
                          std::string_view payload);

  OpenRepository open_repository_;
  std::optional<schema::SchemaRepository> repository_;
  EnvelopeGlance glance_;
  SchemaValidator validator_;
};

}  // namespace bb::server
