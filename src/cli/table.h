// Tables for a terminal.
#pragma once

#include <string>
#include <vector>

namespace bb::cli {

struct Table {
  struct Column {
    std::string title;
    bool right = false;  // numbers line up at their end
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // a cell for each column, as it came
};

// A line of titles and a line for each row, columns two spaces apart and as wide as they need to
// be. Cells are escaped (display_text.h); an empty one is "-". With colour the titles are bold.
std::string render_table(const Table& table, bool colour);

}  // namespace bb::cli
