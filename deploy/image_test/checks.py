"""What the image promises (the contract of the nginx image). Run as a program in a network namespace of its own:
checks.py IMAGE_ROOT METADATA_JSON WORK_DIRECTORY CONTEXT."""

import json
import pathlib
import subprocess
import sys
import threading
import traceback

from container import Container, wait_for

IMAGE, WORK, CONTEXT = sys.argv[1], sys.argv[3], pathlib.Path(sys.argv[4])
METADATA = json.loads(sys.argv[2])
USER_CONF = CONTEXT / "deploy" / "demo" / "nginx.conf"


def container():
    return Container(IMAGE, METADATA, WORK)


def start_api_servers():
    servers = []
    for number in (1, 2, 3):
        environment = {"PATH": METADATA["ENV"]["PATH"], "NAME": f"api{number}", "HOST": f"127.0.0.1{number}", "PORT": "3000"}
        servers.append(subprocess.Popen(["node", CONTEXT / "deploy/demo/api.js"], env=environment, stdout=subprocess.PIPE, text=True))
    for server in servers:
        server.stdout.readline()  # says that it listens
    return servers


def a_server_is_busy(box):
    """True when a server works on more than the question that asks it."""
    answers = [json.loads(box.get("/health", host=f"127.0.0.1{number}:3000")[1]) for number in (1, 2, 3)]
    return any(answer["inProgress"] > 1 for answer in answers)


def stop_gracefully(box):
    box.send_stop_signal()
    assert box.wait() == 0, f"exit status {box.process.returncode}: {box.output['stderr']}"


def check_serves_the_packaged_site_and_logs_to_the_containers_output():
    with container() as box:
        box.start()
        box.wait_until_answering()
        assert "Drishti is running" in box.get("/")[1]
        assert box.get("/missing")[0] == 404
        wait_for(lambda: '"GET /missing HTTP/1.1" 404' in box.output["stdout"], "the access log line on stdout")
        assert pathlib.Path(f"/proc/{box.first_process()}/cmdline").read_text().startswith("nginx")
        stop_gracefully(box)


def check_listens_on_ipv6_too_unless_the_site_was_changed():
    with container() as box:
        box.start()
        box.wait_until_answering()
        assert box.get("/", host="[::1]")[0] == 200
    with container() as box:
        box.write("/etc/nginx/conf.d/default.conf", "server { listen 80; return 200 changed; }\n")
        box.start()
        box.wait_until_answering()
        assert box.get("/", host="[::1]")[0] == 0
        assert box.get("/")[1] == "changed"


def check_runs_the_users_file_mounted_read_only_and_finishes_requests_when_stopped():
    with container() as box:
        box.mount_read_only(USER_CONF, "/etc/nginx/nginx.conf")
        servers = start_api_servers()
        try:
            box.start()
            box.wait_until_answering("/health")
            assert box.get("/health") == (200, "healthy\n")
            assert {json.loads(box.get("/")[1])["server"] for _ in range(12)} == {"api1", "api2", "api3"}
            slow = []
            request = threading.Thread(target=lambda: slow.append(box.get("/slow?ms=1500")[0]))
            request.start()
            wait_for(lambda: a_server_is_busy(box), "the arrival of the request at a server")
            stop_gracefully(box)
            request.join()
            assert slow == [200], f"the request in progress got {slow}"
        finally:
            for server in servers:
                server.kill()
                server.wait()


def check_makes_configuration_from_templates():
    with container() as box:
        box.write("/etc/nginx/templates/sub/site.conf.template", 'server { listen 81; return 200 "${GREETING} ${UNKNOWN} $uri"; }\n')
        box.write("/etc/nginx/templates/default.conf.template",
                  'server { listen 80; return 200 "${GREETING} ${SECRET} $uri ${NGINX_LOCAL_RESOLVERS}"; }\n')
        box.start(environment={"GREETING": "hello", "SECRET": "x", "NGINX_ENVSUBST_FILTER": "^(GREETING|NGINX_LOCAL)",
                               "NGINX_ENTRYPOINT_LOCAL_RESOLVERS": "1"})
        wait_for(lambda: "running /docker-entrypoint.d/30" in box.output["stdout"] or box.process.poll() is not None, "the hooks")
        made = (box.root / "etc/nginx/conf.d/default.conf").read_text()
        assert '"hello ${SECRET} $uri 127.0.0.53 [::1]"' in made, made
        assert '"hello ${UNKNOWN} $uri"' in (box.root / "etc/nginx/conf.d/sub/site.conf").read_text()


