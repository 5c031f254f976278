"""Makes dist/{{name}}.wasm. Run it by the Python of .venv; `build.py types` only writes what editors and mypy read."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "{{sdk}}/python"))

from veche_build import main

sys.exit(main(sys.argv[1:]))
