#include "filter/literals.h"

#include <utility>
#include <vector>

#include "base/assert.h"

namespace bb::filter {

Operand Literals::add(std::string_view json) {
  if (count_ > 0) text_ += ',';
  text_ += json;
  return {.kind = Operand::Kind::kLiteral, .index = count_++};
}

void Literals::move_to(Program& program) {
  text_ += ']';
  program.literals = schema::JsonDocument::read(std::move(text_));
  BB_ASSERT(program.literals != nullptr);
  const schema::JsonView& json = program.literals->view();
  std::vector<std::uint32_t> nodes;  // by ordinal
  for (std::uint32_t at = 1; at < json[0].next; at = json[at].next) nodes.push_back(at);
  BB_ASSERT(nodes.size() == count_);
  for (Condition& condition : program.conditions) {
    for (Operand* const operand : {&condition.left, &condition.right}) {
      if (operand->kind == Operand::Kind::kLiteral) operand->index = nodes[operand->index];
    }
  }
}

}  // namespace bb::filter
