"""Tables, numbers, amounts of money and dates as text. This package knows nothing of cases or results."""
