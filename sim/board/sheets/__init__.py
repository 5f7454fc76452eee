"""The sheets of the workbook, a module each: every one has `draw(book)` and draws what the pack says."""
