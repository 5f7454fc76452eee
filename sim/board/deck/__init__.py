"""The deck: an editable PowerPoint file with native charts."""
