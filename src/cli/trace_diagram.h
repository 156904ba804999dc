// Traces for programs that draw graphs.
#pragma once

#include <string>

#include "cli/trace.h"

namespace bb::cli {

// For Graphviz: https://graphviz.org/doc/info/lang.html
std::string render_dot(const Trace& trace);

// A flowchart: https://mermaid.js.org/syntax/flowchart.html
std::string render_mermaid(const Trace& trace);

}  // namespace bb::cli
