"""Facts fit into JSON, and the fingerprint changes with the machine only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.machine import facts
from pipeline.machine.facts import (
    FINGERPRINTED,
    SETTINGS,
    differences,
    fingerprint,
    identity,
    machine_facts,
    setting_changes,
)

ROOT = Path(__file__).parents[2]
KNOWN: dict[str, Any] = {
    "os": "Linux",
    "kernel": "6.8.0",
    "architecture": "x86_64",
    "hostname": "example",
    "cpu_model": "Example CPU",
    "cpu_signature": "GenuineIntel 6/85/7",
    "cpu_microcode": "0x12",
    "sockets": 1,
    "physical_cores": 4,
    "logical_cpus": 8,
    "threads_per_core": 2,
    "numa_nodes": 1,
    "affinity": [0, 1, 2, 3],
    "affinity_cpus": 4,
    "quota_cpus": None,
    "memory_bytes": 16 << 30,
    "governor": "powersave",
    "on_ac_power": True,
    "fallback_identity": None,
}


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    return machine_facts()


def test_facts_survive_json(here: dict[str, Any]) -> None:
    assert json.loads(json.dumps(here, allow_nan=False)) == here


def test_this_machine_tells_the_essentials(here: dict[str, Any]) -> None:
    for name in ("os", "kernel", "architecture", "cpu_model", "logical_cpus", "effective_cpus", "memory_bytes"):
        assert here[name], name


def test_nothing_secret_or_fleeting_is_collected(here: dict[str, Any]) -> None:
    text = json.dumps(here)
    boot_id = Path("/proc/sys/kernel/random/boot_id")
    if boot_id.exists():
        assert boot_id.read_text(encoding="ascii").strip() not in text
    assert str(Path.home()) not in text
    assert not {name for name in here if "mhz" in name.lower() or name.startswith(("load", "free"))}


def test_the_fingerprint_is_the_same_in_another_process(here: dict[str, Any]) -> None:
    code = "from pipeline.machine.facts import *; print(fingerprint(machine_facts()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=30)
    assert done.stdout.decode().strip() == fingerprint(here)
    assert len(fingerprint(here)) == 12


def test_a_fact_that_cannot_be_found_out_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> str:
        raise PermissionError("/sys is hidden")

    monkeypatch.setitem(facts.FACTS, "governor", denied)
    assert machine_facts()["governor"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"hostname": "renamed"},
        {"governor": "performance"},
        {"kernel": "6.8.1", "os_release": "Example 2", "cpu_microcode": "0x13", "libc": "glibc 2.40"},
        {"on_ac_power": False},
        {"memory_bytes": (16 << 30) - 4096},
        {"affinity": [4, 5, 6, 7]},
        {"load": 7.5, "cpu_mhz": 3411.2, "free_memory_bytes": 12345},
        {"quota_cpus": 0},
    ],
)
def test_volatile_facts_do_not_change_the_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint({**KNOWN, **change}) == fingerprint(KNOWN)
    assert differences({**KNOWN, **change}, KNOWN) == {}


@pytest.mark.parametrize("name", FINGERPRINTED)
def test_every_fingerprinted_fact_changes_it_and_is_named(name: str) -> None:
    other = {**KNOWN, name: 3 if name != "cpu_model" else "Other CPU"}
    assert fingerprint(other) != fingerprint(KNOWN)
    assert differences(KNOWN, other) == {name: (KNOWN[name], other[name])}


def test_two_and_two_point_zero_cpus_are_the_same() -> None:
    assert fingerprint({**KNOWN, "quota_cpus": 2.0}) == fingerprint({**KNOWN, "quota_cpus": 2})
    assert fingerprint({**KNOWN, "quota_cpus": 2.5}) != fingerprint({**KNOWN, "quota_cpus": 2})


@pytest.mark.parametrize(
    "hidden", [{"logical_cpus": None}, {"logical_cpus": 0}, {"cpu_model": None, "cpu_signature": None}]
)
def test_machines_that_hide_their_processor_are_not_merged(hidden: dict[str, Any]) -> None:
    one = {**KNOWN, **hidden, "fallback_identity": "aaaa"}
    other = {**KNOWN, **hidden, "fallback_identity": "bbbb"}
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint({**one, "hostname": "renamed"})
    assert list(differences(one, other)) == ["fallback_identity"]


def test_a_processor_without_a_name_is_known_by_its_numbers() -> None:
    nameless = {**KNOWN, "cpu_model": None, "fallback_identity": "aaaa"}
    assert fingerprint(nameless) == fingerprint({**nameless, "fallback_identity": "bbbb"})
    assert fingerprint(nameless) != fingerprint({**nameless, "cpu_signature": "GenuineIntel 6/85/4"})


def test_an_update_is_a_change_of_settings_and_not_of_the_machine() -> None:
    updated = {**KNOWN, "kernel": "6.11.0", "governor": "performance", "hostname": "renamed", "turbo": True}
    assert setting_changes(KNOWN, updated) == {
        "kernel": ("6.8.0", "6.11.0"),
        "governor": ("powersave", "performance"),
    }
    assert setting_changes(KNOWN, KNOWN) == {}


def test_each_setting_and_each_fingerprinted_fact_is_collected_and_nothing_is_both(here: dict[str, Any]) -> None:
    assert set(here) >= {*SETTINGS, *FINGERPRINTED}
    assert not set(SETTINGS) & set(FINGERPRINTED)


def test_facts_of_others_that_hide_everything_are_not_merged_either() -> None:
    one = {"logical_cpus": 0, "hostname": "one"}
    other = {"logical_cpus": None, "hostname": "other"}
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint({}) != fingerprint(KNOWN)


def test_a_machine_that_hides_its_cpus_gets_an_identity_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(facts.FACTS, "logical_cpus", lambda: None)
    told = machine_facts()
    assert told["fallback_identity"]
    assert identity(told)["fallback_identity"] == told["fallback_identity"]
    machine_id = Path("/etc/machine-id")
    if machine_id.exists() and machine_id.read_text(encoding="ascii").strip():
        assert machine_facts()["fallback_identity"] == told["fallback_identity"]
        assert machine_id.read_text(encoding="ascii").strip() not in json.dumps(told)
