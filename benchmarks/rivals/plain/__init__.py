"""The shop as one plain Django project: function calls between its parts, and the same four commits for an order."""
