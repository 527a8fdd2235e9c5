"""One run of the image: its own copy of the root, process ids and mounts; output through pipes, as Docker has it."""

import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request


def wait_for(condition, what, seconds=10):
    """The first true value of condition(); an AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class Container:
    def __init__(self, image, metadata, work):
        self.metadata, self.scratch = metadata, pathlib.Path(work) / "container"
        self.root = self.scratch / "root"
        self._make_root(image)
        self.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.11 api1\n127.0.0.12 api2\n127.0.0.13 api3\n")
        self.write("/etc/resolv.conf", "nameserver 127.0.0.53\nnameserver ::1\n")
        self.process, self.volumes, self.readers = None, [], []
        self.output = {"stdout": "", "stderr": ""}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            # Process 1 takes the others with it; unshare ends when it has ended.
            os.kill(self.first_process(), signal.SIGKILL)
            self.process.wait(timeout=10)
        subprocess.run(["umount", "--lazy", self.root], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["umount", "--lazy", self.scratch], check=True)

    def _make_root(self, image):
        """The image with a layer of its own on top, or a whole copy where overlays are not allowed; in memory."""
        self.scratch.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", self.scratch], check=True)
        for name in ("root", "upper", "work"):
            (self.scratch / name).mkdir()
        layers = f"lowerdir={image},upperdir={self.scratch}/upper,workdir={self.scratch}/work"
        overlay = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=False, stderr=subprocess.DEVNULL)
        if overlay.returncode != 0:
            subprocess.run(["cp", "-a", f"{image}/.", self.root], check=True)

    def write(self, path, text, mode=0o644):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def mount_read_only(self, source, path):
        self.volumes.append((pathlib.Path(source).resolve(), self.root / path.lstrip("/")))

    def start(self, command=None, environment=None):
        mounts = [f"mount --rbind /dev '{self.root}/dev'"]
        for source, target in self.volumes:
            mounts += [f"mount --bind '{source}' '{target}'", f"mount -o remount,ro,bind '{target}'"]
        script = " && ".join([*mounts, f"exec chroot '{self.root}' \"$@\""])
        arguments = [*self.metadata["ENTRYPOINT"], *(command or self.metadata["CMD"])]
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc", "sh", "-c", script,
             "container", *arguments],
            env={**self.metadata["ENV"], **(environment or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        for name in self.output:
            reader = threading.Thread(target=self._collect, args=(name,), daemon=True)
            reader.start()
            self.readers.append(reader)

    def _collect(self, name):
        for line in getattr(self.process, name):
            self.output[name] += line

    def run(self, command, environment=None):
        """Runs a command to its end; its status."""
        self.start(command, environment)
        return self.wait()

    def wait(self, seconds=10):
        status = self.process.wait(timeout=seconds)
        for reader in self.readers:
            reader.join(timeout=5)
        return status

    def first_process(self):
        """The process that has id 1 inside, by its id outside."""
        pid = self.process.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def send_stop_signal(self):
        number = getattr(signal, self.metadata["STOPSIGNAL"])
        subprocess.run(["kill", f"-{int(number)}", str(self.first_process())], check=True)

    def execute(self, *command):
        done = subprocess.run(["chroot", self.root, *command], capture_output=True, text=True, env=self.metadata["ENV"], check=False)
        return done.returncode, done.stdout + done.stderr

    def get(self, path, host="127.0.0.1", timeout=10):
        """(status, body); (0, reason) when there is no answer."""
        try:
            with urllib.request.urlopen(f"http://{host}{path}", timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_until_answering(self, path="/"):
        def answers_or_gone():
            return self.process.poll() is not None or self.get(path)[0] != 0

        wait_for(answers_or_gone, "an answer")
        assert self.process.poll() is None, f"exited with {self.process.returncode}:\n{self.output['stderr']}"
