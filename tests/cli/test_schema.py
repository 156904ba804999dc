"""list-events, list-commands, show and schema lint, as the user of a shell meets
them: what they print, where, and their exit codes."""

import json
import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CATALOGUE = REPOSITORY / "schemas"
VOICE = "transcription.voice.completed"
OK, FAILURE, USAGE, INVALID = 0, 1, 2, 5


def assert_one_line(process, exit_code, *said):
    """One line on stderr, which holds each of `said`; nothing on stdout."""
    assert process.returncode == exit_code, process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1, process.stderr
    for words in said:
        assert words in process.stderr, process.stderr


def schema_of(event_type, version=1, **more):
    """A schema that keeps every rule."""
    component = event_type.split(".")[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://33god.dev/schemas/{component}/events/{event_type}.v{version}.schema.json",
        "title": f"{event_type} {version}",
        "description": "What it is.",
        "x-bloodbank": {"event_type": event_type, "kind": "event"},
        "type": "object",
        "properties": {"state": {"type": "string", "description": "As of now."}},
        "examples": [{"state": "open"}],
        **more,
    }


@pytest.fixture
def write(bb_alone):
    """write("door.lock.opened", ...) puts a schema into ./repo, under its name."""

    def write_schema(event_type, version=1, text=None, **more):
        folder = bb_alone.folder / "repo" / event_type.split(".")[0] / "events"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{event_type}.v{version}.schema.json"
        file.write_text(text or json.dumps(schema_of(event_type, version, **more), indent=2))
        return file

    return write_schema


# Which schemas.


def test_without_a_repository_the_catalogue_is_used(bb_alone):
    listed = bb_alone("list-events", "-o", "json")
    assert (listed.returncode, listed.stderr) == (OK, "")
    shipped = {file.name.rsplit(".v", 1)[0] for file in CATALOGUE.glob("*/events/*.json")}
    assert {event["event_type"] for event in json.loads(listed.stdout)} == shipped


def test_flag_comes_before_environment_before_dotenv_before_discovery(bb_alone, write):
    def titles(*flags, **settings):
        return bb_alone("list-events", *flags, **settings).stdout

    for number, name in enumerate(["schemas", "dotenv", "environment", "flag"], start=1):
        write("door.lock.opened", number)
        (bb_alone.folder / "repo").rename(bb_alone.folder / name)
    assert "v1  door.lock.opened 1" in titles()
    (bb_alone.folder / ".env").write_text("HOLYFIELDS_PATH=dotenv\n")
    assert "v2" in titles()
    assert "v3" in titles(HOLYFIELDS_PATH="environment")
    assert "v4" in titles("--schemas", "flag", HOLYFIELDS_PATH="environment")


@pytest.mark.parametrize("command", [["list-events"], ["show", VOICE]])
def test_repository_that_is_not_there(bb_alone, command):
    (bb_alone.folder / "file").write_text("")
    assert_one_line(bb_alone(*command, "--schemas", "nowhere"), FAILURE, "--schemas", "nowhere")
    assert_one_line(bb_alone(*command, HOLYFIELDS_PATH="file"), FAILURE, "HOLYFIELDS_PATH", "file")
    assert_one_line(bb_alone(*command, "--schemas", ""), USAGE, "--schemas")


# list-events, list-commands


def test_list_events_is_a_line_each(bb_alone):
    lines = bb_alone("list-events").stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    (voice,) = [line.split(maxsplit=3) for line in lines if line.startswith(VOICE)]
    assert voice == [VOICE, "event", "v1", "Transcription completed"]
    (prompt,) = [line.split()[1] for line in lines if line.startswith("agent.thread.prompt")]
    assert prompt == "command"


def test_list_events_by_domain_and_kind(bb_alone):
    def types(*options):
        shown = bb_alone("list-events", *options, "-o", "ndjson")
        assert shown.returncode == OK
        return [json.loads(line)["event_type"] for line in shown.stdout.splitlines()]

    assert set(types("--domain", "llm")) == {"llm.prompt", "llm.response", "llm.error"}
    assert types("--type", "command") == ["agent.thread.prompt"]
    assert "agent.thread.prompt" not in types("--type", "event")
    assert types("--type", "command", "--domain", "llm") == []


