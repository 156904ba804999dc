"""make_data.py: writes the schemas and instances of the validate benchmark, in data/.

Deterministic, and what it writes is committed: change something here, run it, and commit
both. All values are invented.
"""

import hashlib
import json
import pathlib
import random

DATA = pathlib.Path(__file__).parent / "data"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
WORDS = (
    "the model heard every word of that sentence and wrote it down with its time so "
    "nobody has to listen again when they look for what was said in a long meeting"
).split()


def digest(*parts, length=40):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:length]


# -- voice: instances of the catalogue's transcription.voice.completed -------------------


def spoken(rng, count, start):
    """That many words with their times."""
    words = []
    for _ in range(count):
        end = round(start + rng.uniform(0.12, 0.6), 2)
        word = {"word": rng.choice(WORDS), "start": round(start, 2), "end": end}
        words.append({**word, "probability": round(rng.uniform(0.7, 1), 3)})
        start = end + 0.04
    return words


def voice_event(number, words_count):
    """One event; events of different numbers differ in every value that varies."""
    rng = random.Random(number)
    words = spoken(rng, words_count, start=0.8)
    identity = digest("session", number, length=32)
    session = "-".join(identity[a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
    return {
        "session_id": session,
        "segment_id": f"seg-{number:06}",
        "speaker": "jana",
        "text": " ".join(word["word"] for word in words),
        "start": words[0]["start"],
        "end": words[-1]["end"],
        "is_final": True,
        "language": "en",
        "confidence": round(rng.uniform(0.8, 1), 2),
        "words": words,
        "target": "tonny",
        "audio_metadata": {
            "duration_ms": round(1000 * (words[-1]["end"] - words[0]["start"])),
            "sample_rate": 16000,
            "channels": 1,
            "format": "pcm",
            "model": "large-v3-turbo",
        },
    }


# -- push: wide objects, most of whose members are URIs ----------------------------------

REPOSITORY_LINKS = (
    "archive assignees blobs branches clone collaborators comments commits compare contents "
    "contributors deployments downloads events forks git_commits git_refs git_tags hooks "
    "issue_comment issue_events issues keys labels languages merges milestones notifications "
    "pulls releases stargazers statuses subscribers subscription svn tags teams trees mirror"
).split()
OWNER_LINKS = (
    "avatar followers following gists starred subscriptions organizations repos events "
    "received_events"
).split()
REPOSITORY_FLAGS = (
    "private fork has_issues has_projects has_downloads has_wiki has_pages has_discussions "
    "archived disabled allow_forking is_template web_commit_signoff_required"
).split()
REPOSITORY_COUNTS = (
    "size stargazers_count watchers_count forks_count open_issues_count forks open_issues "
    "watchers stargazers"
).split()
HOST = "https://code.forge.example:8443"


def closed_object(properties, optional=(), base=None):
    """An object with these members only; `base` names a definition whose members it has too."""
    required = [name for name in properties if name not in optional]
    closed = {"type": "object", "required": required, "properties": properties}
    if base is None:
        return {**closed, "additionalProperties": False}
    return {"allOf": [{"$ref": f"#/$defs/{base}"}], **closed, "unevaluatedProperties": False}


def push_schema():
    uri = {"type": "string", "format": "uri"}
    flag = {"type": "boolean"}
    count = {"type": "integer", "minimum": 0}
    text = {"type": "string"}
    moment = {"type": "string", "format": "date-time"}
    sha = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
    paths = {"type": "array", "items": {"type": "string", "minLength": 1}}
    person = {"name": text, "email": {"type": "string", "format": "email"}, "username": text}
    person |= {"url": uri, "avatar_url": uri}
    node = {"id": count, "node_id": text, "url": uri, "html_url": uri}
    owner = {"login": text, "type": {"enum": ["User", "Group"]}}
    owner |= {f"{name}_url": uri for name in OWNER_LINKS} | {"site_admin": flag}
    repository = {"name": text, "full_name": text}
    repository |= {"owner": {"$ref": "#/$defs/owner"}, "description": {"type": ["string", "null"]}}
    repository |= {f"{name}_url": uri for name in REPOSITORY_LINKS}
    repository |= {name: flag for name in REPOSITORY_FLAGS}
    repository |= {name: count for name in REPOSITORY_COUNTS}
    repository |= {"created_at": moment, "updated_at": moment, "pushed_at": moment}
    repository |= {
        "homepage": {"type": ["string", "null"], "format": "uri"},
        "language": {"type": ["string", "null"]},
        "license": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/license"}]},
        "topics": {"type": "array", "items": text, "uniqueItems": True},
        "visibility": {"enum": ["public", "private", "internal"]},
        "default_branch": text,
        "master_branch": text,
    }
    commit = {"id": sha, "tree_id": sha, "distinct": flag, "message": text, "timestamp": moment}
    commit |= {"url": uri, "author": {"$ref": "#/$defs/person"}}
    commit |= {"committer": {"$ref": "#/$defs/person"}}
    commit |= {"added": paths, "removed": paths, "modified": paths}
    push = {"ref": text, "before": sha, "after": sha, "repository": {"$ref": "#/$defs/repository"}}
    push |= {"pusher": {"$ref": "#/$defs/person"}, "sender": {"$ref": "#/$defs/owner"}}
    push |= {"created": flag, "deleted": flag, "forced": flag}
    push |= {"base_ref": {"type": ["string", "null"]}, "compare": uri}
    push |= {"commits": {"type": "array", "items": {"$ref": "#/$defs/commit"}}}
    push |= {"head_commit": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/commit"}]}}
    return {
        "$schema": DIALECT,
        "$id": "https://33god.dev/bench/push.schema.json",
        "title": "A push to a forge",
        **closed_object(push),
        "$defs": {
            "person": closed_object(person, optional=("username", "avatar_url")),
            "node": {"type": "object", "required": list(node), "properties": node},
            "owner": closed_object(owner, base="node"),
            "license": closed_object({"key": text, "name": text, "spdx_id": text, "url": uri}),
            "commit": closed_object(commit),
            "repository": closed_object(repository, base="node"),
        },
    }


def push_instance(commits_count):
    rng = random.Random(7)
    home = f"{HOST}/api/repos/jana/kitchen-radio"

    def person(name):
        head = {"name": name.title(), "email": f"{name}@mail.example", "username": name}
        return {**head, "url": f"{HOST}/{name}", "avatar_url": f"{HOST}/avatars/{name}?size=64"}

    def node(name, path):
        number = rng.randrange(10**7)
        head = {"id": number, "node_id": digest(name, length=16), "url": f"{HOST}/api/{path}"}
        return {**head, "html_url": f"{HOST}/{path}"}

    def owner(name):
        links = {f"{link}_url": f"{HOST}/api/users/{name}/{link}" for link in OWNER_LINKS}
        head = {**node(name, f"users/{name}"), "login": name}
        return {**head, "type": "User", **links, "site_admin": False}

    def commit(number):
        sha = digest("commit", number)
        moment = f"2026-01-27T10:{number:02}:{rng.randrange(60):02}Z"
        files = [f"src/{rng.choice(WORDS)}/{rng.choice(WORDS)}_{n}.cc" for n in range(4)]
        return {
            "id": sha,
            "tree_id": digest("tree", number),
            "distinct": True,
            "message": " ".join(rng.choices(WORDS, k=9)),
            "timestamp": moment,
            "url": f"{HOST}/jana/kitchen-radio/commit/{sha}",
            "author": person("jana"),
            "committer": person("marek"),
            "added": files[:1],
            "removed": [],
            "modified": files[1:],
        }

    commits = [commit(number) for number in range(commits_count)]
    repository = node("repository", "repos/jana/kitchen-radio")
    repository |= {"name": "kitchen-radio", "full_name": "jana/kitchen-radio"}
    repository |= {"owner": owner("jana"), "description": "Plays what the kitchen asks for"}
    repository |= {f"{name}_url": f"{home}/{name}" for name in REPOSITORY_LINKS}
    repository |= {name: index % 3 == 0 for index, name in enumerate(REPOSITORY_FLAGS)}
    repository |= {name: rng.randrange(5000) for name in REPOSITORY_COUNTS}
    repository |= {f"{name}_at": "2026-01-27T10:15:30Z" for name in ("created", "updated", "pushed")}
    repository |= {
        "homepage": None,
        "language": "C++",
        "license": {
            "key": "apache-2.0",
            "name": "Apache License 2.0",
            "spdx_id": "Apache-2.0",
            "url": f"{HOST}/api/licenses/apache-2.0",
        },
        "topics": ["audio", "kitchen", "radio"],
        "visibility": "public",
        "default_branch": "main",
        "master_branch": "main",
    }
    return {
        "ref": "refs/heads/main",
        "before": digest("before"),
        "after": commits[-1]["id"],
        "repository": repository,
        "pusher": person("jana"),
        "sender": owner("jana"),
        "created": False,
        "deleted": False,
        "forced": False,
        "base_ref": None,
        "compare": f"{HOST}/jana/kitchen-radio/compare/{digest('before')[:12]}...main",
        "commits": commits,
        "head_commit": commits[-1],
    }


# -- plan: a recursive choice, each branch told by the constant in `kind` -----------------


def plan_schema():
    text = {"type": "string", "minLength": 1}
    step = {"$ref": "#/$defs/step"}
    steps = {"type": "array", "minItems": 1, "items": step}
    branches = {
        "sequence": ({"steps": steps}, ()),
        "parallel": ({"steps": steps, "limit": {"type": "integer", "minimum": 1}}, ("limit",)),
        "condition": ({"if": {"$ref": "#/$defs/test"}, "then": step, "else": step}, ("else",)),
        "repeat": ({"times": {"type": "integer", "minimum": 1, "maximum": 100}, "step": step}, ()),
        "action": (
            {
                "tool": {"type": "string", "pattern": "^[a-z_]+(\\.[a-z_]+)*$"},
                "arguments": {"type": "object"},
                "timeout_ms": {"type": "integer", "minimum": 1},
            },
            ("timeout_ms",),
        ),
        "wait": ({"seconds": {"type": "number", "exclusiveMinimum": 0}}, ()),
    }
    named = {"id": {"type": "string", "pattern": "^[a-z0-9-]+$"}, "title": text}
    choice = [
        closed_object({"kind": {"const": kind}, **named, **members}, optional=("title", *optional))
        for kind, (members, optional) in branches.items()
    ]
    value = {"type": ["string", "number", "boolean"]}
    operation = {"enum": ["equal", "less", "greater"]}
    every = {"type": "array", "items": {"$ref": "#/$defs/test"}}
    return {
        "$schema": DIALECT,
        "$id": "https://33god.dev/bench/plan.schema.json",
        "title": "A plan of an agent",
        **closed_object({"goal": text, "root": step}),
        "$defs": {
            "step": {"oneOf": choice},
            "test": {
                "oneOf": [
                    closed_object({"op": operation, "name": text, "value": value}),
                    closed_object({"op": {"const": "all"}, "tests": every}),
                    closed_object({"op": {"const": "not"}, "test": {"$ref": "#/$defs/test"}}),
                ]
            },
        },
    }


def plan_instance(depth, width):
    rng = random.Random(2)
    numbers = iter(range(10**6))

    def test():
        plain = {"op": rng.choice(["equal", "less"]), "name": rng.choice(WORDS), "value": 3}
        return rng.choice([plain, {"op": "not", "test": plain}])

    def action():
        name = f"{rng.choice(WORDS)}.{rng.choice(WORDS)}"
        return {"tool": name, "arguments": {"what": rng.choice(WORDS), "count": rng.randrange(9)}}

    def step(depth, kind=None):
        inner = ["sequence", "parallel", "condition", "repeat"]
        kind = kind or (rng.choice(inner) if depth > 0 else rng.choice(["action", "action", "wait"]))
        head = {"kind": kind, "id": f"step-{next(numbers)}"}
        if kind in ("sequence", "parallel"):
            return {**head, "steps": [step(depth - 1) for _ in range(width)]}
        if kind == "condition":
            return {**head, "if": test(), "then": step(depth - 1), "else": step(depth - 1)}
        if kind == "repeat":
            return {**head, "times": rng.randrange(1, 9), "step": step(depth - 1)}
        if kind == "wait":
            return {**head, "seconds": round(rng.uniform(0.1, 9), 1)}
        return {**head, **action()}

    return {"goal": " ".join(rng.choices(WORDS, k=7)), "root": step(depth, "sequence")}


def write(name, value, indent=None):
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, indent=indent, separators=separators)
    (DATA / name).write_text(text + "\n")


def main():
    DATA.mkdir(exist_ok=True)
    write("voice_short.json", voice_event(1, words_count=5))
    write("voice_long.json", voice_event(2, words_count=150))
    write("push.schema.json", push_schema(), indent=1)
    write("push.json", push_instance(commits_count=5))
    write("plan.schema.json", plan_schema(), indent=1)
    write("plan.json", plan_instance(depth=5, width=2))


if __name__ == "__main__":
    main()
