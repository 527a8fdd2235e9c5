"""Load over TLS and HTTP/2: answer checks with curl, h2load, handshakes, idle clients."""

import re
import socket
import ssl
import subprocess
import time

import load
import peers


def context():
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def check_answers(port, path, body, setup):
    """With curl, because Python knows no HTTP/2: the version that was agreed on, the status, and every byte."""
    scheme, wanted = ("http" if setup == "h2c" else "https"), ("1.1" if setup == "tls" else "2")
    version = {"tls": "--http1.1", "h2": "--http2", "h2c": "--http2-prior-knowledge"}[setup]
    command = [peers.command_of("curl"), "-sSk", version, "-w", "\n%{http_code} %{http_version}", f"{scheme}://127.0.0.1:{port}{path}"]
    received, _, verdict = subprocess.run(command, check=True, capture_output=True).stdout.rpartition(b"\n")
    if received != body or verdict.decode() != f"200 {wanted}":
        raise load.WrongAnswer(f"port {port} {path}: {verdict.decode()}, {len(received)} bytes")


def h2load(port, path, clients, streams, seconds, body_length, scheme):
    """Runs h2load on the load core; every answer has to be a 2xx of the right size."""
    command = ["taskset", "-c", peers.LOAD_CORE, peers.command_of("h2load"), "-t1", f"-c{clients}", f"-m{streams}", f"-D{seconds}",
               f"{scheme}://127.0.0.1:{port}{path}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    number = lambda pattern: int(re.search(pattern, output).group(1))
    done, failed, errored = number(r"(\d+) succeeded"), number(r"(\d+) failed"), number(r"(\d+) errored")
    good, data = number(r"status codes: (\d+) 2xx"), number(r"headers \(space savings [^)]*\), \S+ \((\d+)\) data")
    if failed or errored or good < done or done == 0 or data < done * body_length:
        raise load.WrongAnswer(f"port {port} {path}: {output}")
    worst = re.search(r"time for request:\s+\S+\s+(\S+)", output).group(1)
    return {"requests": done, "microseconds": seconds * 1_000_000, "p99": microseconds(worst)}


def microseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def handshakes(peer, seconds, resumed):
    """(CPU microseconds of the proxy per connection with one request, how many) by OpenSSL's own timer."""
    command = ["taskset", "-c", peers.LOAD_CORE, peers.command_of("openssl"), "s_time", "-connect", f"127.0.0.1:{peer.port}",
               "-www", "/return", "-reuse" if resumed else "-new", "-time", str(seconds)]
    before = peer.cpu_seconds()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu = peer.cpu_seconds() - before
    marks = re.findall(r"[*rt]", output.partition("\n\n")[2] if resumed else output.partition("\n")[2])
    number = int(re.search(r"(\d+) connections in \d+ real seconds", output).group(1))
    if resumed and marks.count("r") + marks.count("t") == 0:
        raise load.WrongAnswer(f"port {peer.port}: no session was resumed: {output[:300]}")
    return cpu * 1e6 / number, number


def idle_clients(peer, number):
    """KiB of private memory for one client over TLS that has had one answer and waits."""
    made = context()
    warm = [connect_and_get(peer.port, made) for _ in range(200)]
    for connection in warm:
        connection.close()
    time.sleep(0.5)
    before = peer.private_kib()
    clients = [connect_and_get(peer.port, made) for _ in range(number)]
    time.sleep(0.5)
    after = peer.private_kib()
    for connection in clients:
        connection.close()
    return (after - before) / number


def connect_and_get(port, made):
    connection = made.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10))
    with connection.makefile("rb") as reader:
        status, body, _ = load.get(connection, reader, "/1k")
    if status != 200 or len(body) != 1024:
        raise load.WrongAnswer(f"port {port}: status {status}, {len(body)} bytes")
    return connection
