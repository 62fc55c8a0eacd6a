"""The life of an order: checkout, discounts, status."""
