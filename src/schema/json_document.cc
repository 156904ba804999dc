#include "schema/json_document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "bloodbank/envelope.h"
#include "event/json_string.h"
#include "schema/json_tree_builder.h"

namespace bb::schema {

std::string_view to_string(JsonType type) {
  static constexpr std::string_view kNames[] = {"null",   "boolean", "integer", "number",
                                                "string", "array",   "object"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view JsonView::characters(const JsonNode& node, std::string& buffer) const {
  if (!node.is_escaped()) return raw(node);
  buffer.clear();
  event::append_decoded_json_string(buffer, raw(node));
  return buffer;
}

std::string_view JsonView::source(std::uint32_t index) const {
  const JsonNode& node = nodes[index];
  switch (node.type) {
    case JsonType::kString:
      return {text + node.offset - 1, node.size + 2U};
    case JsonType::kArray:
    case JsonType::kObject: {
      // The end is behind the last value inside and the closing brackets that follow it: only
      // brackets of containers that end with this one stand between, and one of them is this one's.
      std::uint32_t last = index;
      std::size_t closing = 1;
      while (nodes[last].size > 0 &&
             (nodes[last].is(JsonType::kArray) || nodes[last].is(JsonType::kObject))) {
        std::uint32_t child = last + 1;
        while (nodes[child].next < nodes[last].next) child = nodes[child].next;
        const bool object = nodes[last].is(JsonType::kObject);
        last = object ? child + 1 : child;
        if (nodes[last].is(JsonType::kArray) || nodes[last].is(JsonType::kObject)) ++closing;
      }
      const JsonNode& inner = nodes[last];
      std::size_t at = inner.offset;
      if (inner.is(JsonType::kArray) || inner.is(JsonType::kObject)) {
        ++at;  // an empty container: from its opening bracket to its closing one
      } else {
        at += inner.size + (inner.is(JsonType::kString) ? 1U : 0U);
      }
      for (; closing > 0; ++at) {
        if (text[at] == ']' || text[at] == '}') --closing;
      }
      return {text + node.offset, at - node.offset};
    }
    default:
      return raw(node);
  }
}

struct JsonReader::Impl {
  // A copy of the parser's output array would cost what simdjson saves: it writes where it likes,
  // we read there.
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;
  std::unique_ptr<JsonNode[]> nodes;
  std::size_t node_capacity = 0;
  JsonTreeBuilder builder;

  // One huge text must not hold its memory for ever.
  void release_if_idle(std::size_t text_bytes) {
    constexpr std::size_t kKeptBytesMax = 32U << 20;
    if (capacity <= kKeptBytesMax || text_bytes > kKeptBytesMax / 4) return;
    parser.reset();
    capacity = 0;
    nodes.reset();
    node_capacity = 0;
  }

  bool find_tokens(std::string_view text) {
    if (text.size() > capacity || !parser) {
      // Room for twice as much as was asked, so that sizes that creep up do not allocate each time.
      const std::size_t wanted =
          std::min(std::max<std::size_t>(text.size() * 2, 4096), kTextBytesMax);
      const auto error =
          parser ? parser->set_capacity(wanted)
                 : simdjson::get_active_implementation()->create_dom_parser_implementation(
                       wanted, kJsonDepthMax, parser);
      if (error != simdjson::SUCCESS) {
        parser.reset();
        capacity = 0;
        return false;
      }
      capacity = wanted;
    }
    // Reads no byte behind the text: the last block of 64 is copied (see buf_block_reader).
    return parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          simdjson::stage1_mode::regular) == simdjson::SUCCESS;
  }
};

JsonReader::JsonReader() : impl_(std::make_unique<Impl>()) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

bool JsonReader::read(std::string_view text) {
  view_ = {};
  impl_->release_if_idle(text.size());
  if (text.empty() || text.size() >= kTextBytesMax || !impl_->find_tokens(text)) return false;
  const std::size_t tokens = impl_->parser->n_structural_indexes;
  const std::size_t needed = JsonTreeBuilder::nodes_max(tokens);
  if (needed > impl_->node_capacity) {
    const std::size_t wanted = needed + needed / 2;
    impl_->nodes = std::make_unique_for_overwrite<JsonNode[]>(wanted);
    impl_->node_capacity = wanted;
  }
  const std::uint32_t count = impl_->builder.build(
      text, {impl_->parser->structural_indexes.get(), tokens}, impl_->nodes.get());
  if (count == 0) return false;
  view_ = {.text = text.data(), .nodes = impl_->nodes.get(), .node_count = count};
  return true;
}

std::unique_ptr<const JsonDocument> JsonDocument::read(std::string&& text) {
  JsonReader reader;
  return read(std::move(text), reader);
}

std::unique_ptr<const JsonDocument> JsonDocument::read(std::string&& text, JsonReader& reader) {
  std::unique_ptr<JsonDocument> document(new JsonDocument);
  document->text_ = std::move(text);
  if (!reader.read(document->text_)) {
    text = std::move(document->text_);
    return nullptr;
  }
  const JsonView& read_view = reader.view();
  document->nodes_ = std::make_unique_for_overwrite<JsonNode[]>(read_view.node_count);
  std::copy_n(read_view.nodes, read_view.node_count, document->nodes_.get());
  document->view_ = {.text = document->text_.data(),
                     .nodes = document->nodes_.get(),
                     .node_count = read_view.node_count};
  return document;
}

}  // namespace bb::schema
