"""Machine code of the elementary functions and the generator: it vectorises for every processor, with the same bits.

Numba writes its LLVM code unoptimised once; LLVM then optimises it and writes assembly for each processor, as it would
there. So every machine checks the code of all. Foreign code is read, not run.
"""

import hashlib
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from llvmlite import binding

from sim.kernels.random import elementary
from sim.kernels.random.philox import fill_normal_pair, fill_uniform_pair

ROOT = Path(__file__).resolve().parents[2]
PACKED_FMA = r"vfmadd\d+pd\s.*%[yz]mm|fmla\s+(?:v\d+\.2d|z\d+\.d)"  # at least four doubles on x86, two on ARM
PACKED_PRODUCT = r"v?pmuludq\s"  # of 32-bit integers, on x86
LIBM = r"\b(?:fma|exp|log|log2|erf|sqrt)\b(?!\.)"

#: Processors: the name that LLVM gives them, and their triple.
PROCESSORS = {
    "generic x86": ("x86-64", "x86_64-unknown-linux-gnu"),
    "haswell": ("haswell", "x86_64-unknown-linux-gnu"),  # AVX2
    "znver4": ("znver4", "x86_64-unknown-linux-gnu"),  # AVX-512, 512 bits wide
    "emeraldrapids": ("emeraldrapids", "x86_64-unknown-linux-gnu"),  # AVX-512, of which LLVM uses 256 bits
    "generic ARM": ("generic", "aarch64-unknown-linux-gnu"),
    "neoverse-v1": ("neoverse-v1", "aarch64-unknown-linux-gnu"),  # SVE
}
WITH_FMA = [name for name in PROCESSORS if name != "generic x86"]
ELEMENTARY = ("exp", "log", "normal")


def over_a_row(function):
    @numba.njit("void(float64[::1], float64[::1])", error_model="numpy")
    def over(x, out):
        for i in range(x.shape[0]):
            out[i] = function(x[i])

    return over


def generator():
    @numba.njit("void(float64[::1], float64[::1], uint64, int64, int64, uint64)", error_model="numpy")
    def fill(a, b, first_path, index, purpose, seed):
        fill_normal_pair(a, b, first_path, index, purpose, seed)

    return fill


def kernels():
    found = {name: over_a_row(getattr(elementary, name)) for name in ELEMENTARY}
    return found | {"generator": generator(), "erf": over_a_row(math.erf)}


def print_unoptimised():
    """What the subprocess does: the LLVM code of each kernel, as JSON."""
    print(json.dumps({name: "\n".join(kernel.inspect_llvm().values()) for name, kernel in kernels().items()}))


def answer_of(call, **variables):
    """Standard output of a function of this module in a process with other environment variables."""
    command = [sys.executable, "-c", f"from tests.kernels import test_machine_code as module; module.{call}()"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def unoptimised():
    return json.loads(answer_of("print_unoptimised", NUMBA_OPT="0"))


@pytest.fixture(scope="module")
def assembly(unoptimised):
    """Assembly of a kernel for a processor."""
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()

    def assembly(kernel, processor):
        cpu, triple = PROCESSORS[processor]
        try:
            target = binding.Target.from_triple(triple)
        except RuntimeError:
            pytest.skip(f"this LLVM has no target {triple}")
        machine = target.create_target_machine(cpu=cpu, opt=3, reloc="static")
        module = binding.parse_assembly(unoptimised[kernel])
        module.triple, module.data_layout = triple, str(machine.target_data)
        tuning = binding.create_pipeline_tuning_options(speed_level=3)
        tuning.loop_vectorization = tuning.slp_vectorization = True
        passes = binding.create_pass_builder(machine, tuning)
        passes.getModulePassManager().run(module, passes)
        return machine.emit_assembly(module)

    return assembly


@pytest.mark.parametrize("processor", WITH_FMA)
@pytest.mark.parametrize("kernel", [*ELEMENTARY, "generator"])
def test_kernels_vectorise_and_call_no_libm(assembly, kernel, processor):
    text = assembly(kernel, processor)
    assert re.search(PACKED_FMA, text)
    assert not re.search(LIBM, text)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_loop_that_needs_libm_is_seen(assembly, processor):
    text = assembly("erf", processor)
    assert not re.search(PACKED_FMA, text)
    assert re.search(LIBM, text)


@pytest.mark.parametrize("processor", [name for name in PROCESSORS if PROCESSORS[name][1].startswith("x86")])
def test_the_generator_multiplies_packed_integers(assembly, processor):
    text = assembly("generator", processor)
    assert re.search(PACKED_PRODUCT, text)
    assert "vpmullq" not in text  # three times as slow


@pytest.mark.parametrize("kernel", [*ELEMENTARY, "generator"])
def test_generic_x86_needs_libm_for_fma_alone(assembly, kernel):
    assert set(re.findall(LIBM, assembly(kernel, "generic x86"))) == {"fma"}


def host_has_fma():
    return binding.get_process_triple().startswith("aarch64") or binding.get_host_cpu_features().get("fma", False)


@pytest.mark.skipif(not host_has_fma(), reason="this processor has no fused multiply-add")
@pytest.mark.parametrize("kernel", [*ELEMENTARY, "generator"])
def test_numba_vectorises_for_this_processor(kernel):
    text = "\n".join(kernels()[kernel].inspect_asm().values())
    assert re.search(PACKED_FMA, text)
    assert not re.search(LIBM, text)


# ------------------------------------------------------------------------------------------------------ the same bits


def fingerprint():
    """Of everything the kernels compute with floats."""

    @numba.njit
    def fill(a, b, c, d):
        fill_normal_pair(a, b, np.uint64(2**32 - 500), 3, 4, 5)
        fill_uniform_pair(c, d, np.uint64(0), 1, 2, np.uint64(2**63))

    rows = [np.empty(1001) for _ in range(4)]
    fill(*rows)
    u = (np.random.default_rng(6).integers(0, 2**52, 20_000) + 0.5) * 2.0**-52
    for name, x in (("exp", 1490 * u - 746), ("log", u), ("log", 1000 * u), ("normal", u)):
        rows.append(np.empty_like(x))
        over_a_row(getattr(elementary, name))(x, rows[-1])
    return hashlib.sha256(b"".join(row.tobytes() for row in rows)).hexdigest()


def print_fingerprint():
    print(fingerprint())


@pytest.mark.parametrize(
    ("processor", "features", "needs"),
    [
        ("generic", "", None),  # two doubles a register; on x86 no fused multiply-add of its own
        ("haswell", "", "avx2"),  # four doubles
        ("skylake-avx512", "-prefer-256-bit", "avx512f"),  # eight
    ],
)
def test_another_processor_gets_the_same_bits(processor, features, needs):
    if needs and not binding.get_host_cpu_features().get(needs):
        pytest.skip("this machine cannot run it")
    got = answer_of("print_fingerprint", NUMBA_CPU_NAME=processor, NUMBA_CPU_FEATURES=features)
    assert got.strip() == fingerprint()
