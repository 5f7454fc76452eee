"""The page that answers at once: live controls of a case, on this machine and in a notebook."""
