import sys

from tests.words.check import main

sys.exit(main(sys.argv[1:]))
