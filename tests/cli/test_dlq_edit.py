"""`bb dlq edit`: an event is corrected and goes back to its queue."""

import json

import pytest

from bb_pytest import get_when_there
from dead_letters import (
    FAILURE,
    INVALID,
    OK,
    USAGE,
    dlq,
    kind,
    letters,
    one_line,
    records,
)


def editor(folder, script):
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_an_event_is_corrected_and_goes_back(bb, dlq, letters):
    event_id = letters.add(1)
    corrected = dlq(
        "edit", event_id, "--skip-validation",
        EDITOR=editor(bb.folder, "sed -i 's/\"n\": 1/\"n\": 2.50/' \"$1\""), TMPDIR=str(bb.folder),
    )
    one_line(corrected, OK, "1 dead letter is back")
    properties, body = get_when_there(letters.channel, letters.queue)[1:]
    assert b'"n":2.50' in body and properties.message_id == event_id
    assert properties.headers["bb-redrives"] == 1
    assert letters.count(letters.dlq) == 0
    assert not list(bb.folder.glob("bb-*")), "its file is gone"


def test_nothing_is_done_where_nothing_is_edited(bb, dlq, letters):
    event_id = letters.add(1)
    nothing = {"TMPDIR": str(bb.folder)}
    one_line(dlq("edit", event_id, EDITOR="true", **nothing), FAILURE, "not changed")
    one_line(dlq("edit", event_id, EDITOR="exit 3; :", **nothing), FAILURE, "ended with 3")
    unknown = dlq("edit", event_id, EDITOR="no-such-editor", **nothing)
    assert unknown.returncode == FAILURE and "ended with 127" in unknown.stderr
    one_line(dlq("edit", event_id, EDITOR=None, VISUAL=None), USAGE, "EDITOR")
    assert not list(bb.folder.glob("bb-*"))
    assert letters.numbers(letters.dlq) == [1]


@pytest.mark.parametrize(
    ("script", "options", "says"),
    [
        ('echo "{" > "$1"', ["--skip-validation"], "is not JSON"),
        (': > "$1"', ["--skip-validation"], "is empty"),
        ('sed -i /event_type/d "$1"', ["--skip-validation"], "/event_type"),
        ('sed -i "s/n\\": 1/n\\": 2/" "$1"', [], "no schema"),
        ('sed -i "s/-4000-/-4001-/" "$1"', ["--skip-validation"], "another event_id"),
    ],
)
def test_what_is_edited_and_not_valid_is_kept(bb, dlq, letters, script, options, says):
    event_id = letters.add(1)
    refused = dlq(
        "edit", event_id, *options, VISUAL=editor(bb.folder, script), EDITOR="false",
        TMPDIR=str(bb.folder),
    )
    assert refused.returncode == INVALID and says in refused.stderr
    [kept] = bb.folder.glob("bb-*.json")
    assert str(kept) in refused.stderr
    assert letters.numbers(letters.dlq) == [1]


def test_a_corrected_event_from_a_file(bb, dlq, letters):
    event_id = letters.add(1)
    event = records(dlq("show", event_id, "-o", "json"))[0]["event"]
    event["payload"] = {"n": 9}
    corrected = bb.folder / "corrected.json"
    corrected.write_text(json.dumps(event, indent=1))
    assert dlq("edit", event_id, "--file", corrected).returncode == INVALID, "it has no schema"
    done = dlq("edit", event_id, "--file", corrected, "--permissive-validation")
    assert done.returncode == OK
    assert letters.numbers(letters.queue) == [9] and corrected.exists()


def test_a_letter_that_is_gone_while_it_is_edited(bb, dlq, letters):
    event_id = letters.add(1)
    drop = f'{bb.executable} dlq drop {event_id} --yes --service svc 2>/dev/null'
    script = f'{drop}; sed -i "s/n\\": 1/n\\": 2/" "$1"'
    late = dlq(
        "edit", event_id, "--skip-validation", EDITOR=editor(bb.folder, script),
        TMPDIR=str(bb.folder),
    )
    assert late.returncode == FAILURE and "no longer there" in late.stderr
    assert len(list(bb.folder.glob("bb-*.json"))) == 1, "what was written is kept"
    assert letters.count(letters.queue) == 0
