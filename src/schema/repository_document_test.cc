#include "schema/repository_document.h"

#include <gmock/gmock.h>

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class Document {
 public:
  explicit Document(std::string text) : json_(JsonDocument::read(std::move(text))) {}
  operator const JsonView&() const { return json_->view(); }

 private:
  std::unique_ptr<const JsonDocument> json_;
};

TEST(DocumentInfo, IsWhatTheSchemaSays) {
  const DocumentInfo info = read_document_info(Document(R"({
    "$id": "https://33god.dev/schemas/a.json", "title": "A \"title\"", "description": "Why.",
    "x-bloodbank": {"event_type": "a.b", "kind": "command", "routing_key": "a.{action}"}})"));
  EXPECT_EQ(info.id, "https://33god.dev/schemas/a.json");
  EXPECT_EQ(info.title, "A \"title\"");
  EXPECT_EQ(info.description, "Why.");
  EXPECT_EQ(info.event_type, "a.b");
  EXPECT_EQ(info.kind, EventKind::kCommand);
  EXPECT_EQ(info.routing_key, "a.{action}");
}

TEST(DocumentInfo, EventTypeIsAnAnnotationOrAConstant) {
  const auto type_of = [](const char* text) {
    return read_document_info(Document(text)).event_type;
  };
  EXPECT_EQ(type_of(R"({"properties":{"event_type":{"const":"a.b.c"}}})"), "a.b.c");
  EXPECT_EQ(type_of(R"({"allOf":[true,{"$ref":"x"},
                        {"properties":{"event_type":{"const":"a.b.c"}}}]})"),
            "a.b.c");
  EXPECT_EQ(type_of(R"({"x-bloodbank":{"event_type":"a.b"},
                        "properties":{"event_type":{"const":"a.b.c"}}})"),
            "a.b");
}

TEST(DocumentInfo, WhatIsNoEventTypeIsNone) {
  for (const char* text :
       {"{}", "true", "[]", R"({"properties":[]})", R"({"properties":{"event_type":true}})",
        R"({"properties":{"event_type":{"const":1}}})",
        R"({"properties":{"event_type":{"const":"../x"}}})",
        R"({"properties":{"other":{"properties":{"event_type":{"const":"a.b"}}}}})",
        R"({"x-bloodbank":{"event_type":"A.B"}})", R"({"x-bloodbank":"a.b"})"}) {
    EXPECT_EQ(read_document_info(Document(text)).event_type, "") << text;
  }
}

TEST(DocumentExamples, AreTextsAsWritten) {
  EXPECT_THAT(read_examples(Document(R"({"examples":[{"a": 1.10}, "x"]})")),
              ElementsAre(R"({"a": 1.10})", R"("x")"));
  EXPECT_THAT(read_examples(Document(R"({"examples":{}})")), IsEmpty());
  EXPECT_THAT(read_examples(Document("true")), IsEmpty());
}

auto reference(const char* written, const char* uri) {
  return testing::AllOf(Field(&DocumentReference::reference, written),
                        Field(&DocumentReference::uri, uri));
}

TEST(DocumentReferences, AreSeenFromTheIdInForce) {
  const Document document(R"({
    "$id": "https://33god.dev/schemas/a/events/x.json",
    "allOf": [{"$ref": "../../common/base.json"}],
    "properties": {
      "inner": {"$id": "https://example.com/y/z.json", "$ref": "other.json#/$defs/a"},
      "outer": {"$dynamicRef": "https://example.com/w.json"},
      "again": {"$ref": "../../common/base.json#/$defs/b"}}})");
  EXPECT_THAT(
      read_references(document, "file:///r/a/events/x.json"),
      ElementsAre(reference("../../common/base.json", "https://33god.dev/schemas/common/base.json"),
                  reference("other.json", "https://example.com/y/other.json"),
                  reference("https://example.com/w.json", "https://example.com/w.json")));
}

TEST(DocumentReferences, WithoutAnIdAreSeenFromTheFile) {
  EXPECT_THAT(read_references(Document(R"({"$ref":"../b.json"})"), "file:///r/a/x.json"),
              ElementsAre(reference("../b.json", "file:///r/b.json")));
}

TEST(DocumentReferences, WithinTheDocumentAreLeftOut) {
  EXPECT_THAT(read_references(Document(R"({"$id":"https://a.b/c","allOf":[{"$ref":"#/$defs/x"},
                                           {"$ref":"#"},{"$ref":"c"},{"$ref":7}]})"),
                              "file:///x"),
              IsEmpty());
}

}  // namespace
}  // namespace bb::schema
