// Checks a payload against a JSON Schema; neither needs a broker.
//
//   check_schema SCHEMA.json PAYLOAD
#include <bloodbank/schema.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: check_schema SCHEMA.json PAYLOAD\n";
    return 2;
  }
  bb::SchemaSet set;
  const auto id = set.add_file(argv[1]);
  const auto schema = id ? set.compile(*id) : bb::Result<bb::CompiledSchema>(bb::fail(id.error()));
  if (!schema) {
    std::cerr << schema.error().message << '\n';
    return 1;
  }
  bb::SchemaValidator validator;
  if (validator.is_valid(*schema, argv[2])) {
    std::cout << "valid\n";
    return 0;
  }
  std::cout << "not valid\n";
  return 1;
}
