"""A module in C that doesn't declare that it can run without the GIL: importing it switches the GIL on."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.machine.interpreters import EXTRA_VARIABLE, Interpreter, discover

SOURCE = """
#include <stddef.h>
#include <stdint.h>
/* As the headers of CPython 3.13 and 3.14 have them for free-threaded builds; few installations bring the headers. */
typedef struct {
    uintptr_t thread; uint16_t flags; uint8_t mutex, marks; uint32_t local; ptrdiff_t shared; void *type;
} Object;
typedef struct {
    Object base; void *init; ptrdiff_t index; void *copy;
    const char *name, *doc; ptrdiff_t size; void *methods, *slots, *traverse, *clear, *free;
} Definition;
void *PyModule_Create2(Definition *, int);
static Definition definition = {.base = {.local = UINT32_MAX}, .name = "careless", .size = -1};
void *PyInit_careless(void) { return PyModule_Create2(&definition, 1013); }
"""


def free_threaded() -> Interpreter:
    """The newest free-threaded CPython here for which the module can be built."""
    found = [one for one in discover() if one.free_threaded and one.version_info[:2] in ((3, 13), (3, 14))]
    if not found:
        pytest.skip(f"no free-threaded CPython 3.13 or 3.14 was found; name one in {EXTRA_VARIABLE}")
    return found[-1]


def build_careless(folder: Path) -> Path:
    """Writes `careless.so` into a folder."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler is here to build a module that switches the GIL on")
    source, made = folder / "careless.c", folder / "careless.so"
    source.write_text(SOURCE)
    flags = ["-shared", "-fPIC", "-undefined", "dynamic_lookup"] if _is_apple() else ["-shared", "-fPIC"]
    subprocess.run([compiler, *flags, source, "-o", made], check=True, timeout=60)
    return made


def _is_apple() -> bool:
    return shutil.which("xcrun") is not None
