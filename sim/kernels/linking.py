"""A shorter way of compiling functions that are only ever called by compiled functions.

Numba optimises the code of a function and makes machine code of it as soon as it is compiled, then links the optimised
code into its callers, where LLVM optimises it again, level by level. For a function that Python never calls, only the
last of these matters: its code is linked into the outermost kernel as it is, and optimised there once. That takes
more than half of the time of compilation away; results are the same bits.

Numba has no option for this. The way is its extension of compilers by passes, with a library class that overrides
methods that are not public, so it is taken only with the versions of Numba that it is known to fit. With another one
every function is compiled the usual way.
"""

from typing import Any

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import AnnotateTypes

#: The versions of Numba whose libraries finalise as `_LinkedLibrary` assumes.
KNOWN = ((0, 68),)


class _LinkedLibrary(JITCodeLibrary):
    """The code of a function that is linked into others, and neither optimised nor loaded by itself."""

    codegen = property(lambda self: self)  # Numba sets the environment of code that is loaded through it

    def set_env(self, env_name, env):
        """Nothing is loaded whose environment could be set."""

    def get_pointer_to_function(self, name):
        """0: no code is loaded."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=False, analysis_only=True)
class _LinkOnly(AnalysisPass):
    """Prepares the library that the pass after it, the lowering, fills."""

    _name = "link_only"

    def __init__(self):
        AnalysisPass.__init__(self)

    def run_pass(self, state):
        state.library = _LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return False


class _LinkingCompiler(CompilerBase):
    def define_pipelines(self):
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_LinkOnly, AnnotateTypes)  # the last pass before the lowering
        passes.finalize()
        return [passes]


#: Options of a function that only compiled functions call.
LINKED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
if numba.version_info.short in KNOWN:
    LINKED["pipeline_class"] = _LinkingCompiler
