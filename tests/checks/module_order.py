#!/usr/bin/env python3
"""module_order.py REPOSITORY: the #include lines agree with the modules' dependencies.

The linker does not see a header that is included without the DEPS for it, nor
one that holds inline code alone. So, from the sources themselves:
  - a file in src/<module> includes from its own module and from those that its
    DEPS reach, directly or not;
  - DEPS come earlier in bb_module_order(), hence there are no cycles;
  - public headers include each other and the standard library only, but for the one that is for
    users of Boost.Asio;
  - the sans-io modules include nothing that opens a socket.
"""

import itertools
import re

import tree

SANS_IO = {"base", "event", "schema", "filter", "amqp", "log", "broker"}
SOCKET_HEADER = re.compile(
    r"boost/(asio|beast)|sys/(socket|un|epoll|select)\.h|netinet/|arpa/|netdb\.h|poll\.h"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)
STANDARD_HEADER = re.compile(r"[a-z_]+[0-9]*")


def cmake_call(text, function):
    """The words of the first call of that function; None when there is none."""
    found = re.search(rf"^\s*{function}\(([^)]*)\)", text, re.MULTILINE)
    return found and found.group(1).split()


def declared_deps(words):
    """The words of bb_module(NAME DEPS a b LIBS c) between DEPS and the next keyword."""
    if "DEPS" not in words:
        return []
    deps = words[words.index("DEPS") + 1 :]
    return list(itertools.takewhile(lambda word: not word.isupper(), deps))


def reachable(module, deps):
    seen = {module}
    pending = [module]
    while pending:
        for dependency in deps.get(pending.pop(), []):
            if dependency not in seen:
                seen.add(dependency)
                pending.append(dependency)
    return seen


root = tree.root_argument()
files = tree.tracked_files(root)
order = cmake_call((root / "CMakeLists.txt").read_text(), "bb_module_order")
findings = []

deps = {}
for path in files:
    if path.parts[0] == "src" and path.name == "CMakeLists.txt" and len(path.parts) == 3:
        words = cmake_call((root / path).read_text(), "bb_module")
        if words:
            deps[words[0]] = declared_deps(words)
            if words[0] != path.parts[1]:
                findings.append(f"{path}: the module '{words[0]}' is not named as its folder")
if not order or not deps:
    findings.append("no bb_module_order() or no bb_module(): nothing was checked")

for module, dependencies in deps.items():
    for dependency in dependencies:
        if module not in order or dependency not in order[: order.index(module)]:
            findings.append(
                f"src/{module}: '{dependency}' does not come before it in bb_module_order()"
            )


def check_public(path, quoted, header):
    if quoted and not header.startswith("bloodbank/"):
        return f'includes "{header}"; a public header includes bloodbank/ headers only'
    for_asio = path.name == "asio.h" and header.startswith("boost/asio/")
    if not quoted and not for_asio and not STANDARD_HEADER.fullmatch(header):
        return f"includes <{header}>, which is not of the standard library"
    return None


def check_private(path, quoted, header):
    module = path.parts[1]
    if module in SANS_IO and SOCKET_HEADER.match(header):
        return f"includes <{header}>; {module} holds no sockets"
    target = header.split("/")[0]
    if not quoted or target == "bloodbank":
        return None
    if target not in deps:
        return f'includes "{header}", which is in no module (write "<module>/<file>")'
    if target not in reachable(module, deps):
        return f'includes "{header}", but {target} is not among the DEPS of {module}'
    return None


for path in files:
    if path.suffix not in (".h", ".cc"):
        continue
    if path.parts[0] == "include":
        check = check_public
    elif path.parts[0] == "src" and path.parts[1] in deps:
        check = check_private
    else:
        continue
    text = (root / path).read_text()
    for found in INCLUDE.finditer(text):
        complaint = check(path, found.group(1) == '"', found.group(2))
        if complaint:
            line = text.count("\n", 0, found.start(1)) + 1
            findings.append(f"{path}:{line}: {complaint}")

tree.finish(findings)
