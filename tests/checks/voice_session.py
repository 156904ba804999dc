#!/usr/bin/env python3
"""voice_session.py REPOSITORY: examples/voice/session.jsonl has the shape that
its README gives, which the demo and the tests rely on."""

import json

import tree

TYPES = {
    "transcription.voice.started",
    "transcription.voice.processed",
    "transcription.voice.completed",
    "transcription.voice.failed",
    "tonny.response.completed",
}

path = tree.root_argument() / "examples/voice/session.jsonl"
findings = []
last_offset_ms = 0
transcriptions = 0
growing = {}  # segment id -> the number of words in its latest partial text

for number, line in enumerate(path.read_text().splitlines(), start=1):

    def expect(holds, complaint):
        if not holds:
            findings.append(f"{path.name}:{number}: {complaint}")

    event = json.loads(line)
    expect(list(event) == ["event_type", "offset_ms", "payload"], "has other fields")
    expect(event["event_type"] in TYPES, f"unknown type {event['event_type']}")
    expect(event["offset_ms"] >= last_offset_ms, "is earlier than the line before")
    last_offset_ms = event["offset_ms"]
    payload = event["payload"]
    transcriptions += event["event_type"].startswith("transcription.")

    if event["event_type"] in ("transcription.voice.processed", "transcription.voice.completed"):
        final = event["event_type"].endswith("completed")
        words = payload["text"].split()
        segment = payload["segment_id"]
        expect(payload["is_final"] is final, "is_final does not go with the type")
        expect([word["word"] for word in payload["words"]] == words, "words are not the text's")
        expect(len(words) >= growing.get(segment, 0), "is shorter than the partial before it")
        expect(payload["start"] < payload["end"], "ends before it starts")
        growing[segment] = len(words)

if transcriptions < 40:
    findings.append(f"{path.name}: {transcriptions} transcription events; a session has 40")
tree.finish(findings)
