#include "client/permission_hint.h"

#include <gtest/gtest.h>

namespace bb::client {
namespace {

TEST(PermissionHint, IsTheCommandForAService) {
  EXPECT_EQ(service_permissions("svc", "ev.v1", "ev.v1.svc"),
            R"(bb user permit 'svc' --configure '^(ev\.v1|ev\.v1\.svc(\..*)?)$' )"
            R"(--write '^(ev\.v1\.svc(\..*)?|amq\.default)$' )"
            R"(--read '^(ev\.v1|ev\.v1\.svc(\..*)?)$')");
}

}  // namespace
}  // namespace bb::client
