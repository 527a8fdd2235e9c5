"""bench/metrics-cost: CPU time and instructions per request with the metrics and without (-DDRISHTI_METRICS=OFF).

CPU time: both are up at once and take turns under wrk, as in bench/run; each ratio is taken within one round.
Instructions: callgrind counts two runs of different length, whose difference is divided by the requests between them, so
that start and end of the program do not count. They repeat exactly where CPU time drifts with the machine.
"""

import argparse
import os
import pathlib
import re
import socket
import statistics
import tempfile

import load
import measure
import peers

PROGRAMS = {"with": peers.ROOT / "build/release/drishti", "without": peers.ROOT / "build/without-metrics/drishti"}
MOST = 1.02
CLIENTS = 16
SHORT, LONG = 50, 350  # requests of each client under callgrind


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/metrics-cost", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (default 7); 0 leaves CPU time out")
    parser.add_argument("--seconds", type=int, default=4, help="length of each turn (default 4)")
    parser.add_argument("--no-instructions", action="store_true", help="leave callgrind out")
    return parser.parse_args()


def start(name, directory):
    os.environ["DRISHTI"] = str(PROGRAMS[name])
    peer = peers.Peer("ours", pathlib.Path(directory) / name, next(measure.PORTS), access_log=True)
    peer.start()
    return peer


def cpu_ratios(options, directory, row):
    started = {name: start(name, directory) for name in PROGRAMS}
    ratios = []
    try:
        for peer in started.values():
            load.check_answers(peer.port, row.path, row.body)
            measure.measure_once(peer, row, 1, len(row.body))
        for number in range(options.rounds):
            order = list(started) if number % 2 == 0 else list(reversed(started))
            cpu = {name: measure.measure_once(started[name], row, options.seconds, len(row.body))["cpu"] for name in order}
            ratios.append(cpu["with"] / cpu["without"])
            measure.progress(f"  round {number + 1}: with {cpu['with']:.2f} us, without {cpu['without']:.2f} us")
    finally:
        for peer in started.values():
            peer.stop()
    return ratios


class CountedPeer(peers.Peer):
    def _command(self):
        self.record = self.directory / "callgrind.out"
        command = super()._command()
        command[-1] += " user root;"  # valgrind made the file that it writes at the end
        return [peers.command_of("valgrind"), "-q", "--tool=callgrind", f"--callgrind-out-file={self.record}", *command]

    def instructions(self):
        return int(re.search(r"^(?:summary|totals): (\d+)", self.record.read_text(), re.MULTILINE).group(1))


def ask_in_step(port, path, requests):
    """All clients send, then all read: the proxy's loop sees batches, as under load."""
    clients = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(CLIENTS)]
    readers = [client.makefile("rb") for client in clients]
    for _ in range(requests):
        for client in clients:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        for reader in readers:
            status, _, _ = load.read_answer(None, reader)
            if status != 200:
                raise load.WrongAnswer(f"status {status}")
    for client in clients:
        client.close()


def instructions_per_request(name, directory, path):
    counts = []
    for requests in (SHORT, LONG):
        os.environ["DRISHTI"] = str(PROGRAMS[name])
        peer = CountedPeer("ours", pathlib.Path(directory) / f"{name}-{requests}", next(measure.PORTS), access_log=True)
        peer.start()
        ask_in_step(peer.port, path, requests)
        peer.stop()
        counts.append(peer.instructions())
    return (counts[1] - counts[0]) / (CLIENTS * (LONG - SHORT))


def main():
    options = parse_arguments()
    load.allow_many_files()
    row = measure.ROWS["1k-64"]
    backends = peers.start_backends()
    try:
        with tempfile.TemporaryDirectory(prefix="drishti-bench-") as directory:
            os.chmod(directory, 0o755)
            if options.rounds:
                ratios = cpu_ratios(options, directory, row)
                print(f"{row.title}: CPU time with / without metrics {measure.spread(ratios, 3)}, "
                      f"target {MOST}: {'ok' if statistics.median(ratios) <= MOST else 'short'}")
            if not options.no_instructions:
                counts = {name: instructions_per_request(name, directory, row.path) for name in PROGRAMS}
                print(f"instructions per request: with {counts['with']:.0f}, without {counts['without']:.0f}, "
                      f"ratio {counts['with'] / counts['without']:.4f}")
    finally:
        for backend in backends:
            peers.stop(backend)


if __name__ == "__main__":
    main()
