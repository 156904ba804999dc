"""`bb validate`: verdicts, places, exit codes."""

import json

import pytest

OK, FAILURE, USAGE, INVALID = 0, 1, 2, 5
TYPE = "llm.prompt"
GOOD, BAD = '{"prompt":"hi"}', '{\n "prompt": 1}'


@pytest.fixture
def bb(bb_alone):
    """The program; no broker is needed."""
    return bb_alone


def write(bb, name, text):
    (bb.folder / name).write_text(text)
    return name


def test_payloads_of_an_event_type(bb):
    good, bad = write(bb, "good.json", GOOD), write(bb, "bad.json", BAD)
    valid = bb("validate", "--type", TYPE, good)
    assert (valid.returncode, valid.stdout, valid.stderr) == (OK, "good.json: valid\n", "")
    assert bb("validate", "--type", TYPE, good, "-q").stdout == ""
    both = bb("validate", "--type", TYPE, bad, good)
    assert both.returncode == INVALID
    assert both.stdout.startswith("bad.json:2:12: /prompt: expected a string, but found 1\n")
    assert both.stdout.endswith("good.json: valid\n")
    assert both.stderr == "1 valid, 1 not valid\n"


def test_standard_input(bb):
    valid = bb("validate", "--type", TYPE, "-", stdin=GOOD.encode())
    assert (valid.returncode, valid.stdout) == (OK, "standard input: valid\n")


def test_what_is_not_json(bb):
    failed = bb("validate", "--type", TYPE, "-", stdin=b'{"a":\n tru}')
    assert failed.returncode == INVALID
    assert failed.stdout.startswith("standard input:2:")
    assert "not JSON" in failed.stdout


def test_a_payload_is_an_object(bb):
    write(bb, "any.schema.json", "{}")
    arguments = ["validate", "--schema", "any.schema.json", "-"]
    refused = bb(*arguments, stdin=b" [1]")
    assert refused.returncode == INVALID
    assert refused.stdout.startswith("standard input:1:2: expected an object")
    assert bb(*arguments, "--any-json", stdin=b"[1]").returncode == OK


def test_envelopes(bb):
    made = bb("publish", TYPE, "--mock", "--dry-run").stdout
    assert bb("validate", "--envelope", "-", stdin=made.encode()).returncode == OK
    structure = bb("validate", "--envelope", "-", stdin=made.replace("event_id", "id").encode())
    assert structure.returncode == INVALID
    assert "/event_id: expected" in structure.stdout
    wrong = bb("validate", "--envelope", "-", stdin=made.replace('"prompt"', '"promt"').encode())
    assert wrong.returncode == INVALID
    assert ": /payload: " in wrong.stdout
    unknown = bb("validate", "--envelope", "-", stdin=made.replace(TYPE, "hello.world").encode())
    assert unknown.returncode == INVALID
    assert "/event_type" in unknown.stdout


def test_places_of_what_is_wrong_in_an_envelope(bb):
    made = json.loads(bb("publish", TYPE, "--mock", "--dry-run").stdout)

    def lines_of(*more, **changes):
        text = json.dumps({**made, **changes}, indent=1)
        checked = bb("validate", "--envelope", "-", *more, stdin=text.encode())
        assert checked.returncode == INVALID
        return text.splitlines(), checked.stdout

    lines, told = lines_of(version=7, source={"host": 8, "type": "manual"})
    for field, value in (("version", "7"), ("host", "8")):
        number = next(at for at, line in enumerate(lines, 1) if f'"{field}"' in line)
        column = lines[number - 1].index(value) + 1
        assert f"standard input:{number}:{column}: " in told, told
    lines, told = lines_of(event_type="hello.world")
    number = next(at for at, line in enumerate(lines, 1) if '"event_type"' in line)
    assert told.startswith(f"standard input:{number}:16: /event_type: ")
    _, told = lines_of("--type", TYPE, event_type="llm.response")
    assert told.startswith(f"standard input:{number}:16: /event_type: ")
    text = "\n\n" + json.dumps({**made, "version": 7})
    told = bb("validate", "--envelope", "--jsonl", "-", stdin=text.encode()).stdout
    assert told.startswith(f"standard input:3:{text.index('7, ', text.index('version')) - 1}: ")


