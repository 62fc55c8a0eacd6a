"""The process that serves: gunicorn's threaded worker, with an event loop that reads requests before a thread does."""
