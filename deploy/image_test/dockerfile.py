"""Reads a Dockerfile into stages. Only what our Dockerfile uses is understood; anything else is an error."""

import dataclasses
import json
import pathlib
import shlex

STEPS = {"RUN", "COPY", "WORKDIR"}
METADATA = {"ENTRYPOINT", "CMD", "STOPSIGNAL", "EXPOSE"}
DEFAULT_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}


class Unsupported(Exception):
    pass


@dataclasses.dataclass
class Stage:
    name: str
    base: str
    steps: list = dataclasses.field(default_factory=list)  # (keyword, text) in order
    metadata: dict = dataclasses.field(default_factory=lambda: {"ENV": dict(DEFAULT_ENVIRONMENT)})


def logical_lines(text):
    """Lines without comments, with continuations joined."""
    joined = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        joined += line.rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        if joined.strip():
            yield joined.strip()
        joined = ""


def parse_from(text, number):
    words = text.split()
    if len(words) == 1:
        return Stage(f"stage-{number}", words[0])
    if len(words) == 3 and words[1].upper() == "AS":
        return Stage(words[2], words[0])
    raise Unsupported(f"FROM {text}")


def parse_metadata(keyword, text):
    return json.loads(text) if keyword in ("ENTRYPOINT", "CMD") else text


def parse(path):
    stages = []
    for line in logical_lines(pathlib.Path(path).read_text()):
        keyword, _, text = line.partition(" ")
        keyword = keyword.upper()
        if keyword == "FROM":
            stages.append(parse_from(text.strip(), len(stages)))
        elif keyword in STEPS:
            stages[-1].steps.append((keyword, text.strip()))
        elif keyword == "ENV":
            stages[-1].metadata["ENV"] |= parse_env(text)
        elif keyword in METADATA:
            stages[-1].metadata[keyword] = parse_metadata(keyword, text.strip())
        else:
            raise Unsupported(line)
    return stages


def parse_copy(text):
    """(stage or None, sources, destination)"""
    words, stage = shlex.split(text), None
    if words[0].startswith("--from="):
        stage = words.pop(0).removeprefix("--from=")
    if any(word.startswith("--") for word in words) or len(words) < 2:
        raise Unsupported(f"COPY {text}")
    return stage, words[:-1], words[-1]


def parse_env(text):
    pairs = [word.partition("=") for word in shlex.split(text)]
    if not all(separator for _, separator, _ in pairs):
        raise Unsupported(f"ENV {text}")
    return {name: value for name, _, value in pairs}
