"""Convert a case (dollars and dates) into the numeric program that the kernels run."""
