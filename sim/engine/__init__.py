"""Run the kernels: simulation over threads, quasi-random points, one path traced or replayed, a run repeated."""
