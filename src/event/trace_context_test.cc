#include "event/trace_context.h"

#include <gtest/gtest.h>

namespace bb::event {
namespace {

// The example of the specification.
constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, IsReadAndWritten) {
  const auto context = parse_trace_context(kExample, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->traceparent(), kExample);
  EXPECT_EQ(context->state, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  EXPECT_EQ(context->flags, 1);
}

TEST(TraceContext, AChildIsAnotherStepOfTheSameTrace) {
  const TraceContext context = *parse_trace_context(kExample, "a=b");
  const TraceContext child = context.child();
  EXPECT_EQ(child.trace_id, context.trace_id);
  EXPECT_NE(child.parent_id, context.parent_id);
  EXPECT_EQ(child.flags, context.flags);
  EXPECT_EQ(child.state, "a=b");
  EXPECT_NE(context.child().parent_id, child.parent_id);
  EXPECT_TRUE(parse_trace_context(child.traceparent(), ""));
}

TEST(TraceContext, ALaterVersionIsReadAsFarAsItIsKnown) {
  const auto context = parse_trace_context(
      "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-is-new", "");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->traceparent(), kExample);
}

TEST(TraceContext, AnythingElseIsNone) {
  for (const std::string_view text : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.",
       }) {
    EXPECT_FALSE(parse_trace_context(text, "")) << text;
  }
}

TEST(TraceContext, AStateThatNoHeaderMayHoldIsLeftOut) {
  EXPECT_EQ(parse_trace_context(kExample, "a=b\n")->state, "");
  EXPECT_EQ(parse_trace_context(kExample, std::string(513, 'a'))->state, "");
}

TEST(TraceContext, AStateIsAListOfKeysAndValues) {
  for (const std::string_view text :
       {"", "a=b", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "tenant@system=v , 3_-*/=x y", "a=b,",
        " , a=b", "a=!~", "a=b;c"}) {
    EXPECT_TRUE(is_tracestate(text)) << text;
  }
  std::string many;
  for (int n = 0; n < 32; ++n) many += "k=v,";
  EXPECT_TRUE(is_tracestate(many));
  EXPECT_FALSE(is_tracestate(many + "k=v"));
  EXPECT_TRUE(is_tracestate("a=" + std::string(256, 'x')));
  EXPECT_FALSE(is_tracestate("a=" + std::string(257, 'x')));
  for (const std::string_view text : {"a", "a=", "=b", "A=b", "a b=c", "a=b=c", "a=b\n", "a=b\t",
                                      "a=\x7f", "a=\xc3\xbc", "-a=b", "a=b,c"}) {
    EXPECT_FALSE(is_tracestate(text)) << text;
  }
}

}  // namespace
}  // namespace bb::event
