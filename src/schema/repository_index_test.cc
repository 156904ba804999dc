#include "schema/repository_index.h"

#include <gmock/gmock.h>

#include "schema/repository_test_folder.h"

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Index : public testing::Test {
 protected:
  void update() {
    now_ += std::chrono::seconds(10);
    index_.update(now_, 1000);
  }

  // "type version file", in order.
  std::vector<std::string> events() {
    std::vector<std::string> lines;
    for (const EventSchemaInfo& event : index_.events()) {
      lines.push_back(event.event_type + " " + std::to_string(event.version) + " " + event.file);
    }
    return lines;
  }

  TestFolder folder_;
  std::unique_ptr<SchemaSource> source_ = make_folder_source(folder_.path().string(), "schemas");
  RepositoryIndex index_{*source_};
  TimePoint now_{};
};

constexpr std::string_view kConstant =
    R"({"properties":{"event_type":{"const":"whisperlivekit.transcription.completed"}}})";

TEST_F(Index, FindsEventsByWhatTheySayAndByName) {
  folder_.write("whisperlivekit/events/transcription_completed.json", kConstant);
  folder_.write("llm/events/llm.prompt.v2.schema.json", "{}");
  folder_.write("llm/events/llm.prompt.v1.schema.json", "{}");
  folder_.write("agent/commands/agent.thread.prompt.v1.schema.json", "{}");
  // No schemas of events.
  folder_.write("common/schemas/envelope.v1.schema.json", "{}");
  folder_.write("common/schemas/some.thing.v1.schema.json", "{}");
  folder_.write("llm/events/broken.thing.v1.schema.json", "{");
  folder_.write("package.json", "[]");
  update();
  EXPECT_THAT(events(),
              ElementsAre("agent.thread.prompt 1 agent/commands/agent.thread.prompt.v1.schema.json",
                          "llm.prompt 1 llm/events/llm.prompt.v1.schema.json",
                          "llm.prompt 2 llm/events/llm.prompt.v2.schema.json",
                          "whisperlivekit.transcription.completed 1 "
                          "whisperlivekit/events/transcription_completed.json"));
}

TEST_F(Index, TheBetterNameWinsWhereTwoFilesClaimAnEvent) {
  folder_.write("a/events/b.v1.schema.json", R"({"x-bloodbank":{"event_type":"a.b"}})");
  folder_.write("a/events/a.b.v1.schema.json", "{}");
  folder_.write("0/a.b.json", R"({"x-bloodbank":{"event_type":"a.b"}})");
  update();
  EXPECT_THAT(events(), ElementsAre("a.b 1 a/events/a.b.v1.schema.json"));
}

TEST_F(Index, FollowsChanges) {
  folder_.write("a/events/a.b.v1.schema.json", R"({"title":"old"})");
  update();
  folder_.write("a/events/a.b.v1.schema.json", R"({"title":"new"})");
  folder_.write("a/events/a.c.v1.schema.json", "{}");
  update();
  ASSERT_EQ(index_.events().size(), 2u);
  EXPECT_EQ(index_.events()[0].title, "new");
  folder_.remove("a");
  update();
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Index, WalksNoMoreOftenThanAsked) {
  update();
  folder_.write("a/events/a.b.v1.schema.json", "{}");
  index_.update(now_ + std::chrono::milliseconds(999), 1000);
  EXPECT_THAT(events(), IsEmpty());
  index_.update(now_ + std::chrono::milliseconds(1000), 1000);
  EXPECT_THAT(events(), testing::SizeIs(1));
}

TEST_F(Index, FindsFilesByTheirId) {
  folder_.write("x/y.json", R"({"$id":"https://example.com/z.json#"})");
  folder_.write("x/w.json", R"({"$id":"v.json"})");
  update();
  EXPECT_EQ(index_.find_by_id("https://example.com/z.json"), "x/y.json");
  EXPECT_EQ(index_.find_by_id(source_->uri_of("x/v.json")), "x/w.json");
  EXPECT_EQ(index_.find_by_id("https://example.com/"), std::nullopt);
}

TEST(NearestEventTypes, AreByLettersAndByWords) {
  std::vector<EventSchemaInfo> events;
  for (const char* name : {"artifact.created", "artifact.updated", "llm.error", "llm.prompt",
                           "transcription.voice.completed", "transcription.voice.completed"}) {
    events.push_back({});
    events.back().event_type = name;
  }
  EXPECT_THAT(nearest_event_types("llm.promt", events, 3), ElementsAre("llm.prompt"));
  EXPECT_THAT(nearest_event_types("voice.completed", events, 3),
              ElementsAre("transcription.voice.completed"));
  EXPECT_THAT(nearest_event_types("artifact.crated", events, 3),
              ElementsAre("artifact.created", "artifact.updated"));
  EXPECT_THAT(nearest_event_types("artifact.crated", events, 1), ElementsAre("artifact.created"));
  EXPECT_THAT(nearest_event_types("frobnicate", events, 3), IsEmpty());
  EXPECT_THAT(nearest_event_types(std::string(1 << 20, 'x'), events, 3), IsEmpty());
  EXPECT_THAT(nearest_event_types("", events, 3), IsEmpty());
}

}  // namespace
}  // namespace bb::schema
