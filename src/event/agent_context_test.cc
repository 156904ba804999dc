#include "event/agent_context.h"

#include <gmock/gmock.h>

#include "event/envelope_text.h"

namespace bb::event {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Pointers start at the context.
std::vector<std::string> errors_of(std::string_view context) {
  StructuralErrors errors;
  check_agent_context(context, "", errors);
  return lines_of(errors.take());
}

TEST(AgentContext, AcceptsEveryTypeOfAgent) {
  for (const char* type : {"claude-code", "claude-chat", "gemini-cli", "gemini-code", "letta",
                           "agno", "smolagent", "atomic-agent", "custom"}) {
    EXPECT_THAT(errors_of(R"({"type":")" + std::string(type) + R"("})"), IsEmpty()) << type;
  }
}

TEST(AgentContext, AcceptsEveryField) {
  EXPECT_THAT(errors_of(R"({
      "type": "claude-code", "name": "Tonny", "system_prompt": "Answer.", "instance_id": "i-1",
      "mcp_servers": ["github", {"name": "files"}], "file_references": ["a.md"],
      "url_references": [], "checkpoint_id": "c-1", "meta": {"x": 1}, "other": [1, 2],
      "code_state": {"repo_url": "https://example.org/r", "branch": "main", "working_diff": "",
                     "branch_diff": "", "last_commit_hash": "abc", "other": 7}})"),
              IsEmpty());
}

TEST(AgentContext, AcceptsNullForAFieldThatIsNotSet) {
  EXPECT_THAT(errors_of(R"({
      "type": "custom", "name": null, "system_prompt": null, "instance_id": null,
      "mcp_servers": null, "file_references": null, "url_references": null, "code_state": null,
      "checkpoint_id": null, "meta": null})"),
              IsEmpty());
  EXPECT_THAT(errors_of(R"({"type": "custom", "code_state": {"branch": null}})"), IsEmpty());
}

TEST(AgentContext, NeedsAType) {
  const std::string one_of =
      "one of claude-code, claude-chat, gemini-cli, gemini-code, letta, agno, smolagent, "
      "atomic-agent, custom";
  EXPECT_THAT(errors_of("{}"), ElementsAre("/type: " + one_of + ", not nothing"));
  EXPECT_THAT(errors_of(R"({"type":null})"), ElementsAre("/type: " + one_of + ", not null"));
  EXPECT_THAT(errors_of(R"({"type":"Custom"})"),
              ElementsAre("/type: " + one_of + ", not \"Custom\""));
}

TEST(AgentContext, ReportsEveryWrongFieldWithItsPointer) {
  EXPECT_THAT(
      errors_of(R"({
      "type": "custom", "name": 1, "system_prompt": [], "instance_id": true, "mcp_servers": {},
      "file_references": ["a", 1, null], "url_references": "x", "checkpoint_id": {}, "meta": [],
      "code_state": {"repo_url": 1, "branch": 2, "working_diff": 3, "branch_diff": 4,
                     "last_commit_hash": 5}})"),
      ElementsAre("/name: a string or null, not 1", "/system_prompt: a string or null, not []",
                  "/instance_id: a string or null, not true",
                  "/mcp_servers: an array or null, not {}", "/file_references/1: a string, not 1",
                  "/file_references/2: a string, not null",
                  "/url_references: an array of strings or null, not \"x\"",
                  "/checkpoint_id: a string or null, not {}", "/meta: an object or null, not []",
                  "/code_state/repo_url: a string or null, not 1",
                  "/code_state/branch: a string or null, not 2",
                  "/code_state/working_diff: a string or null, not 3",
                  "/code_state/branch_diff: a string or null, not 4",
                  "/code_state/last_commit_hash: a string or null, not 5"));
  EXPECT_THAT(errors_of(R"({"type": "custom", "code_state": "main"})"),
              ElementsAre("/code_state: an object or null, not \"main\""));
}

TEST(AgentContext, ChecksAFieldWhoseNameIsEscaped) {
  EXPECT_THAT(errors_of(R"({"type":"custom","n\u0061me":1})"),
              ElementsAre("/name: a string or null, not 1"));
}

}  // namespace
}  // namespace bb::event