def test_list_commands(bb_alone):
    listed = bb_alone("list-commands", "-o", "json")
    assert [event["kind"] for event in json.loads(listed.stdout)] == ["command"]
    assert bb_alone("list-commands").stdout.startswith("agent.thread.prompt")


def test_list_of_nothing_says_why(bb_alone):
    listed = bb_alone("list-events", "--domain", "lmm", "-o", "json")
    assert (listed.returncode, json.loads(listed.stdout)) == (OK, [])
    assert "lmm" in listed.stderr and "llm" in listed.stderr


def test_list_has_the_versions_of_a_type_on_one_line(bb_alone, write):
    write("door.lock.opened", 1)
    write("door.lock.opened", 2)
    listed = bb_alone("list-events", "--schemas", "repo")
    assert listed.stdout == "door.lock.opened  event    v1,v2  door.lock.opened 2\n"


def test_list_survives_broken_files(bb_alone, write):
    write("door.lock.opened")
    write("door.lock.closed", text="{")
    listed = bb_alone("list-events", "--schemas", "repo")
    assert (listed.returncode, len(listed.stdout.splitlines())) == (OK, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["list-events", "--type", "both"],
        ["list-events", "-o", "xml"],
        ["list-events", "surplus"],
        ["list-commands", "--type", "event"],
        ["show"],
        ["show", VOICE, "--schema-version", "0"],
        ["show", VOICE, "--schema-version", "newest"],
        ["show", VOICE, "-o", "ndjson"],
        ["schema", "lnt"],
        ["schema", "lint", "--namming"],
        ["schema", "lint", ""],
    ],
)
def test_wrong_usage(bb_alone, arguments):
    assert_one_line(bb_alone(*arguments), USAGE)


# show


def test_show_for_a_person(bb_alone):
    shown = bb_alone("show", VOICE)
    assert (shown.returncode, shown.stderr) == (OK, "")
    for words in ["Transcription completed", "(event, version 1)", "$id", "REQUIRED"]:
        assert words in shown.stdout
    # One of its own, and one from a shared definition.
    assert re.search(r"^  text +string +yes +\S", shown.stdout, re.MULTILINE)
    assert re.search(r"^  session_id +string +yes +\S", shown.stdout, re.MULTILINE)
    assert "\x1b" not in shown.stdout


def test_show_as_json_has_everything(bb_alone):
    shown = json.loads(bb_alone("show", "artifact.created", "-o", "json").stdout)
    file = CATALOGUE / shown["file"]
    assert shown["schema"] == json.loads(file.read_text())
    assert shown["examples"] == shown["schema"]["examples"]
    assert (shown["version"], shown["versions"], shown["kind"]) == (1, [1], "event")
    assert shown["routing_key"] == "artifact.{action}"
    required = {field["name"] for field in shown["properties"] if field["required"]}
    assert "action" in required


def test_show_a_version(bb_alone, write):
    write("door.lock.opened", 1)
    write("door.lock.opened", 2)

    def show(*version):
        return bb_alone("show", "door.lock.opened", *version, "--schemas", "repo", "-o", "json")

    assert json.loads(show().stdout)["title"] == "door.lock.opened 2"
    first = json.loads(show("--schema-version", "1").stdout)
    assert (first["title"], first["versions"]) == ("door.lock.opened 1", [1, 2])
    assert_one_line(show("--schema-version", "3"), INVALID, "version 3", "1, 2")


def test_show_what_is_unknown(bb_alone):
    assert_one_line(bb_alone("show", "llm.promt"), INVALID, "llm.promt", "llm.prompt")
    assert_one_line(bb_alone("show", "voice.completed"), INVALID, VOICE)
    assert_one_line(bb_alone("show", "frobnicate.all"), INVALID, "frobnicate.all")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a..b", "A.B", "", pytest.param("x" * 10_000, id="long")])
def test_show_what_is_no_event_type(bb_alone, name):
    (bb_alone.folder / "secret.v1.schema.json").write_text('{"title": "secret title"}')
    failed = bb_alone("show", name)
    assert_one_line(failed, INVALID, "event type")
    assert "secret title" not in failed.stderr