def check_runs_hooks_in_version_order_and_leaves_out_what_is_not_executable():
    with container() as box:
        box.write("/docker-entrypoint.d/9-first.envsh", "export ORDER=9\n", 0o755)
        box.write("/docker-entrypoint.d/100-last.sh", '#!/bin/sh\ncat >/dev/null\necho "order $ORDER, after hooks"\n', 0o755)
        box.write("/docker-entrypoint.d/50-not-executable.sh", "echo must not run\n")
        box.write("/docker-entrypoint.d/60-notes.txt", "notes\n")
        assert box.run(["nginx", "-t"]) == 0, box.output["stderr"]
        lines = box.output["stdout"].splitlines()
        assert "order 9, after hooks" in lines, lines
        assert not any("must not run" in line for line in lines)
        assert any("ignoring /docker-entrypoint.d/50-not-executable.sh" in line for line in lines)
        assert "test is successful" in box.output["stderr"]


def check_a_failing_hook_stops_the_start():
    with container() as box:
        box.write("/docker-entrypoint.d/40-fails.sh", "#!/bin/sh\nexit 3\n", 0o755)
        assert box.run(["nginx", "-t"]) == 3


def check_quiet_logs_silences_the_entry_point():
    with container() as box:
        assert box.run(["nginx", "-t"], {"NGINX_ENTRYPOINT_QUIET_LOGS": "1"}) == 0
        assert box.output["stdout"] == "", box.output["stdout"]


def check_other_commands_run_without_hooks():
    with container() as box:
        assert box.run(["sh", "-c", "echo just this"]) == 0
        assert box.output["stdout"] == "just this\n", box.output["stdout"]


def check_tunes_the_number_of_workers_to_the_cgroup_quota():
    with container() as box:
        box.write("/cgroup/cpu.max", "50000 100000\n")
        settings = {"NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE": "1", "DRISHTI_CGROUP_ROOT": "/cgroup"}
        assert box.run(["nginx", "-t"], settings) == 0
        assert "worker_processes  1;" in (box.root / "etc/nginx/nginx.conf").read_text()


def check_tolerates_a_read_only_main_file_while_tuning():
    with container() as box:
        box.mount_read_only(USER_CONF, "/etc/nginx/nginx.conf")
        assert box.run(["nginx", "-t"], {"NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE": "1"}) == 0, box.output["stderr"]


def check_has_the_user_the_tools_and_the_log_links():
    with container() as box:
        assert box.execute("id", "nginx")[1].startswith("uid=101(nginx) gid=101(nginx)")
        assert box.execute("curl", "--version")[0] == 0
        assert box.execute("envsubst", "--version")[0] == 0
        assert box.execute("readlink", "/var/log/nginx/access.log")[1] == "/dev/stdout\n"
        assert box.execute("readlink", "/var/log/nginx/error.log")[1] == "/dev/stderr\n"
        assert METADATA["STOPSIGNAL"] == "SIGQUIT" and METADATA["EXPOSE"] == "80"
        assert METADATA["CMD"] == ["nginx", "-g", "daemon off;"]


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    passed = failed = 0
    for name, check in list(globals().items()):
        if not name.startswith("check_"):
            continue
        try:
            check()
            passed += 1
            print(f"ok    {name.removeprefix('check_').replace('_', ' ')}", flush=True)
        except Exception:  # a check that breaks has failed; the others still run
            failed += 1
            print(f"FAIL  {name.removeprefix('check_').replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
