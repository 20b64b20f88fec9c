"""A server that answers after a delay can't be asked more often than workers over delay."""

import math
import os
import socket
import urllib.request

import pytest

from experiments.workloads.http_server import body_of, respond
from experiments.workloads.web import check
from tests.experiments.workloads.opening import opened, run

CLOCK_S = 1e-4
NAMES = ("tcp_echo", "http_get")
REQUEST = b"GET /1 HTTP/1.1\r\n\r\n"


def connected(workload):
    return socket.create_connection(("127.0.0.1", workload._port))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("strategy", "workers"), [("serial", 1), ("threads", 2), ("threads", 5), ("asyncio", 5)])
def test_the_rate_is_at_most_the_number_of_workers_over_the_delay(name, strategy, workers):
    with opened(name, delay=0.02) as workload:
        assert run(workload, strategy, 7, workers=workers) >= math.ceil(7 / workers) * 0.02 - CLOCK_S


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strategy", ["threads", "asyncio"])
def test_a_thousand_are_answered_together(name, strategy):
    with opened(name, delay=0.3) as workload:
        seconds = run(workload, strategy, 1000, workers=1000)
    assert 0.3 - CLOCK_S <= seconds < 1000 * 0.3 / 20


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strategy", ["threads", "asyncio"])
def test_answers_larger_than_the_buffers_of_the_sockets_arrive_whole(name, strategy):
    with opened(name, delay=0, size=5_000_000) as workload:
        run(workload, strategy, 6, workers=6)


@pytest.mark.parametrize("name", NAMES)
def test_who_does_not_read_keeps_nobody_waiting(name):
    size = 20_000_000
    with opened(name, delay=0, size=size) as workload, connected(workload) as idle:
        idle.sendall(REQUEST if name == "http_get" else bytes(size))
        run(workload, "serial", 2, workers=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_that_leaves_early_does_no_harm(name):
    with opened(name, delay=0.01) as workload:
        for _ in range(3):
            with connected(workload) as hasty:
                hasty.sendall(REQUEST)
        run(workload, "serial", 2, workers=1)


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system doesn't tell on which CPUs a process runs"
)
@pytest.mark.parametrize("name", NAMES)
def test_the_server_is_a_process_of_its_own_on_one_cpu_and_gone_afterwards(name):
    with opened(name) as workload:
        server = workload._process
        assert server.pid != os.getpid()
        assert os.sched_getaffinity(server.pid) == {max(os.sched_getaffinity(0))}
    assert server.poll() is not None


def test_it_is_http_that_other_clients_understand():
    with opened("http_get", delay=0, size=300) as workload:
        with urllib.request.urlopen(f"http://127.0.0.1:{workload._port}/258", timeout=10) as answer:
            assert answer.read() == body_of(258, 300) == bytes([2]) * 300
        with pytest.raises(urllib.request.HTTPError, match="400"):
            urllib.request.urlopen(f"http://127.0.0.1:{workload._port}/nothing", timeout=10)


@pytest.mark.parametrize("request_line", [b"POST /1 HTTP/1.1", b"GET / HTTP/1.1", b"GET", b"", b"GET /x HTTP/1.1"])
def test_what_is_no_request_for_a_number_is_refused(request_line):
    assert respond(request_line + b"\r\n\r\n", 10).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(("status", "body"), [(200, bytes([1, 1, 2])), (200, bytes([1, 1])), (400, bytes([1, 1, 1]))])
def test_a_wrong_answer_is_noticed(status, body):
    check(200, bytes([1, 1, 1]), 1, 3)
    with pytest.raises(ValueError, match="GET /1 was answered with status"):
        check(status, body, 1, 3)