def test_show_a_broken_schema(bb_alone, write):
    write("door.lock.opened", text='{\n  "type": "strin"\n}')
    failed = bb_alone("show", "door.lock.opened", "--schemas", "repo")
    assert (failed.returncode, failed.stdout) == (FAILURE, "")
    assert "repo/door/events/door.lock.opened.v1.schema.json:2:11: /type" in failed.stderr
    assert str(bb_alone.folder) not in failed.stderr


def test_show_does_not_wait_for_a_pipe(bb_alone, write):
    write("door.lock.opened")
    os.mkfifo(bb_alone.folder / "repo/door/events/door.lock.closed.v1.schema.json")
    failed = bb_alone("show", "door.lock.closed", "--schemas", "repo")
    assert_one_line(failed, INVALID, "door.lock.closed", "door.lock.opened")


# schema lint


def test_schema_alone_lists_its_commands(bb_alone):
    shown = bb_alone("schema")
    assert (shown.returncode, shown.stdout) == (USAGE, "")
    assert re.search(r"^  lint\b", shown.stderr, re.MULTILINE)
    assert bb_alone("schema", "--help").stdout == shown.stderr
    assert bb_alone("schema", "lint", "--help").stdout == bb_alone("help", "schema", "lint").stdout


def test_lint_of_the_catalogue_is_clean(bb_alone):
    for paths in ([CATALOGUE], [CATALOGUE / "llm"], sorted(CATALOGUE.glob("common/*/*.json"))):
        checked = bb_alone("schema", "lint", *paths)
        assert (checked.returncode, checked.stdout) == (OK, ""), checked.stdout
        assert "no findings" in checked.stderr


def test_lint_without_a_path_checks_the_repository_in_use(bb_alone, write):
    write("door.lock.opened")
    assert bb_alone("schema", "lint", HOLYFIELDS_PATH="repo").stderr == "1 file, no findings\n"
    assert_one_line(bb_alone("schema", "lint"), USAGE, "schema lint")


