"""Machine code of the kernels that take the time: it vectorises for every processor, with the same bits.

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
from numba.core.codegen import get_host_cpu_features

from sim.engine.simulate import simulate
from sim.engine.workspace import Workspace
from sim.kernels.cash import operate_all
from sim.kernels.line.purchase_date import draw_all, select
from sim.kernels.market.gbm import exp_row, to_close
from sim.kernels.market.walk import bridge, draw_alone
from sim.kernels.random import elementary
from sim.kernels.random.variates import draw_words, to_pairs, to_uniforms
from sim.lowering import program as r
from sim.lowering.lower import lower
from tests.support.random_rows import normals, single_normals, uniforms
from tests.support.valence import valence_2002

ROOT = Path(__file__).resolve().parents[2]
PACKED_FMA = r"vfmadd\d+pd\s.*%[yz]mm|fmla\s+(?:v\d+\.2d|z\d+\.d)"  # at least four doubles on x86, two on ARM
#: The same of sums, products and comparisons; of roots; of rounding downwards; of products of 32-bit integers.
PACKED_DOUBLES = r"v(?:add|sub|mul|cmp)\w*pd\s.*%[yz]mm|f(?:add|sub|mul|cmgt|cmge)\s+(?:v\d+\.2d|[zp]\d+\.d)"
PACKED_ROOT = r"vsqrtpd\s.*%[yz]mm|fsqrt\s+(?:v\d+\.2d|z\d+\.d)"
PACKED_FLOOR = r"v(?:round|rndscale)pd\s.*%[yz]mm|frintm\s+(?:v\d+\.2d|z\d+\.d)"
PACKED_WORDS = r"v?pmuludq\s|umull2?\s+v\d+\.2d|(?:mul|umullb)\s+z\d+\.d"
LIBM = r"\b(?:fma|exp|log|log2|erf|sqrt|floor|sin|cos)\b(?!\.)"

#: Processors: the name that LLVM gives them, and their triple.
PROCESSORS = {
    "generic x86": ("x86-64", "x86_64-unknown-linux-gnu"),
    "haswell": ("haswell", "x86_64-unknown-linux-gnu"),  # AVX2
    "znver4": ("znver4", "x86_64-unknown-linux-gnu"),  # AVX-512, 512 bits wide
    "emeraldrapids": ("emeraldrapids", "x86_64-unknown-linux-gnu"),  # AVX-512, of which LLVM uses 256 bits
    "emeraldrapids, wide": ("emeraldrapids", "x86_64-unknown-linux-gnu", "-prefer-256-bit"),
    "generic ARM": ("generic", "aarch64-unknown-linux-gnu"),
    "neoverse-v1": ("neoverse-v1", "aarch64-unknown-linux-gnu"),  # SVE
}
WITH_FMA = [name for name in PROCESSORS if name != "generic x86"]
ELEMENTARY = ("exp", "log", "normal")
#: Stages, and what their loops must have: they run for every path of every block.
STAGES = {
    "draw_words": PACKED_WORDS,
    "to_uniforms": PACKED_DOUBLES,
    "to_pairs": PACKED_ROOT,
    "bridge": PACKED_FMA,
    "to_close": PACKED_FMA,
    "exp_row": PACKED_FMA,
    "draw_alone": PACKED_ROOT,
    "operate_all": PACKED_DOUBLES,
    "draw_all": PACKED_FLOOR,
    "select": PACKED_DOUBLES,
}
#: Those that LLVM leaves scalar where a register has two doubles only: packing would cost more than it saves.
SCALAR_IN_PAIRS = ("draw_words", "to_uniforms", "operate_all", "draw_all")


def over_a_row(function):
    @numba.njit("void(float64[::1], float64[::1])", error_model="numpy")
    def over(x, out):
        for i in range(x.shape[0]):
            out[i] = function(x[i])

    return over


def of_rows(stage, *arguments):
    """A function of a tuple that calls a stage with what is in it, compiled for such arguments."""
    compiled = numba.njit(lambda given: stage(*given), error_model="numpy")
    compiled.compile((numba.typeof(arguments),))
    return compiled


def stages():
    row, paths, ledger = np.zeros(r.BLOCK), np.zeros(r.BLOCK, np.int64), np.zeros(1, r.STATE).view(np.recarray)
    plan, seed = lower(valence_2002()), np.uint64(1)
    program, purchase, state = plan.program, plan.program.purchases.view(np.recarray)[0], ledger[0]
    selection = Workspace(plan).selection
    line, headroom = program.line, program.opening.headroom
    calls = {
        "draw_words": (draw_words, row, row, paths, 8, seed, 0, 1, 1, seed),
        "to_uniforms": (to_uniforms, row, paths, 8, 0),
        "to_pairs": (to_pairs, row, row, paths, 8, 0),
        "bridge": (bridge, row, row, row, row, 0.5, 0.5, 8),
        "to_close": (to_close, row, row, 0.5, 0.5, 0.5, 8),
        "exp_row": (exp_row, row, 0.5, 8),
        "draw_alone": (draw_alone, np.zeros((4, 8)), paths, 0, 8, seed, 0, seed),
        "operate_all": (operate_all, state, row, 0.5, 0.5),
        "draw_all": (draw_all, state, row, purchase, line, 0, program.opening),
        "select": (select, state, selection, purchase, line, headroom, 0),
    }
    return {name: of_rows(*call) for name, call in calls.items()}


def kernels():
    found = {name: over_a_row(getattr(elementary, name)) for name in ELEMENTARY}
    return found | stages() | {"erf": over_a_row(math.erf)}


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
        cpu, triple, *features = PROCESSORS[processor]
        try:
            target = binding.Target.from_triple(triple)
        except RuntimeError:
            pytest.skip(f"this LLVM has no target {triple}")
        machine = target.create_target_machine(cpu=cpu, features="".join(features), opt=3, reloc="static")
        module = binding.parse_assembly(unoptimised[kernel])
        module.triple, module.data_layout = triple, str(machine.target_data)
        tuning = binding.create_pipeline_tuning_options(speed_level=3)
        tuning.loop_vectorization = tuning.slp_vectorization = True
        passes = binding.create_pass_builder(machine, tuning)
        passes.getModulePassManager().run(module, passes)
        return machine.emit_assembly(module)

    return assembly


@pytest.mark.parametrize("processor", WITH_FMA)
@pytest.mark.parametrize("kernel", ELEMENTARY)
def test_kernels_vectorise_and_call_no_libm(assembly, kernel, processor):
    text = assembly(kernel, processor)
    assert re.search(PACKED_FMA, text)
    assert not re.search(LIBM, text)


@pytest.mark.parametrize("processor", WITH_FMA)
@pytest.mark.parametrize("stage", STAGES)
def test_stages_vectorise_and_call_no_libm(assembly, stage, processor):
    text = assembly(stage, processor)
    assert not re.search(LIBM, text)
    if processor != "generic ARM" or stage not in SCALAR_IN_PAIRS:
        assert re.search(STAGES[stage], text)


@pytest.mark.parametrize("stage", STAGES)
def test_wide_registers_are_used_where_asked_for(assembly, stage):
    wide, narrow = (assembly(stage, f"emeraldrapids{word}") for word in (", wide", ""))
    assert "%zmm" in wide
    assert "%zmm" not in narrow


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_loop_that_needs_libm_is_seen(assembly, processor):
    text = assembly("erf", processor)
    assert not re.search(PACKED_FMA, text)
    assert re.search(LIBM, text)


@pytest.mark.parametrize("processor", [name for name in PROCESSORS if PROCESSORS[name][1].startswith("x86")])
def test_the_generator_multiplies_packed_integers(assembly, processor):
    text = assembly("draw_words", processor)
    assert re.search(PACKED_WORDS, text)
    assert "vpmullq" not in text  # three times as slow


@pytest.mark.parametrize("kernel", [*ELEMENTARY, *STAGES])
def test_generic_x86_needs_libm_for_little(assembly, kernel):
    """For the fused multiply-add, and to round downwards; the generator needs nothing."""
    assert set(re.findall(LIBM, assembly(kernel, "generic x86"))) <= {"fma", "floor"} - (
        {"fma", "floor"} if kernel == "draw_words" else set()
    )


def host_has_fma():
    return binding.get_process_triple().startswith("aarch64") or binding.get_host_cpu_features().get("fma", False)


@pytest.mark.skipif(not host_has_fma(), reason="this processor has no fused multiply-add")
@pytest.mark.parametrize("kernel", [*ELEMENTARY, "to_pairs", "bridge", "to_close", "exp_row"])
def test_numba_vectorises_for_this_processor(kernel):
    text = "\n".join(kernels()[kernel].inspect_asm().values())
    assert re.search(STAGES.get(kernel, PACKED_FMA), text)
    assert not re.search(LIBM, text)


# ------------------------------------------------------------------------------------------------------ the same bits


def fingerprint():
    """Of everything the kernels compute with floats."""
    first = 2**32 - 500
    rows = [*normals(first, 1001, 3, 4, 5), *normals(first, 1001, 3, 4, 5, antithetic=1)]
    rows += [*single_normals(first, 1001, 3, 4, 5), *uniforms(0, 1001, 1, 2, 2**63)]
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


# ------------------------------------------------------------------------------------------------ registers of 512 bits


def print_settings():
    """Numba's setting once the kernels are imported, whether code is 512 bits wide, and what it computes."""
    text = "\n".join(kernels()["to_pairs"].inspect_asm().values())
    run = simulate(valence_2002().replace({"policy.cadence": "daily"}), paths=300, seed=3, workers=1)
    bits = hashlib.sha256(b"".join(run[name].tobytes() for name in sorted(run.columns))).hexdigest()
    print(numba.config.CPU_FEATURES, "%zmm" in text, bits, fingerprint())


@pytest.mark.skipif("+avx512vbmi2" not in get_host_cpu_features(), reason="for other processors")
def test_wide_registers_change_no_bit():
    """Where the user names the processor's features, they are taken as they are."""
    features = f"{get_host_cpu_features()},+prefer-256-bit"
    wide = answer_of("print_settings").split()
    narrow = answer_of("print_settings", NUMBA_CPU_FEATURES=features).split()
    assert wide[:2] == ["None", "True"]
    assert narrow == [features, "False", *wide[2:]]


def test_numba_keeps_its_setting():
    assert (os.environ.get("NUMBA_CPU_FEATURES") or None) == numba.config.CPU_FEATURES
