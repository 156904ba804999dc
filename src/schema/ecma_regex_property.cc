#include "schema/ecma_regex_property.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

namespace bb::schema {
namespace {

struct Name {
  std::string_view ecma;
  std::string_view pcre2;
};

constexpr auto kCategories = std::to_array<Name>({
    {"Cased_Letter", "L&"},
    {"LC", "L&"},
    {"Close_Punctuation", "Pe"},
    {"Pe", "Pe"},
    {"Connector_Punctuation", "Pc"},
    {"Pc", "Pc"},
    {"Control", "Cc"},
    {"Cc", "Cc"},
    {"cntrl", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Sc", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Pd", "Pd"},
    {"Decimal_Number", "Nd"},
    {"Nd", "Nd"},
    {"digit", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Me", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Pf", "Pf"},
    {"Format", "Cf"},
    {"Cf", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Pi", "Pi"},
    {"Letter", "L"},
    {"L", "L"},
    {"Letter_Number", "Nl"},
    {"Nl", "Nl"},
    {"Line_Separator", "Zl"},
    {"Zl", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Ll", "Ll"},
    {"Mark", "M"},
    {"M", "M"},
    {"Combining_Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Sm", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Lm", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Sk", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Mn", "Mn"},
    {"Number", "N"},
    {"N", "N"},
    {"Open_Punctuation", "Ps"},
    {"Ps", "Ps"},
    {"Other", "C"},
    {"C", "C"},
    {"Other_Letter", "Lo"},
    {"Lo", "Lo"},
    {"Other_Number", "No"},
    {"No", "No"},
    {"Other_Punctuation", "Po"},
    {"Po", "Po"},
    {"Other_Symbol", "So"},
    {"So", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Zp", "Zp"},
    {"Private_Use", "Co"},
    {"Co", "Co"},
    {"Punctuation", "P"},
    {"P", "P"},
    {"punct", "P"},
    {"Separator", "Z"},
    {"Z", "Z"},
    {"Space_Separator", "Zs"},
    {"Zs", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Mc", "Mc"},
    {"Surrogate", "Cs"},
    {"Cs", "Cs"},
    {"Symbol", "S"},
    {"S", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Lt", "Lt"},
    {"Unassigned", "Cn"},
    {"Cn", "Cn"},
    {"Uppercase_Letter", "Lu"},
    {"Lu", "Lu"},
});

// "^" negates in PCRE2.
constexpr auto kBinaryProperties = std::to_array<Name>({
    {"ASCII", "ASCII"},
    {"ASCII_Hex_Digit", "AHex"},
    {"AHex", "AHex"},
    {"Alphabetic", "Alpha"},
    {"Alpha", "Alpha"},
    {"Any", "Any"},
    {"Assigned", "^Cn"},
    {"Bidi_Control", "Bidi_C"},
    {"Bidi_C", "Bidi_C"},
    {"Bidi_Mirrored", "Bidi_M"},
    {"Bidi_M", "Bidi_M"},
    {"Case_Ignorable", "CI"},
    {"CI", "CI"},
    {"Cased", "Cased"},
    {"Changes_When_Casefolded", "CWCF"},
    {"CWCF", "CWCF"},
    {"Changes_When_Casemapped", "CWCM"},
    {"CWCM", "CWCM"},
    {"Changes_When_Lowercased", "CWL"},
    {"CWL", "CWL"},
    {"Changes_When_Titlecased", "CWT"},
    {"CWT", "CWT"},
    {"Changes_When_Uppercased", "CWU"},
    {"CWU", "CWU"},
    {"Dash", "Dash"},
    {"Default_Ignorable_Code_Point", "DI"},
    {"DI", "DI"},
    {"Deprecated", "Dep"},
    {"Dep", "Dep"},
    {"Diacritic", "Dia"},
    {"Dia", "Dia"},
    {"Emoji", "Emoji"},
    {"Emoji_Component", "EComp"},
    {"EComp", "EComp"},
    {"Emoji_Modifier", "EMod"},
    {"EMod", "EMod"},
    {"Emoji_Modifier_Base", "EBase"},
    {"EBase", "EBase"},
    {"Emoji_Presentation", "EPres"},
    {"EPres", "EPres"},
    {"Extended_Pictographic", "ExtPict"},
    {"ExtPict", "ExtPict"},
    {"Extender", "Ext"},
    {"Ext", "Ext"},
    {"Grapheme_Base", "Gr_Base"},
    {"Gr_Base", "Gr_Base"},
    {"Grapheme_Extend", "Gr_Ext"},
    {"Gr_Ext", "Gr_Ext"},
    {"Hex_Digit", "Hex"},
    {"Hex", "Hex"},
    {"IDS_Binary_Operator", "IDSB"},
    {"IDSB", "IDSB"},
    {"IDS_Trinary_Operator", "IDST"},
    {"IDST", "IDST"},
    {"ID_Continue", "IDC"},
    {"IDC", "IDC"},
    {"ID_Start", "IDS"},
    {"IDS", "IDS"},
    {"Ideographic", "Ideo"},
    {"Ideo", "Ideo"},
    {"Join_Control", "Join_C"},
    {"Join_C", "Join_C"},
    {"Logical_Order_Exception", "LOE"},
    {"LOE", "LOE"},
    {"Lowercase", "Lower"},
    {"Lower", "Lower"},
    {"Math", "Math"},
    {"Noncharacter_Code_Point", "NChar"},
    {"NChar", "NChar"},
    {"Pattern_Syntax", "Pat_Syn"},
    {"Pat_Syn", "Pat_Syn"},
    {"Pattern_White_Space", "Pat_WS"},
    {"Pat_WS", "Pat_WS"},
    {"Quotation_Mark", "QMark"},
    {"QMark", "QMark"},
    {"Radical", "Radical"},
    {"Regional_Indicator", "RI"},
    {"RI", "RI"},
    {"Sentence_Terminal", "STerm"},
    {"STerm", "STerm"},
    {"Soft_Dotted", "SD"},
    {"SD", "SD"},
    {"Terminal_Punctuation", "Term"},
    {"Term", "Term"},
    {"Unified_Ideograph", "UIdeo"},
    {"UIdeo", "UIdeo"},
    {"Uppercase", "Upper"},
    {"Upper", "Upper"},
    {"Variation_Selector", "VS"},
    {"VS", "VS"},
    {"White_Space", "WSpace"},
    {"space", "WSpace"},
    {"XID_Continue", "XIDC"},
    {"XIDC", "XIDC"},
    {"XID_Start", "XIDS"},
    {"XIDS", "XIDS"},
});

std::optional<std::string> find(std::span<const Name> names, std::string_view ecma_name) {
  const auto found = std::ranges::find(names, ecma_name, &Name::ecma);
  if (found == names.end()) return std::nullopt;
  return std::string(found->pcre2);
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// PCRE2 ignores case, spaces and hyphens; ECMA-262 does not.
bool is_spelled_like_a_script(std::string_view name) {
  if (name.empty()) return false;
  bool word_starts = true;
  for (const char c : name) {
    if (c == '_' ? word_starts : word_starts ? !is_upper(c) : !is_lower(c)) {
      if (name != "SignWriting") return false;
    }
    word_starts = c == '_';
  }
  return !word_starts;
}

// Which scripts there are is the one thing left to PCRE2: Unicode adds some every year.
std::optional<std::string> script(std::string_view key, std::string_view name) {
  if (!is_spelled_like_a_script(name)) return std::nullopt;
  std::string pcre2_name = std::string(key) + ":" + std::string(name);
  const std::string probe = "\\p{" + pcre2_name + "}";
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::unique_ptr<pcre2_code, void (*)(pcre2_code*)> code(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(probe.data()), probe.size(), PCRE2_UTF, &error,
                    &offset, nullptr),
      pcre2_code_free);
  if (!code) return std::nullopt;
  return pcre2_name;
}

}  // namespace

std::optional<std::string> pcre2_property_name(std::string_view ecma_name) {
  const std::size_t equals = ecma_name.find('=');
  if (equals == std::string_view::npos) {
    if (auto category = find(kCategories, ecma_name)) return category;
    return find(kBinaryProperties, ecma_name);
  }
  const std::string_view key = ecma_name.substr(0, equals);
  const std::string_view value = ecma_name.substr(equals + 1);
  if (key == "General_Category" || key == "gc") return find(kCategories, value);
  if (key == "Script" || key == "sc") return script("sc", value);
  if (key == "Script_Extensions" || key == "scx") return script("scx", value);
  return std::nullopt;
}

}  // namespace bb::schema