NAMING = "naming"
FINDINGS = {
    "not JSON": ({"text": '{\n  "a": tru\n}'}, "json", ":2:8: not JSON"),
    "no schema": ({"type": "strin"}, "schema", "/type"),
    "dangling": ({"$ref": "../../common/x.json"}, "schema", "/$ref"),
    "out of the repository": ({"$ref": "../../../secret.json"}, "schema", "/$ref"),
    "dangling below $defs": ({"$defs": {"a": {"$ref": "#/$defs/b"}}}, "schema", "/$defs/a/$ref"),
    "bad pattern": ({"properties": {"a": {"pattern": "("}}}, "schema", "/properties/a/pattern"),
    "bad example": ({"examples": [{"state": 1}]}, "example", "/examples/0/state"),
    "bad default": (
        {"properties": {"state": {"type": "string", "default": 1}}},
        "example",
        "/properties/state/default",
    ),
    "no title": ({"title": ""}, NAMING, "title"),
    "no description": ({"description": ""}, NAMING, "description"),
    "no examples": ({"examples": []}, NAMING, "examples"),
    "wrong $id": ({"$id": "https://33god.dev/schemas/x.json"}, NAMING, "$id"),
    "another event type": (
        {"x-bloodbank": {"event_type": "door.lock.closed", "kind": "event"}},
        NAMING,
        "x-bloodbank.event_type",
    ),
    "no kind": ({"x-bloodbank": {"event_type": "door.lock.opened"}}, NAMING, "kind"),
    "camel case": ({"properties": {"doorState": {}}}, NAMING, "doorState"),
    "camel case in $defs": ({"$defs": {"doorState": {}}}, NAMING, "doorState"),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_lint_finds(bb_alone, write, case):
    more, rule, said = FINDINGS[case]
    (bb_alone.folder / "secret.json").write_text('{"title": "secret"}')
    write("door.lock.opened", **more)
    checked = bb_alone("schema", "lint", "repo")
    assert checked.returncode == INVALID, checked.stdout
    for line in checked.stdout.splitlines():
        assert re.match(r"repo/door/events/door.lock.opened.v1.schema.json:\d+:\d+: \S", line)
    assert said in checked.stdout
    assert "secret" not in checked.stdout.replace("secret.json", "")
    assert re.match(r"1 file, \d+ findings?\n", checked.stderr)
    as_json = json.loads(bb_alone("schema", "lint", "repo", "-o", "json").stdout)
    assert (as_json["files"], {found["rule"] for found in as_json["findings"]}) == (1, {rule})
    foreign = bb_alone("schema", "lint", "--no-naming", "repo")
    assert foreign.returncode == (OK if rule == NAMING else INVALID)


def test_lint_finds_two_files_that_claim_the_same(bb_alone, write):
    write("door.lock.opened")
    write("door.lock.closed", **{"$id": schema_of("door.lock.opened")["$id"]})
    copy = bb_alone.folder / "repo/door/events/opened.v1.schema.json"
    copy.write_text(json.dumps(schema_of("door.lock.opened", **{"$id": "urn:example:copy"})))
    found = json.loads(bb_alone("schema", "lint", "--no-naming", "repo", "-o", "json").stdout)
    assert [finding["rule"] for finding in found["findings"]] == ["duplicate"] * 2


def test_lint_checks_what_a_schema_refers_to_once(bb_alone, write):
    common = bb_alone.folder / "repo/common/schemas"
    common.mkdir(parents=True)
    (common / "base.json").write_text('{"type": "strin"}')
    for name in ("door.lock.opened", "door.lock.closed"):
        write(name, **{"$ref": "../../common/schemas/base.json"})
    found = json.loads(bb_alone("schema", "lint", "--no-naming", "repo", "-o", "json").stdout)
    assert {finding["path"] for finding in found["findings"]} == {"repo/common/schemas/base.json"}


def test_lint_reads_draft_07(bb_alone, write):
    draft = {"$schema": "http://json-schema.org/draft-07/schema#"}
    write("door.lock.opened", **draft, definitions={"a": {"type": "string"}})
    assert bb_alone("schema", "lint", "repo").returncode == OK


def test_lint_of_what_cannot_be_read(bb_alone, write):
    write("door.lock.opened")
    (bb_alone.folder / "empty").mkdir()
    for path in ("nowhere", "empty", "/dev/null"):
        failed = bb_alone("schema", "lint", path, "repo")
        assert (failed.returncode, failed.stdout) == (FAILURE, "")
        assert path in failed.stderr and "1 file, no findings" in failed.stderr


# The catalogue fits what is really sent.


def test_recorded_session_is_valid(bb_alone):
    payloads = {}
    for line in (REPOSITORY / "examples/voice/session.jsonl").read_text().splitlines():
        event = json.loads(line)
        payloads.setdefault(event["event_type"], []).append(json.dumps(event["payload"]))
    assert VOICE in payloads
    for event_type, texts in payloads.items():
        checked = bb_alone(
            *["validate", "--type", event_type, "--jsonl", "-"], stdin="\n".join(texts).encode()
        )
        assert checked.returncode == OK, f"{event_type}: {checked.stdout}{checked.stderr}"


# Completion, and the reference.


def test_event_types_complete(bb_alone, write):
    write("door.lock.opened")
    offered = bb_alone("__complete", "event-types", HOLYFIELDS_PATH="repo")
    assert (offered.returncode, offered.stdout) == (OK, "door.lock.opened\n")
    silent = bb_alone("__complete", "event-types", HOLYFIELDS_PATH="nowhere")
    assert (silent.returncode, silent.stdout, silent.stderr) == (OK, "", "")


def test_bash_completes_event_types(bb_alone):
    script = bb_alone("completion", "bash").stdout
    ask = """
      COMP_WORDS=("$0" show transcription.voice.c); COMP_CWORD=2
      _bb && printf '%s\\n' "${COMPREPLY[@]}"
    """
    offered = subprocess.run(
        ["bash", "--norc", "-c", script + ask, bb_alone.executable],
        cwd=bb_alone.folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert offered.stdout == f"{VOICE}\n"


def test_reference_is_that_of_the_program(bb_alone):
    written = (REPOSITORY / "docs" / "cli.md").read_text()
    assert written == bb_alone("help", "--markdown").stdout, (
        "docs/cli.md is stale: write it anew with\n"
        "  build/release/bb help --markdown > docs/cli.md"
    )
