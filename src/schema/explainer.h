// The walk behind explain(): goes where values do not fit, and writes down why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "bloodbank/schema.h"
#include "schema/json_document.h"
#include "schema/json_equal.h"
#include "schema/schema_model.h"
#include "schema/verdicts.h"

namespace bb::schema {

class Explainer {
 public:
  // All outlive this.
  Explainer(const SchemaModel& model, const JsonView& json, Verdicts& verdicts,
            const SchemaReportOptions& options);

  // Collects what is wrong with the root, which does not fit.
  void run();

  // In the order of the walk. Lines and columns are not filled in.
  std::vector<SchemaViolation> take_violations() { return std::move(violations_); }
  std::size_t left_out() const { return left_out_; }

 private:
  // Lengthens a path for as long as it lives.
  class Step {
   public:
    Step(std::string& path, std::string_view token);
    Step(std::string& path, std::size_t ordinal);
    ~Step() { path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };

  // Where in an object or array a schema stands, for what it may be a misspelling of.
  struct Here {
    SchemaIndex index;
    const Subschema& schema;
    std::uint32_t node;
    ScopeId scope;  // within the schema
  };

  // The schema, applied in `scope`, does not accept the value: says why.
  void explain(SchemaIndex schema, std::uint32_t node, ScopeId scope);
  // The same if it does not.
  void explain_unless_fits(SchemaIndex schema, std::uint32_t node, ScopeId scope);

  // A violation of `keyword` at the present place: `describe(SchemaViolation&)` says what was
  // expected and found. Beyond the limit it is not called, and the violation only counted.
  template <class Describe>
  void report(const Subschema& schema, std::string_view keyword, std::size_t offset,
              Describe describe) {
    if (SchemaViolation* violation = begin_violation(schema, keyword, offset)) describe(*violation);
  }
  SchemaViolation* begin_violation(const Subschema& schema, std::string_view keyword,
                                   std::size_t offset);
  // Writes down that `keyword` of a value could not be applied for want of a pattern's answer,
  // which is none that counts as wrong.
  void report_unchecked(const Subschema& schema, std::string_view keyword, std::uint32_t node);
  // Asks Verdicts something: whether the answer is not known, for want of a pattern's.
  template <class Question>
  bool is_in_doubt(Question ask) {
    static_cast<void>(verdicts_.take_doubt());
    ask();
    return verdicts_.take_doubt();
  }
  bool is_stopped() const { return verdicts_.error().has_value(); }

  std::size_t offset_of(std::uint32_t node) const;
  std::string characters_of(std::uint32_t node) const;

  // explain_value.cc
  void explain_value(const Here& here);
  void explain_number(const Here& here);
  void explain_string(const Here& here);

  // explain_object.cc
  void explain_object(const Here& here);
  void explain_sizes(const Here& here, std::string_view thing, std::string_view things,
                     const std::optional<std::uint64_t>& min, std::string_view min_keyword,
                     const std::optional<std::uint64_t>& max, std::string_view max_keyword);
  void explain_required(const Here& here);
  void explain_members(const Here& here);
  // A member that should not be there, or whose value the schema of such members refuses.
  void explain_additional(const Here& here, SchemaIndex schema, std::string_view keyword,
                          std::uint32_t name_node, const std::string& name);
  void explain_unevaluated_properties(const Here& here);
  void report_missing(const Here& here, std::string_view keyword, const std::string& name,
                      std::string_view reason);

  // explain_array.cc
  void explain_array(const Here& here);
  void explain_items(const Here& here);
  void explain_contains(const Here& here);
  void explain_unevaluated_items(const Here& here);

  // explain_in_place.cc
  void explain_in_place(const Here& here);
  void explain_part(const Here& here, SchemaIndex schema, std::string_view keyword);
  void explain_not(const Here& here);
  void explain_alternatives(const Here& here, const std::vector<SchemaIndex>& alternatives,
                            std::string_view keyword);
  void explain_no_alternative(const Here& here, const std::vector<SchemaIndex>& alternatives,
                              std::string_view keyword);
  std::string label_of(SchemaIndex schema, std::size_t ordinal) const;

  const SchemaModel& model_;
  const JsonView& json_;
  Verdicts& verdicts_;
  std::size_t violations_max_;
  std::vector<SchemaViolation> violations_;
  std::size_t left_out_ = 0;
  // What was explained: whatever leads there again would say the same again.
  std::set<std::tuple<SchemaIndex, std::uint32_t, ScopeId>> explained_;
  std::string pointer_;           // of the value
  std::string keyword_location_;  // of the schema
  EqualityScratch equality_scratch_;
};

}  // namespace bb::schema
