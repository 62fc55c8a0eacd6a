"""`python -m extraction.conformance MODULE`, in the monolith's folder and with its settings."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    # It needs models, which cannot be imported before.
    from extraction.conformance import reference

    reference.main(sys.argv[1])
