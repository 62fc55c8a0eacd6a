"""What development and tests need and production does not: embedded PostgreSQL, demo data, helpers."""
