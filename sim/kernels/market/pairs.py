"""Random numbers of every path of a block, as the price models and the trading day draw them."""

import numpy as np

from sim.kernels.jit import passage
from sim.kernels.random.variates import draw_words, to_pairs, to_uniforms
from sim.lowering.program import BLOCK


@passage
def draw_normal_pair(a, b, everyone, lanes, purpose, index):
    """The two normals of the first word of a call of the generator."""
    draw_words(a, b, everyone, np.int64(BLOCK), lanes.first_path, lanes.antithetic, index, purpose, lanes.seed)
    to_pairs(a, b, everyone, np.int64(BLOCK), lanes.antithetic)


@passage
def draw_uniform_pair(a, b, everyone, lanes, purpose, index):
    """The two uniforms of one call of the generator."""
    draw_words(a, b, everyone, np.int64(BLOCK), lanes.first_path, lanes.antithetic, index, purpose, lanes.seed)
    to_uniforms(a, everyone, np.int64(BLOCK), lanes.antithetic)
    to_uniforms(b, everyone, np.int64(BLOCK), lanes.antithetic)
