"""The setups that are compared: who is asked, and which programs answer.

Redis and wrk are on the load core; whatever else takes part in an answer is on the other one, as on one small server.
"""

import json
import os
import pathlib
import re
import subprocess

import peers

HERE = pathlib.Path(__file__).resolve().parent
SWITCH = peers.ROOT / "deploy" / "switch"
# The last version with the options of the guide's client, and the newest.
REDIS_PACKAGES = ("3.1.2", "6.3.1")
REDIS_URL = f"redis://127.0.0.1:{peers.REDIS_PORT}"


def install(redis_package):
    """node_modules with Express and this version of the package redis."""
    command = [SWITCH / "npm-install", redis_package]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def package_versions():
    version = json.loads((pathlib.Path(install(REDIS_PACKAGES[0])) / "express" / "package.json").read_text())["version"]
    return f"express {version}, redis (npm) {' and '.join(REDIS_PACKAGES)}"


class Redis(peers.Peer):
    """On the load core, because it stands for a server elsewhere; nothing is kept on disk."""

    def __init__(self, directory):
        super().__init__("redis", directory, peers.REDIS_PORT)

    def start(self):
        self.process = peers.start_redis(self.directory)


class Express(peers.Peer):
    """The application of deploy/switch; with a version of the package redis also the guide's middleware in front of it."""

    def __init__(self, directory, port, redis_package=None):
        super().__init__("express", directory, port, name=f"express-{redis_package or 'plain'}")
        self.modules, self.has_cache = install(redis_package or REDIS_PACKAGES[-1]), redis_package is not None

    def _command(self):
        return [peers.command_of("node"), SWITCH / "app" / "app.js"]

    def _environment(self):
        return {**os.environ, "NODE_ENV": "production", "NODE_PATH": self.modules, "PORT": str(self.port),
                "REDIS_URL": REDIS_URL, "MIDDLEWARE": "" if self.has_cache else "none"}


class Proxy(peers.Peer):
    """Drishti in front of an application. VALUES fill drishti.conf."""

    def __init__(self, directory, port, name, express, **values):
        super().__init__("ours", directory, port, name=name)
        self.values = {"DIR": self.directory, "PORT": port, "EXPRESS": express.port, "MEMORY": "64m", "FORMAT": "drishti",
                       "LOCK": "on"} | values

    def is_accepted(self):
        """Whether this build of the program has what the configuration asks for."""
        return subprocess.run([*self._command(), "-t"], capture_output=True, check=False).returncode == 0

    def _command(self):
        file = self.directory / "drishti.conf"
        file.write_text(re.sub(r"@(\w+)@", lambda match: str(self.values[match.group(1)]), (HERE / "drishti.conf").read_text()))
        return [os.environ["DRISHTI"], "-p", f"{self.directory}/", "-c", file, "-g", "daemon off;"]


class GuideNginx(peers.Peer):
    """nginx with the guide's own file: its three servers are one application here."""

    def __init__(self, directory, port, name, express):
        super().__init__("nginx", directory, port, name=name, setup="user")
        self.express = express

    def _write_user_conf(self, template):
        backends = "|".join(map(str, peers.BACKEND_PORTS))
        text = re.sub(rf"127\.0\.0\.1:({backends})\b", f"127.0.0.1:{self.express.port}", peers.user_conf(self.port))
        (self.directory / "user.conf").write_text(text)
        return self._write(template)


class Setup:
    """TITLE, the peer that is asked, and the application that answers what is not in a cache."""

    def __init__(self, name, title, front, express):
        self.name, self.title, self.front, self.express = name, title, front, express

    def cpu_seconds(self):
        """Of the program in front and of node; the same program is counted once, as node."""
        front = 0.0 if self.front is self.express else self.front.cpu_seconds()
        return {"proxy": front, "node": self.express.cpu_seconds()}


def make_setups(directory, ports):
    """All setups, and all programs in the order in which they have to start."""
    plain = Express(directory, next(ports))
    cached = [Express(directory, next(ports), package) for package in REDIS_PACKAGES]
    newest = cached[-1]

    def proxy(name, express, **values):
        return Proxy(directory, next(ports), name, express, **values)

    setups = [
        Setup("plain", "Express, nothing cached", plain, plain),
        *(Setup(f"middleware-{package}", f"Express with the middleware (redis {package})", peer, peer)
          for package, peer in zip(REDIS_PACKAGES, cached)),
        Setup("nginx-middleware", f"the guide's nginx before Express with the middleware (redis {REDIS_PACKAGES[-1]})",
              GuideNginx(directory, next(ports), "nginx-express", newest), newest),
        Setup("memory", "Drishti with a memory zone, before Express", proxy("memory", plain, PATH="memory"), plain),
        Setup("redis-memory", "Drishti with a Redis zone and its memory, before Express",
              proxy("redis-memory", plain, PATH=REDIS_URL), plain),
        # No memory that could hold an answer, and nobody waits for another's look-up: one GET a request, as the middleware.
        Setup("redis", "Drishti with a Redis zone without memory (one GET a request), before Express",
              proxy("redis", plain, PATH=REDIS_URL, MEMORY="8k", LOCK="off"), plain),
        Setup("format", "Drishti with `proxy_cache_format middleware`, before Express with the middleware",
              proxy("format", newest, PATH=REDIS_URL, FORMAT="middleware"), newest),
    ]
    return setups, [plain, *cached, *(setup.front for setup in setups if setup.front is not setup.express)]
