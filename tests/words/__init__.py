"""The words check: `make words`."""
