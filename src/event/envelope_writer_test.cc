#include <gtest/gtest.h>

#include "bloodbank/envelope.h"

namespace bb {
namespace {

Envelope smallest() {
  Envelope envelope;
  envelope.event_id = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  envelope.event_type = "llm.prompt";
  envelope.timestamp = *parse_rfc3339("2026-01-27T11:15:30+01:00");
  envelope.source.host = "studio";
  envelope.payload = "{}";
  return envelope;
}

TEST(Serialize, WritesNullWhereNothingIs) {
  EXPECT_EQ(serialize(smallest()),
            R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"llm.prompt",)"
            R"("timestamp":"2026-01-27T10:15:30Z","version":"1.0.0",)"
            R"("source":{"host":"studio","type":"manual","app":null,"meta":null},)"
            R"("correlation_ids":[],"agent_context":null,"payload":{}})");
}

TEST(Serialize, WritesEveryFieldInTheOrderOfTheContract) {
  Envelope envelope = smallest();
  envelope.version = "1.0.1";
  envelope.source.type = SourceType::kFileWatch;
  envelope.source.app = "a \"b\"";
  envelope.source.meta = R"({"pid": 1})";
  envelope.source.unknown_fields = {{"pod", "1"}};
  envelope.correlation_ids = {*Uuid::parse("599c61a2-a885-5d16-a254-a85c490ebc81"), Uuid()};
  envelope.agent_context = R"({"type":"custom"})";
  envelope.payload = "{ \"n\": 1.10 }";
  envelope.unknown_fields = {{R"(\u0061)", "1e400"}, {"b", "[ ]"}};
  EXPECT_EQ(serialize(envelope),
            R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"llm.prompt",)"
            R"("timestamp":"2026-01-27T10:15:30Z","version":"1.0.1",)"
            R"("source":{"host":"studio","type":"file_watch","app":"a \"b\"","meta":{"pid": 1},)"
            R"("pod":1},"correlation_ids":["599c61a2-a885-5d16-a254-a85c490ebc81",)"
            R"("00000000-0000-0000-0000-000000000000"],"agent_context":{"type":"custom"},)"
            R"("payload":{ "n": 1.10 },"\u0061":1e400,"b":[ ]})");
}

TEST(Serialize, LeavesNonAsciiAsItIs) {
  Envelope envelope = smallest();
  envelope.source.host = "Zürich ☕\n";
  EXPECT_NE(serialize(envelope).find(R"("host":"Zürich ☕\n")"), std::string::npos);
}

TEST(Serialize, KeepsEveryDigitOfTheTime) {
  Envelope envelope = smallest();
  envelope.timestamp += std::chrono::nanoseconds(1);
  EXPECT_NE(serialize(envelope).find(R"("2026-01-27T10:15:30.000000001Z")"), std::string::npos);
}

}  // namespace
}  // namespace bb
