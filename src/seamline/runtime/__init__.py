"""The running process: gunicorn's worker, threads beside the requests, Celery, shutdown."""
