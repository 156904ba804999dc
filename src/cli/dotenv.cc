#include "cli/dotenv.h"

#include <fmt/format.h>

#include <expected>

#include "io/read_file.h"

namespace bb::cli {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_key(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text) {
    if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

using Value = std::expected<std::string, std::string_view>;

Value parse_quoted(std::string_view text) {
  const char quote = text.front();
  std::string value;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) {
      ++at;
      switch (text[at]) {
        case 'n':
          value += '\n';
          break;
        case 't':
          value += '\t';
          break;
        case '"':
        case '\\':
        case '$':
          value += text[at];
          break;
        default:
          value += '\\';
          value += text[at];
      }
    } else {
      value += text[at];
    }
  }
  if (at == text.size()) return std::unexpected("the quote is not closed");
  const std::string_view rest = trim(text.substr(at + 1));
  if (!rest.empty() && rest.front() != '#') {
    return std::unexpected("there is text after the closing quote");
  }
  return value;
}

Value parse_value(std::string_view text) {
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) return parse_quoted(text);
  // A '#' begins a comment only after white space: it is a common character of passwords.
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '#' && (at == 0 || is_blank(text[at - 1]))) {
      return std::string(trim(text.substr(0, at)));
    }
  }
  return std::string(text);
}

// An empty view, or what is wrong with the line.
std::string_view parse_line(std::string_view line, DotEnv& out) {
  constexpr std::string_view kExport = "export";
  if (line.starts_with(kExport) && line.size() > kExport.size() && is_blank(line[kExport.size()])) {
    line = trim(line.substr(kExport.size()));
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "there is no '='";
  const std::string_view key = trim(line.substr(0, equals));
  if (!is_key(key)) return "what stands before '=' is not a name";
  Value value = parse_value(trim(line.substr(equals + 1)));
  if (!value) return value.error();
  out.values.insert_or_assign(std::string(key), *std::move(value));
  return {};
}

}  // namespace

DotEnv parse_dotenv(std::string_view text) {
  DotEnv out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string_view problem = parse_line(line, out);
    if (!problem.empty()) {
      out.warnings.push_back(fmt::format(".env line {}: {}; the line is ignored", number, problem));
    }
  }
  return out;
}

DotEnv load_dotenv(const std::string& path) {
  auto text = io::read_regular_file(path, kDotEnvBytesMax);
  if (text) return parse_dotenv(*text);
  DotEnv out;
  if (text.error().code != ErrorCode::kNotFound) {
    out.warnings.push_back(fmt::format("{}; .env is ignored", text.error().message));
  }
  return out;
}

}  // namespace bb::cli
