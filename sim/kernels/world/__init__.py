"""What surrounds the lines of a case: mechanisms that are compiled only for cases that use one of them."""
