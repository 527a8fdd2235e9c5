"""deploy/test-image: builds the Dockerfile's stages in directories and tests the image, without Docker.

The steps are read from the Dockerfile itself, so the two cannot drift apart: FROM debian:bookworm-slim is a debootstrap
root (made once, from this machine's own Debian mirror), RUN a chroot, COPY a copy. Then the entry point is started as
process 1 of its own namespaces, on mounted configurations. Needs root; everything is below build/image.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import builder
import dockerfile

CONTEXT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    parser = argparse.ArgumentParser(prog="deploy/test-image", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", metavar="PATH", help="put this program into the image instead of building one")
    parser.add_argument("--build-only", action="store_true", help="do not run the checks")
    parser.add_argument("--checks-only", action="store_true", help="check the image that was built last")
    options = parser.parse_args()
    work = CONTEXT / "build" / "image"
    work.mkdir(parents=True, exist_ok=True)
    stages = dockerfile.parse(CONTEXT / "Dockerfile")
    if not options.checks_only:
        builder.Builder(CONTEXT, work, options.program).build(stages)
    if options.build_only:
        return 0
    builder.say("checks")
    checks = pathlib.Path(__file__).with_name("checks.py")
    command = ["unshare", "--net", sys.executable, checks, work / stages[-1].name, json.dumps(stages[-1].metadata), work, CONTEXT]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
