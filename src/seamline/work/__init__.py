"""Durable work: flows over several modules, and periodic jobs."""
