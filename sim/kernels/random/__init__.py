"""Random numbers: the generator, elementary functions with reproducible bits, and the variates of a block."""
