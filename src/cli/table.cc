#include "cli/table.h"

#include <algorithm>

#include "base/assert.h"
#include "cli/display_text.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

void append_cell(std::string& line, const std::string& cell, std::size_t width, bool right) {
  if (!line.empty()) line += "  ";
  const std::size_t used = display_width(cell);
  const std::size_t space = width > used ? width - used : 0;
  if (right) line.append(space, ' ');
  line += cell;
  if (!right) line.append(space, ' ');
}

}  // namespace

std::string render_table(const Table& table, bool colour) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Table::Column& column : table.columns) lines.front().push_back(column.title);
  for (const std::vector<std::string>& row : table.rows) {
    BB_ASSERT(row.size() == table.columns.size());
    std::vector<std::string> cells;
    for (const std::string& cell : row) cells.push_back(cell.empty() ? "-" : escape_controls(cell));
    lines.push_back(std::move(cells));
  }
  std::vector<std::size_t> widths(table.columns.size());
  for (const std::vector<std::string>& cells : lines) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(cells[i]));
    }
  }
  std::string out;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      append_cell(line, lines[row][i], widths[i], table.columns[i].right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += (row == 0 ? paint(line, Style::kBold, colour) : line) + "\n";
  }
  return out;
}

}  // namespace bb::cli