def test_lines(bb):
    made = bb("publish", TYPE, "--mock", "--dry-run").stdout
    lines = f"{GOOD}\n\n{GOOD}\n" + '{"prompt":1}\n[1]\n{\n' + GOOD
    checked = bb("validate", "--type", TYPE, "--jsonl", "-", stdin=lines.encode())
    assert checked.returncode == INVALID
    places = [line for line in checked.stdout.splitlines() if line.startswith("standard")]
    assert [place.split(": ")[0] for place in places] == [
        "standard input:4:11",
        "standard input:5:1",
        "standard input:6:2",
    ]
    assert checked.stderr == "3 valid, 3 not valid\n"
    both = bb("validate", "--envelope", "--jsonl", "-", stdin=(made + made).encode())
    assert (both.returncode, both.stderr) == (OK, "2 valid, 0 not valid\n")


def test_many_lines(bb):
    bad = {1000, 70_000, 99_999}
    with open(bb.folder / "many.jsonl", "w") as file:
        for number in range(1, 100_001):
            text = "x" * 40 if number not in bad else ""
            file.write(json.dumps({"prompt": text or None}) + "\n")
    checked = bb("validate", "--type", TYPE, "--jsonl", "many.jsonl")
    assert checked.returncode == INVALID
    told = [line.split(":")[1] for line in checked.stdout.splitlines() if line.startswith("many")]
    assert told == ["1000", "70000", "99999"]
    assert checked.stderr == "99997 valid, 3 not valid\n"


def test_json_output(bb):
    lines = f'{GOOD}\n{{"prompt":1}}\n[1]\n{{\n'.encode()
    shown = bb("validate", "--type", TYPE, "--jsonl", "-", "-o", "json", stdin=lines)
    assert shown.returncode == INVALID
    told = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(each["line"], each["valid"]) for each in told] == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
    ]
    assert all(each["file"] == "standard input" for each in told)
    error = told[1]["errors"][0]
    assert error["instanceLocation"] == "/prompt"
    assert error["absoluteKeywordLocation"].endswith("/prompt/type")


def test_errors_are_told_up_to_a_bound(bb):
    write(bb, "s.json", json.dumps({"items": {"type": "string"}}))
    arguments = ["validate", "--schema", "s.json", "--any-json", "-"]
    many = json.dumps([1] * 100).encode()
    assert bb(*arguments, stdin=many).stdout.count("expected") == 20
    few = bb(*arguments, "--errors-max", "3", stdin=many)
    assert few.stdout.count("expected") == 3
    assert "97" in few.stdout


def test_a_broken_schema_is_told_apart(bb):
    for text in ('{"type":7}', "{", '{"$ref":"nowhere.json"}'):
        write(bb, "broken.json", text)
        failed = bb("validate", "--schema", "broken.json", "-", stdin=b"{}")
        assert (failed.returncode, failed.stdout) == (FAILURE, ""), text
        assert failed.stderr.startswith("bb: broken.json: the schema is ")
    missing = bb("validate", "--schema", "missing.json", "-", stdin=b"{}")
    assert missing.returncode == FAILURE
    assert missing.stderr.startswith("bb: missing.json: the schema cannot be read")


def test_a_broken_schema_of_an_event_type(bb):
    (bb.folder / "schemas/oven/events").mkdir(parents=True)
    write(bb, "schemas/oven/events/oven.on.v1.schema.json", '{"type":7}')
    failed = bb("validate", "--type", "oven.on", "--schemas", "schemas", "-", stdin=b"{}")
    assert (failed.returncode, failed.stdout) == (FAILURE, "")
    first = failed.stderr.splitlines()[0]
    assert first.startswith("bb: schemas/oven/events/oven.on.v1.schema.json: the schema")


def test_a_text_that_the_schema_cannot_be_applied_to(bb):
    write(bb, "s.json", json.dumps({"properties": {"s": {"pattern": r"^(?:(a+)+)+\1$"}}}))
    costly = json.dumps({"s": "a" * 60 + "b"})
    arguments = ["validate", "--schema", "s.json", "-"]
    alone = bb(*arguments, stdin=costly.encode())
    assert alone.returncode == FAILURE
    assert alone.stdout.startswith("standard input:1:1: not checked: ")
    for more, exit_code in (("", FAILURE), ('{"s":"b"}\n', INVALID)):
        lines = f'{{"s":"aa"}}\n\n{costly}\n{more}'
        checked = bb(*arguments, "--jsonl", stdin=lines.encode())
        assert checked.returncode == exit_code, checked.stderr
        assert checked.stdout.startswith("standard input:3:1: not checked: ")
        assert "1 not checked" in checked.stderr


