"""deploy/switch/try: applies the changes of docs/SWITCH_FROM_MIDDLEWARE.md, runs its commands and compares their output.

Runs in mount, network and process namespaces of its own, as root there. A fence's first line names the file that it changes:
```diff FILE, a change of one of the guide's files; ```js FILE, a whole file; ```nginx, directives that are to be valid in
nginx.conf; ```console, commands behind `$ ` and what they print.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "SWITCH_FROM_MIDDLEWARE.md"
HOSTS = "127.0.0.1 localhost\n127.0.0.11 api1\n127.0.0.12 api2\n127.0.0.13 api3\n127.0.0.14 redis\n"
# What is different each time. The rest has to be as the page says.
VARYING = (r"\d{4}-\d\d-\d\dT[\d:.]+Z", r"\{[0-9a-f]{32}\}", r'(?<="from":")api\d', r"(?<=ttl=)\d+", r"(?<=Age: )\d+",
           r'(?<="memory":)\d+')


class Mismatch(Exception):
    pass


def blocks(text):
    """(language, file or "", lines) of each fence, in order."""
    for match in re.finditer(r"^```(\w+) ?(\S*)\n(.*?)^```$", text, re.M | re.S):
        yield match.group(1), match.group(2), match.group(3).splitlines()


def apply_change(path, lines):
    old = "\n".join(line[1:] for line in lines if line[:1] in (" ", "-", ""))
    new = "\n".join(line[1:] for line in lines if line[:1] in (" ", "+", ""))
    text = path.read_text()
    if text.count(old) != 1:
        raise Mismatch(f"{path.name} does not have these lines once:\n{old}")
    path.write_text(text.replace(old, new))


def guide_files(stack):
    """As the guide's users have them; only the name of the image was changed in ours."""
    compose = (ROOT / "deploy" / "compose" / "docker-compose.scale.yml").read_text()
    (stack / "docker-compose.scale.yml").write_text(re.sub(r"image: drishti\b.*", "image: nginx:alpine", compose))
    (stack / "nginx.conf").write_text((ROOT / "deploy" / "demo" / "nginx.conf").read_text())
    (stack / "middleware").mkdir()


def check_directives(stack, lines):
    """Valid in nginx.conf: a location in place of a server's first one, anything else before the upstream."""
    text, block = (stack / "nginx.conf").read_text(), "\n".join(lines)
    before = "    location / {" if block.startswith("location") else "upstream api_servers {"
    file = stack / "example.conf"
    file.write_text(text.replace(before, f"{block}\n{before}", 1))
    done = subprocess.run([os.environ["DRISHTI"], "-t", "-c", file], capture_output=True, text=True,
                          env={**os.environ, "REDIS_URL": "redis://redis:6379"})
    if done.returncode != 0:
        raise Mismatch(f"not valid:\n{block}\n{done.stderr}")


def normal(text):
    text = text.replace("\r", "").rstrip("\n")
    for pattern in VARYING:
        text = re.sub(pattern, "...", text)
    return text


def commands(lines):
    """(command, expected output)"""
    command, expected = None, []
    for line in [*lines, "$ "]:
        if line.startswith("$ "):
            if command is not None:
                yield command, "\n".join(expected)
            command, expected = line[2:], []
        else:
            expected.append(line)


def run(command, expected, stack):
    """Commands that only look are repeated for a while: what they look at may take a moment."""
    until = time.monotonic() + 5
    while True:
        done = subprocess.run(["bash", "-c", command], cwd=stack, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        if normal(done.stdout) == normal(expected):
            break
        if not command.startswith("docker compose logs") or time.monotonic() > until:
            raise Mismatch(f"$ {command}\npage:\n{expected}\nhere:\n{done.stdout}")
        time.sleep(0.2)
    print(f"$ {command}\n{done.stdout}", end="" if done.stdout.endswith("\n") or not done.stdout else "\n")


def prepare(stack):
    (stack / "hosts").write_text(HOSTS)
    (stack / "log" / "nginx").mkdir(parents=True)
    (stack / "bin").mkdir()
    (stack / "bin" / "docker").symlink_to(ROOT / "deploy" / "switch" / "compose")
    for command in (["ip", "link", "set", "lo", "up"], ["mount", "--bind", stack / "hosts", "/etc/hosts"],
                    ["mount", "--bind", stack / "log", "/var/log"]):
        subprocess.run(command, check=True)
    os.environ.update(STACK=str(stack), PATH=f"{stack}/bin:{os.environ['PATH']}:/usr/sbin")
    guide_files(stack)


def follow(stack):
    number = 0
    for language, file, lines in blocks(PAGE.read_text()):
        if language == "diff":
            apply_change(stack / file, lines)
        elif language == "js":
            (stack / file).write_text("\n".join(lines) + "\n")
        elif language == "nginx":
            check_directives(stack, lines)
        elif language == "console":
            for command, expected in commands(lines):
                run(command, expected, stack)
                number += 1
    if number == 0:
        raise Mismatch("the page has no commands")
    print(f"all {number} commands say what the page says")


def main():
    with tempfile.TemporaryDirectory(prefix="drishti-switch-") as directory:
        stack = pathlib.Path(directory)
        stack.chmod(0o755)
        prepare(stack)
        try:
            follow(stack)
        except Mismatch as mismatch:
            for log in sorted(stack.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()}", file=sys.stderr)
            raise SystemExit(f"switch: {mismatch}") from mismatch


if __name__ == "__main__":
    main()
