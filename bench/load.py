"""Load and observation: wrk, answer checks, idle clients, strace."""

import json
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time
import zlib

import peers

WRK_SCRIPT = peers.ROOT / "bench" / "report.lua"


class WrongAnswer(Exception):
    pass


def expected_body(length):
    return bytes(ord("a") + i % 26 for i in range(length))


def expected_json(length):
    text, number, i = "[", 1, 0
    while len(text) < length:
        number, i = (number * 1664525 + 1013904223) % (1 << 32), i + 1
        in_stock = "true" if number % 3 == 0 else "false"
        text += f'{{"id": {i}, "sku": "{number}", "name": "Garden chair", "price": {number >> 20}, "in_stock": {in_stock}}},\n'
    return text[:length].encode()


def read_chunked(reader):
    body = b""
    while (size := int(reader.readline(), 16)):
        body += reader.read(size)
        reader.readline()
    reader.readline()
    return body


def read_answer(connection, reader):
    status = int(reader.readline().split()[1])
    fields = {}
    while (line := reader.readline().strip()):
        name, _, value = line.partition(b":")
        fields[name.lower()] = value.strip()
    body = reader.read(int(fields[b"content-length"])) if b"content-length" in fields else read_chunked(reader)
    return status, zlib.decompress(body, 31) if fields.get(b"content-encoding") == b"gzip" else body, len(body)


def get(connection, reader, path, field=""):
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n{field}\r\n".encode())
    return read_answer(connection, reader)


def check_answers(port, path, body, field=""):
    """Three requests on one connection: each has to be right to the last byte. The length of the last body as it was sent."""
    field += "\r\n" if field else ""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, connection.makefile("rb") as reader:
        for _ in range(3):
            status, received, sent = get(connection, reader, path, field)
            if status != 200 or received != body or (field and sent == len(body)):
                raise WrongAnswer(f"port {port} {path}: status {status}, {len(received)} bytes, {sent} sent")
    return sent


def wrk(port, path, clients, seconds, body_length, scheme="http", field=""):
    """Runs wrk on the load core and returns its figures; every answer has to be a 2xx of the right size."""
    command = ["taskset", "-c", peers.LOAD_CORE, peers.command_of("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s",
               "-s", str(WRK_SCRIPT), *(["-H", field] if field else []), f"{scheme}://127.0.0.1:{port}{path}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(re.search(r"RESULT (.*)", output).group(1))
    errors = {kind: result[kind] for kind in ("connect", "read", "write", "status", "timeout") if result[kind]}
    if errors or result["requests"] == 0:
        raise WrongAnswer(f"port {port} {path}: {errors or 'no answer'}")
    if result["bytes"] < result["requests"] * body_length:
        raise WrongAnswer(f"port {port} {path}: answers are too short")
    return result


def allow_many_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def idle_clients(peer, number):
    """KiB of private memory for one keep-alive client that has had one answer and waits."""
    warm = [connect_and_get(peer.port) for _ in range(200)]
    for connection in warm:
        connection.close()
    time.sleep(0.5)
    before = peer.private_kib()
    clients = [connect_and_get(peer.port) for _ in range(number)]
    time.sleep(0.5)
    after = peer.private_kib()
    for connection in clients:
        connection.close()
    return (after - before) / number


def connect_and_get(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    with connection.makefile("rb") as reader:
        status, body, _ = get(connection, reader, "/1k")
    if status != 200 or len(body) != 1024:
        raise WrongAnswer(f"port {port}: status {status}, {len(body)} bytes")
    return connection


def system_calls(peer, directory, seconds):
    """Calls per request by name, under load, counted by strace (which slows the proxy: no times are taken here)."""
    record = pathlib.Path(directory) / f"strace-{peer.name}"
    attach = [option for pid in peer.pids() for option in ("-p", str(pid))]
    tracer = subprocess.Popen([peers.command_of("strace"), "-f", "-c", "-o", str(record), *attach], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    result = wrk(peer.port, "/1k", 64, seconds, 1024)
    tracer.send_signal(signal.SIGINT)
    tracer.wait(timeout=20)
    calls = {}
    for line in record.read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[0][0].isdigit() and fields[-1] != "total":
            calls[fields[-1]] = int(fields[3]) / result["requests"]
    if not calls:
        raise WrongAnswer(f"strace saw nothing of {peer.name}: is ptrace allowed here?")
    return calls


def heap_allocations(peer, seconds):
    """malloc, calloc, realloc and aligned calls per request, in steady state."""
    wrk(peer.port, "/1k", 64, 1, 1024)
    before = read_counter(peer)
    result = wrk(peer.port, "/1k", 64, seconds, 1024)
    return (read_counter(peer) - before) / result["requests"]


def read_counter(peer):
    return int.from_bytes(peer.allocation_counter.read_bytes()[:8], "little")