def test_an_unreadable_file_does_not_hide_the_others(bb):
    good = write(bb, "good.json", GOOD)
    for more in ([], ["--jsonl"]):
        failed = bb("validate", "--type", TYPE, "missing.json", good, *more)
        assert failed.returncode == FAILURE
        assert "missing.json" in failed.stderr
        assert "good.json: valid" in failed.stdout


def test_references_by_map(bb):
    (bb.folder / "below").mkdir()
    write(bb, "below/number.json", '{"type":"number"}')
    schema = {"properties": {"n": {"$ref": "https://example.com/s/number.json"}}}
    write(bb, "s.json", json.dumps(schema))
    arguments = ["validate", "--schema", "s.json", "-", "--map", "https://example.com/s/=below"]
    assert bb(*arguments, stdin=b'{"n":1}').returncode == OK
    assert bb(*arguments, stdin=b'{"n":"x"}').returncode == INVALID
    assert bb(*arguments[:4], stdin=b'{"n":1}').returncode == FAILURE


def test_a_schema_from_standard_input(bb):
    write(bb, "number.json", '{"type":"number"}')
    good, bad = write(bb, "good.json", '{"n":1}'), write(bb, "bad.json", '{"n":"x"}')
    for schema in ({"type": "number"}, {"$ref": "number.json"}):
        text = json.dumps({"properties": {"n": schema}}).encode()
        checked = bb("validate", "--schema", "-", good, bad, stdin=text)
        assert (checked.returncode, checked.stderr) == (INVALID, "1 valid, 1 not valid\n")
        assert "bad.json:1:6: /n: " in checked.stdout
    for text in (b"{", b'{"type":7}'):
        broken = bb("validate", "--schema", "-", good, stdin=text)
        assert (broken.returncode, broken.stdout) == (FAILURE, "")
        assert broken.stderr.startswith("bb: standard input: the schema is ")


def test_drafts_and_formats(bb):
    write(bb, "s.json", '{"properties":{"a":{"items":[{"type":"string"}]},"d":{"format":"date"}}}')
    arguments = ["validate", "--schema", "s.json", "-"]
    assert bb(*arguments, "--draft", "7", stdin=b'{"a":[1]}').returncode == INVALID
    assert bb(*arguments, "--draft", "2020-12", stdin=b"{}").returncode == FAILURE
    assert bb(*arguments, "--draft", "7", stdin=b'{"d":"x"}').returncode == INVALID
    assert bb(*arguments, "--draft", "7", "--no-format", stdin=b'{"d":"x"}').returncode == OK


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["-"], ["--type", "--schema", "--envelope"]),
        (["--type", TYPE], ["FILE"]),
        (["--type", TYPE, "--schema", "x", "-"], ["--type", "--schema"]),
        (["--type", "No Type", "-"], ["No Type"]),
        (["--envelope", "--map", "a=b", "-"], ["--map", "--schema"]),
        (["--schema", "x", "--map", "a", "-"], ["URI-PREFIX=DIR"]),
        (["--schema", "x", "--map", "a=nowhere", "-"], ["--map", "nowhere"]),
        (["--schema", "x", "--map", "a=/dev/null", "-"], ["--map", "/dev/null"]),
        (["--schema", "-", "-"], ["standard input"]),
        (["--type", TYPE, "-", "-"], ["standard input"]),
        (["--type", TYPE, "--draft", "4", "-"], ["2019-09"]),
    ],
)
def test_usage(bb, arguments, said):
    refused = bb("validate", *arguments)
    assert (refused.returncode, refused.stdout) == (USAGE, "")
    assert len(refused.stderr.splitlines()) == 1
    for words in said:
        assert words in refused.stderr


def test_an_unknown_event_type_suggests_the_nearest(bb):
    refused = bb("validate", "--type", "llm.promt", "-", stdin=b"{}")
    assert (refused.returncode, refused.stdout) == (INVALID, "")
    assert TYPE in refused.stderr
