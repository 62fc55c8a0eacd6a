"""What is asked of the operating system: Python run in a folder, PostgreSQL servers, git, signals, and its refusals."""
