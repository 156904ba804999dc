#include "cli/voice_session.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

TEST(VoiceSession, ReadsAnEventALine) {
  const auto events = parse_session(
      R"({"event_type":"transcription.voice.started","offset_ms":0,"payload":{"n":1.10}})"
      "\n\n"
      R"({"payload":{"segment_id":"s1","speaker":"jana","text":"Hey","is_final":false},"offset_ms":12,"event_type":"transcription.voice.processed"})"
      "\r\n"
      R"({"event_type":"transcription.voice.failed","offset_ms":13,"payload":{"error":{"message":"noise"}}})");
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[0].event_type, "transcription.voice.started");
  EXPECT_EQ((*events)[0].payload, R"({"n":1.10})");
  EXPECT_EQ((*events)[0].is_final, std::nullopt);
  EXPECT_EQ((*events)[1].offset, std::chrono::milliseconds(12));
  EXPECT_EQ((*events)[1].segment_id, "s1");
  EXPECT_EQ((*events)[1].speaker, "jana");
  EXPECT_EQ((*events)[1].text, "Hey");
  EXPECT_THAT((*events)[1].is_final, Optional(false));
  EXPECT_EQ((*events)[2].text, "noise");
}

TEST(VoiceSession, NamesTheLineThatIsWrong) {
  const std::string good = R"({"event_type":"a.b","offset_ms":5,"payload":{}})";
  for (const std::string_view bad :
       {"{", "[]", "{}", R"({"event_type":"A","offset_ms":1,"payload":{}})",
        R"({"event_type":"a.b","offset_ms":-1,"payload":{}})",
        R"({"event_type":"a.b","offset_ms":5.5,"payload":{}})",
        R"({"event_type":"a.b","offset_ms":6,"payload":[]})",
        R"({"event_type":"a.b","offset_ms":4,"payload":{}})"}) {
    const auto events = parse_session(good + "\n" + std::string(bad) + "\n");
    ASSERT_FALSE(events) << bad;
    EXPECT_THAT(events.error().message, HasSubstr("line 2")) << bad;
  }
}

TEST(VoiceSession, HoldsAtLeastOneEvent) {
  EXPECT_FALSE(parse_session(""));
  EXPECT_FALSE(parse_session("\n\n"));
}

SessionEvent segment(std::string id) {
  SessionEvent event;
  event.segment_id = std::move(id);
  return event;
}

SessionEvent answer_to(std::string id) {
  SessionEvent event;
  event.in_reply_to = std::move(id);
  return event;
}

TEST(SessionCauses, FollowSegmentsAndAnswers) {
  const std::vector<SessionEvent> events{
      SessionEvent{},        // 0: the session begins
      segment("s1"),         // 1: its first partial
      segment("s1"),         // 2
      segment("s2"),         // 3: another one meanwhile
      segment("s1"),         // 4: its end
      answer_to("s1"),       // 5
      answer_to("nowhere"),  // 6
  };
  EXPECT_THAT(session_causes(events),
              ElementsAre(std::nullopt, Optional(0u), Optional(1u), Optional(0u), Optional(1u),
                          Optional(4u), Optional(0u)));
}

}  // namespace
}  // namespace bb::cli
