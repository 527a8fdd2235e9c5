"""Runs the stages of a Dockerfile in directories: debootstrap for the base image, chroot for RUN, copies for COPY.

Has to run as root in a mount namespace of its own; what it mounts disappears with the process.
"""

import os
import pathlib
import shutil
import subprocess

import dockerfile

BASES = {"debian:bookworm-slim": "bookworm"}


def say(text):
    print(f"== {text}", flush=True)


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def debian_sources():
    """This machine's own Debian repositories, as one-line entries: (uri, suite, components)."""
    lines = output_of("apt-get", "indextargets", "--format", "$(ORIGIN) $(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)")
    found = {}
    for line in lines.splitlines():
        origin, created_by, uri, release, component = (line.split() + [""] * 5)[:5]
        if origin == "Debian" and created_by == "Packages" and release.startswith("bookworm"):
            found.setdefault((uri, release), set()).add(component)
    if not found:
        raise SystemExit("test-image: this machine has no Debian bookworm repository configured")
    return [(uri, release, sorted(components)) for (uri, release), components in found.items()]


def apt_settings():
    """Proxy and date checks, if this machine needs any to reach its repositories."""
    wanted = ("Acquire::http::Proxy ", "Acquire::https::Proxy ", "Acquire::Check-Date ", "Acquire::Check-Valid-Until ")
    return "".join(f"{line}\n" for line in output_of("apt-config", "dump").splitlines() if line.startswith(wanted))


class Builder:
    def __init__(self, context, work, program=None):
        self.context, self.work, self.program = pathlib.Path(context), pathlib.Path(work), program
        self.ignored = (self.context / ".dockerignore").read_text().split()
        self.roots = {}

    def build(self, stages):
        """Leaves the root directory of every stage in the work directory, under the stage's name."""
        for stage in stages:
            if self.program is not None and stage is not stages[-1]:
                continue
            self._build_stage(stage)

    def _build_stage(self, stage):
        say(f"stage {stage.name} from {stage.base}")
        root = self.work / stage.name
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", self._base(stage.base), root], check=True)
        self.roots[stage.name] = root
        self._mount(root)
        environment, directory = stage.metadata["ENV"], "/"
        for keyword, text in stage.steps:
            say(f"{keyword} {text}")
            if keyword == "RUN":
                self._run(root, text, environment, directory)
            elif keyword == "COPY":
                self._copy(root, text, directory)
            elif keyword == "WORKDIR":
                directory = text
                (root / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)
        self._unmount(root)

    def _base(self, image):
        """A minimal Debian, made once and kept."""
        root, suite = self.work / "base", BASES[image]
        if not (root / "etc" / "drishti-base").exists():
            say(f"debootstrap {suite}")
            shutil.rmtree(root, ignore_errors=True)
            sources = debian_sources()
            mirror = next(uri for uri, release, _ in sources if release == suite)
            subprocess.run(["debootstrap", "--variant=minbase", suite, root, mirror], check=True, stdout=subprocess.DEVNULL)
            entries = [f"deb {uri} {release} {' '.join(components)}\n" for uri, release, components in sources]
            (root / "etc/apt/sources.list").write_text("".join(entries))
            (root / "etc/apt/apt.conf.d/90host").write_text(apt_settings())
            (root / "etc" / "drishti-base").touch()
        return root

    def _mount(self, root):
        for name in ("proc", "sys", "dev"):
            (root / name).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
        subprocess.run(["mount", "--rbind", "/dev", root / "dev"], check=True)
        (root / "etc/resolv.conf").touch()
        subprocess.run(["mount", "--bind", os.path.realpath("/etc/resolv.conf"), root / "etc/resolv.conf"], check=True)
        # A second run compiles only what changed.
        cache = self.work / "ccache"
        cache.mkdir(exist_ok=True)
        inside = root / "root/.cache/ccache"
        inside.mkdir(parents=True)
        subprocess.run(["mount", "--bind", cache, inside], check=True)

    def _unmount(self, root):
        for inside in ("root/.cache/ccache", "etc/resolv.conf", "dev", "proc"):
            subprocess.run(["umount", "--lazy", root / inside], check=True)

    def _run(self, root, text, environment, directory):
        script = f"cd {directory} && {text}"
        subprocess.run(["chroot", root, "/bin/sh", "-c", script], check=True, env=environment)

    def _copy(self, root, text, directory):
        stage, sources, destination = dockerfile.parse_copy(text)
        target = root / os.path.normpath(os.path.join(directory, destination)).lstrip("/")
        into_directory = destination.endswith("/") or destination == "." or len(sources) > 1
        for source in sources:
            self._copy_one(self._source(stage, source), target, into_directory, stage is None)

    def _source(self, stage, source):
        if stage is None:
            return self.context / source
        if self.program is not None:
            return pathlib.Path(self.program)
        return self.roots[stage] / source.lstrip("/")

    def _copy_one(self, source, target, into_directory, from_context):
        if source.is_dir():
            ignore = self._ignore if from_context else None
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignore)
            return
        if into_directory:
            target = target / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)

    def _ignore(self, directory, names):
        relative = pathlib.Path(directory).relative_to(self.context)
        return [name for name in names if str(relative / name) in self.ignored]
