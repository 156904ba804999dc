// Everything that reads a peer's bytes. The first byte of the input chooses the reader,
// the rest is what it reads:
//
//   0  a stream of frames, whole and in pieces     3  message properties
//   1  the payload of a method frame               4  the content of a field table
//   2  the payload of a content header frame
//
// Besides not crashing: what decodes encodes to bytes that decode to the same, a stream
// gives the same frames however it is cut, and nothing holds more than it was given.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "amqp/content.h"
#include "amqp/field_table.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "amqp/properties.h"
#include "base/assert.h"

namespace bb::amqp {
namespace {

constexpr std::uint64_t kBodyBytesMax = 1 << 16;

std::string copy(ByteView bytes) {
  return std::string(as_text(bytes));
}

// Field values are compared as bytes, for a NaN does not equal itself.
void read_table(ByteView content) {
  const auto table = decode_table(content);
  const auto checked = check_table(content);
  BB_ASSERT(table.has_value() == checked.has_value());
  if (!table) {
    BB_ASSERT(table.error() == checked.error());
    return;
  }
  const std::string written = encode_table_content(*table);
  const auto again = decode_table(as_bytes(written));
  BB_ASSERT(again);
  BB_ASSERT(encode_table_content(*again) == written);
  for (const auto& [name, value] : table->entries()) {
    BB_ASSERT(!to_string(value).empty());
    BB_ASSERT(table->find(name) != nullptr);
  }
}

void read_method(ByteView payload) {
  const auto method = decode_method(payload);
  if (!method) return;
  BB_ASSERT(method_id(*method) == peek_method_id(payload));
  BB_ASSERT(method_name(method_id(*method)) != "unknown");
  const auto frame_of = [](const Method& decoded) {
    Buffer out;
    encode_method(out, 1, decoded);
    return copy(out.view());
  };
  const std::string written = frame_of(*method);
  const ByteView written_payload =
      as_bytes(written).subspan(kFrameHeaderBytes, written.size() - kFrameOverheadBytes);
  const auto again = decode_method(written_payload);
  BB_ASSERT(again);
  BB_ASSERT(frame_of(*again) == written);
}

void read_properties(ByteView bytes) {
  const auto properties = decode_properties(bytes);
  if (!properties) return;
  if (const auto& headers = properties->headers) {
    BB_ASSERT(check_table(*headers));
    read_table(*headers);
  }
  // Of all the bits only bit 1 of the flags has no meaning.
  Buffer out;
  encode_properties(out, *properties);
  std::string expected = copy(bytes);
  expected[1] = static_cast<char>(expected[1] & ~2);
  BB_ASSERT(as_text(out.view()) == expected);
}

void read_content_header(ByteView payload) {
  const auto header = decode_content_header(payload);
  if (header) read_properties(header->properties);
}

// A reading of a stream: the frames, and the error that ended it.
struct Transcript {
  std::vector<std::string> frames;
  std::string error;
  friend bool operator==(const Transcript&, const Transcript&) = default;
};

// Reads the stream in pieces of `piece_bytes`.
Transcript read_stream(ByteView stream, std::size_t piece_bytes) {
  Transcript transcript;
  FrameReader reader(kFrameMinBytes);
  ContentAssembler assembler(kBodyBytesMax);
  std::size_t fed_bytes = 0;
  while (!stream.empty()) {
    const ByteView piece = stream.first(std::min(piece_bytes, stream.size()));
    stream = stream.subspan(piece.size());
    fed_bytes += piece.size();
    reader.feed(piece);
    for (;;) {
      const auto next = reader.next();
      BB_ASSERT(reader.held_bytes() <= std::min<std::size_t>(fed_bytes, kFrameMinBytes));
      if (!next) {
        transcript.error = next.error().message;
        return transcript;
      }
      if (!*next) break;
      const Frame& frame = **next;
      Buffer out;
      encode_frame(out, frame.type, frame.channel, frame.payload);
      transcript.frames.push_back(copy(out.view()));
      if (frame.type == FrameType::kMethod) {
        read_method(frame.payload);
        if (has_content(peek_method_id(frame.payload))) assembler.start();
      } else if (assembler.active()) {
        const auto complete = assembler.add(frame);
        BB_ASSERT(assembler.body().size() <= std::min<std::uint64_t>(fed_bytes, kBodyBytesMax));
        if (complete && *complete) read_properties(as_bytes(assembler.properties()));
      }
    }
  }
  return transcript;
}

void read_stream_in_pieces(ByteView stream) {
  const Transcript whole = read_stream(stream, stream.size());
  BB_ASSERT(read_stream(stream, 1) == whole);
  BB_ASSERT(read_stream(stream, 13) == whole);
}

}  // namespace
}  // namespace bb::amqp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0]) {
    case 0:
      bb::amqp::read_stream_in_pieces(input);
      break;
    case 1:
      bb::amqp::read_method(input);
      break;
    case 2:
      bb::amqp::read_content_header(input);
      break;
    case 3:
      bb::amqp::read_properties(input);
      break;
    case 4:
      bb::amqp::read_table(input);
      break;
    default:
      return -1;  // not worth keeping
  }
  return 0;
}
