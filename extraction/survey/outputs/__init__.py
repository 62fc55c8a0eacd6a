"""A survey, written down: for a terminal, for programs, for code scanning, and as a page to look at."""
