#include "cli/app.h"

int main(int argc, char** argv) {
  return bb::cli::run(argc, argv);
}
