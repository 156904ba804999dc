#include "cli/table.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheyNeed) {
  Table table;
  table.columns = {{"NAME"}, {"MESSAGES", true}, {"STATE"}};
  table.rows = {{"orders", "12", "running"}, {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "3", ""}};
  EXPECT_EQ(render_table(table, false),
            "NAME    MESSAGES  STATE\n"
            "orders        12  running\n"
            "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e         3  -\n");
}

TEST(Table, CellsCannotDriveTheTerminal) {
  Table table;
  table.columns = {{"NAME"}};
  table.rows = {{"a\x1b[2J\nb"}, {"\xff"}};
  EXPECT_EQ(render_table(table, false), "NAME\na\\u001b[2J\\nb\n\\xff\n");
}

TEST(Table, TitlesAreBoldInColour) {
  Table table;
  table.columns = {{"NAME"}};
  EXPECT_EQ(render_table(table, true), "\x1b[1mNAME\x1b[0m\n");
}

}  // namespace
}  // namespace bb::cli
