# The same file builds the monolith and every service extracted from it.

FROM python:3.13.14-slim-bookworm AS python
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1


FROM python AS libraries
# Wheels of ours, which no index need have, lie in vendor/ where there are any.
COPY requirements/base.txt vendor* /requirements/
# Wheels only, each with its hash: nothing is compiled, and no code of a package runs while it is installed.
RUN python -m venv /venv && \
    pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: \
        --find-links /requirements --requirement /requirements/base.txt


FROM python
RUN groupadd --gid 10001 app && \
    useradd --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app && \
    install --directory --owner=app --group=app /media
WORKDIR /app
COPY --from=libraries /venv /venv
COPY manage.py ./
COPY contracts contracts
COPY src src
# As the code belongs to root, the process cannot change what it runs; so it is compiled here.
RUN python -m compileall -q --invalidation-mode unchecked-hash .

# As in manage.py: the packages are in src/, the contracts beside it.
ENV PYTHONPATH=/app/src:/app \
    DJANGO_SETTINGS_MODULE=config.settings \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8000

# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import os, urllib.request; \
urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/ready', timeout=4)"]

# Serves, and changes no database: `python manage.py migrate_all` in this image does that, once per release, before.
CMD ["gunicorn", "--config", "python:seamline.runtime.gunicorn_conf", "seamline.runtime.wsgi:application"]
