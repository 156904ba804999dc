#include "schema/repository_names.h"

#include <gmock/gmock.h>

namespace bb::schema {
namespace {

using testing::ElementsAre;

TEST(RepositoryNames, ComponentIsTheFirstWordButForWhisperLiveKit) {
  EXPECT_EQ(component_of("transcription.voice.completed"), "whisperlivekit");
  EXPECT_EQ(component_of("voice.level.changed"), "whisperlivekit");
  EXPECT_EQ(component_of("fireflies.transcript.ready"), "whisperlivekit");
  EXPECT_EQ(component_of("whisperlivekit.transcription.completed"), "whisperlivekit");
  EXPECT_EQ(component_of("tonny.response.completed"), "tonny");
  EXPECT_EQ(component_of("voices.level.changed"), "voices");
  EXPECT_EQ(events_folder_of("llm.prompt"), "llm/events");
}

TEST(RepositoryNames, StemsAreTheWholeTypeThenLessOfIt) {
  EXPECT_THAT(name_stems("transcription.voice.completed"),
              ElementsAre("transcription.voice.completed", "voice_completed", "completed"));
  EXPECT_THAT(name_stems("session.thread.agent.action"),
              ElementsAre("session.thread.agent.action", "thread_agent_action", "action"));
  EXPECT_THAT(name_stems("llm.prompt"), ElementsAre("llm.prompt", "prompt"));
}

TEST(RepositoryNames, VersionIsPartOfTheFileName) {
  const auto name = parse_versioned_name("a.b.v12.schema.json");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->stem, "a.b");
  EXPECT_EQ(name->version, 12u);
  EXPECT_EQ(versioned_name("a.b", 12), "a.b.v12.schema.json");
  // Only the last one is the version.
  EXPECT_EQ(parse_versioned_name("a.v1.v2.schema.json")->stem, "a.v1");
}

TEST(RepositoryNames, WhatHasNoVersionIsNotTakenApart) {
  for (const char* name : {"a.b.schema.json", "a.b.v.schema.json", "a.b.v0.schema.json",
                           "a.b.v01.schema.json", "a.b.v-1.schema.json", "a.b.v1x.schema.json",
                           "a.b.v99999999999.schema.json", "a.b.v1.json", ".v1.schema.json", ""}) {
    EXPECT_FALSE(parse_versioned_name(name)) << name;
  }
}

TEST(RepositoryNames, PathsAreTakenApartAtTheLastSlash) {
  EXPECT_EQ(file_name_of("a/b/c.json"), "c.json");
  EXPECT_EQ(file_name_of("c.json"), "c.json");
  EXPECT_EQ(folder_of("a/b/c.json"), "a/b");
  EXPECT_EQ(folder_of("c.json"), "");
}

TEST(RepositoryNames, OnlyPlainRelativePathsAreContained) {
  EXPECT_TRUE(is_contained_path("a/b/c.json"));
  EXPECT_TRUE(is_contained_path("..a/b..json"));
  using namespace std::string_view_literals;
  for (const std::string_view path : {""sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, "a/./b"sv, ".."sv,
                                      "../a"sv, "a/../b"sv, "a/.."sv, "a\0b"sv}) {
    EXPECT_FALSE(is_contained_path(path)) << path;
  }
  EXPECT_FALSE(is_contained_path(std::string(1 << 20, 'a')));
}

}  // namespace
}  // namespace bb::schema
