"""The programs that are measured: how each is started, found in /proc and stopped."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONF = ROOT / "bench" / "conf"
PROGRAMS = ROOT / "build" / "release" / "bench"
USER_CONF = ROOT / "deploy" / "demo" / "nginx.conf"
BACKEND_PORTS = [19001, 19002, 19003]
REDIS_PORT = 19009
PROTOCOLS = {"plain": "", "tls": " ssl", "h2": " ssl http2", "h2c": " http2"}  # of a setup, as options of `listen`
PROXY_CORE = "0"
LOAD_CORE = "1" if os.cpu_count() > 1 else "0"


def command_of(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if path is None:
        raise SystemExit(f"bench: {name} is not installed")
    return path


def wait_until_listening(port, process):
    needle = f"0100007F:{port:04X}"
    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit(f"bench: {process.args[3:]} stopped with status {process.returncode}")
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()
        if any(needle in line and line.split()[3] == "0A" for line in lines):
            return
        time.sleep(0.05)
    raise SystemExit(f"bench: nothing listens on port {port}")


def start_pinned(core, arguments, port, env=None):
    process = subprocess.Popen(["taskset", "-c", core, *map(str, arguments)], stdout=subprocess.DEVNULL, env=env)
    wait_until_listening(port, process)
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_backends():
    program = PROGRAMS / "bench_backend"
    started = []
    try:
        for port in BACKEND_PORTS:
            started.append(start_pinned(LOAD_CORE, [program, port], port))
    except SystemExit:
        for process in started:
            stop(process)
        raise
    return started


def start_redis(directory):
    """On the load core, because it stands for a server elsewhere; nothing is kept on disk."""
    return start_pinned(LOAD_CORE, [command_of("redis-server"), "--port", REDIS_PORT, "--bind", "127.0.0.1", "--save", "",
                                    "--dir", directory], REDIS_PORT)


def user_conf(port):
    """The user's file with only names and ports replaced, so that several proxies can run it at once."""
    text = USER_CONF.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    for number, backend in enumerate(BACKEND_PORTS, start=1):
        text = text.replace(f"api{number}:3000", f"127.0.0.1:{backend}")
    return text


class Peer:
    """One proxy under measurement: `kind` is ours, nginx, haproxy, varnish, raw or floor (the backend itself). `setup` chooses its configuration:
    plain, tls, h2, h2c, user (the user's own file), cache (a memory cache), redis (a cache in Redis alone), gzip or gzip-cache."""

    def __init__(self, kind, directory, port, setup="plain", name=None, access_log=False, allocation_counter=None):
        self.kind, self.port, self.setup = kind, port, setup
        self.name = name or kind
        self.directory = pathlib.Path(directory) / f"{self.name}-{port}"
        self.directory.mkdir(parents=True)
        # The worker of a proxy started by root has to be able to write here.
        self.directory.chmod(0o777)
        self.access_log = f"{self.directory}/access.log" if access_log else "off"
        self.allocation_counter = allocation_counter
        self.process = None

    def start(self):
        self.process = start_pinned(PROXY_CORE, self._command(), self.port, env=self._environment())

    def stop(self):
        if self.process is not None:
            stop(self.process)

    def pids(self):
        """The process and its children: workers do the work, a master costs nothing but belongs to it."""
        found, left = [], [self.process.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                left += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def private_kib(self):
        """Memory that only this program uses (Private_Dirty), over all its processes."""
        total = 0
        for pid in self.pids():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"Private_Dirty:\s+(\d+) kB", text).group(1))
        return total

    def configuration(self):
        """What the program runs on, as text, for the record."""
        return {path.name: path.read_text() for path in sorted(self.directory.glob("*.c[of]*"))}

    def _environment(self):
        if self.allocation_counter is None:
            return None
        library = PROGRAMS / "libbench_count_allocations.so"
        return {**os.environ, "LD_PRELOAD": str(library), "COUNT_ALLOCATIONS_FILE": str(self.allocation_counter)}

    def _command(self):
        if self.kind == "floor":
            return [PROGRAMS / "bench_backend", self.port]
        if self.kind == "raw":
            return [PROGRAMS / "bench_raw_relay", self.port, *BACKEND_PORTS]
        if self.kind == "haproxy":
            return [command_of("haproxy"), "-db", "-q", "-f", self._write("haproxy.cfg")]
        if self.kind == "varnish":
            return [command_of("varnishd"), "-F", "-j", "none", "-n", self.directory / "work", "-a", f"127.0.0.1:{self.port}",
                    "-s", "malloc,64m", "-p", "thread_pools=1", "-f", self._write("varnish.vcl")]
        if self.kind == "nginx":
            file = self._write_user_conf("nginx-user.conf") if self.setup == "user" else self._write(self._template("nginx"))
            return [command_of("nginx"), "-p", f"{self.directory}/", "-c", file, "-g", "daemon off;"]
        return self._our_command()

    def _template(self, program):
        return f"{program}.conf" if self.setup in PROTOCOLS else f"{program}-{self.setup}.conf"

    def _certificate(self):
        """The directives that name a fresh ECDSA certificate; nothing without TLS."""
        if "ssl" not in PROTOCOLS.get(self.setup, ""):
            return ""
        key, certificate = self.directory / "key.pem", self.directory / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=bench", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        # HAProxy wants both in one file.
        (self.directory / "both.pem").write_text(certificate.read_text() + key.read_text())
        # nginx 1.22 leaves TLS 1.3 out by default, and its handshakes cost more than those of 1.2.
        return f" ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {certificate}; ssl_certificate_key {key};"

    def _our_command(self):
        if self.setup != "user":
            file = self._write(self._template("drishti"))
            return [os.environ["DRISHTI"], "-p", f"{self.directory}/", "-c", file, "-g", "daemon off;"]
        file = self.directory / "user.conf"
        file.write_text(user_conf(self.port))
        directives = f"daemon off; worker_processes 1; pid {self.directory}/pid; error_log {self.directory}/error.log crit;"
        return [*self._own_log_directory(), os.environ["DRISHTI"], "-p", f"{self.directory}/", "-c", file, "-g", directives]

    def _own_log_directory(self):
        """The user's file leaves the access log at its default, /var/log/nginx/access.log: it gets a /var/log of its own."""
        if os.getuid() != 0:
            return []
        logs = self.directory / "log" / "nginx"
        logs.mkdir(parents=True)
        logs.chmod(0o777)
        script = f"mount --bind '{logs.parent}' /var/log && exec \"$@\""
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "bench"]

    def _write_user_conf(self, template):
        (self.directory / "user.conf").write_text(user_conf(self.port))
        return self._write(template)

    def _write(self, template):
        values = {"DIR": self.directory, "PORT": self.port, "ACCESS_LOG": self.access_log,
                  "USER_CONF": self.directory / "user.conf"}
        values["REDIS"] = REDIS_PORT
        values |= {"CERTIFICATE": self._certificate(), "PROTOCOL": PROTOCOLS.get(self.setup, "")}
        values["BIND"] = {"tls": f" ssl crt {self.directory}/both.pem alpn http/1.1",
                          "h2": f" ssl crt {self.directory}/both.pem alpn h2"}.get(self.setup, "")
        values |= {f"BACKEND{n}": port for n, port in enumerate(BACKEND_PORTS, start=1)}
        file = self.directory / template
        file.write_text(re.sub(r"@(\w+)@", lambda match: str(values[match.group(1)]), (CONF / template).read_text()))
        return file
