"""What surrounds the lines: one module for each mechanism. Compiled only for cases that use one."""
