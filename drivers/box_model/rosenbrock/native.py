"""From IR text to machine code by llvmlite, with the object code kept in the user's cache for the next process.

The key of a cached object is all that it depends on: the mechanism, this package's own source, the method, LLVM, the
CPU and the lanes.
"""

import ctypes
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

DIGEST_BYTES = 32
OPTIMISATION = 2  # 3 takes longer and gains nothing on straight-line code
ENTRY = "solve_boxes"
_LOCK = Lock()


@dataclass(frozen=True)
class Target:
    """The processor that code is made for."""

    cpu: str
    features: str
    lanes: int


@dataclass(frozen=True)
class Solver:
    """A loaded solver; `run` takes the address of a context, `owner` keeps the code alive."""

    run: Callable[[int], None]
    owner: Any


@cache
def host() -> Target:
    """Return this machine: 8 lanes with AVX-512, 4 with AVX, 2 otherwise."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    lanes = 8 if features.get("avx512f") else 4 if features.get("avx") else 2
    return Target(llvm.get_host_cpu_name(), features.flatten(), lanes)


def cache_folder() -> Path:
    """Return the folder of cached object code: `YICE_CACHE`, else `yice` in the platform's cache folder of the user."""
    if os.environ.get("YICE_CACHE"):
        return Path(os.environ["YICE_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "yice" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "yice"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yice"


def load_solver(key: str, source: Callable[[], str], target: Target) -> Solver:
    """Return the solver of a key (`cache_key`): from the cache, or compiled from `source()` and put there.

    A cached file that is damaged is compiled anew; a cache that cannot be written is done without.
    """
    with _LOCK:
        path = cache_folder() / f"box-{key}.o"
        code = _read(path)
        if code is None:
            code = _compile(source(), target)
            _write(path, code)
        return _link(code, target)


def cache_key(target: Target, *parts: str) -> str:
    """Return the name under which object code is kept."""
    import llvmlite
    import llvmlite.binding as llvm

    versions = (llvmlite.__version__, str(llvm.llvm_version_info), _own_source())
    text = "\n".join((*parts, *versions, target.cpu, target.features, str(target.lanes)))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_BYTES]


@cache
def _own_source() -> str:
    package = files("drivers.box_model.rosenbrock")
    sources = sorted((item.name, item.read_bytes()) for item in package.iterdir() if item.name.endswith(".py"))
    return hashlib.sha256(repr(sources).encode()).hexdigest()


@cache
def _machine(target: Target) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(cpu=target.cpu, features=target.features, opt=OPTIMISATION, jit=True)


def _compile(text: str, target: Target) -> bytes:
    import llvmlite.binding as llvm

    machine = _machine(target)
    module = llvm.parse_assembly(text)
    module.verify()  # no passes over the IR: it is straight already, and they double the time to compile
    code: bytes = machine.emit_object(module)
    return code


def _link(code: bytes, target: Target) -> Solver:
    import llvmlite.binding as llvm

    _machine(target)
    triple = llvm.Target.from_default_triple()
    machine = triple.create_target_machine(cpu=target.cpu, features=target.features, opt=OPTIMISATION, jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.get_function_address(ENTRY))
    return Solver(function, engine)


def _read(path: Path) -> bytes | None:
    if not path.is_file():
        return None
    data = path.read_bytes()
    digest, code = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(file.name).replace(path)  # another process may do the same: each finds a whole file
    except OSError:
        return
