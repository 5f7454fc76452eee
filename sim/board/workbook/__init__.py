"""The workbook: every number with its error, and live formulas."""
