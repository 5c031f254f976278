"""Makes dist/<name>.wasm. Run it by the Python of .venv."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "../../sdk/python"))

from veche_build import main

sys.exit(main(sys.argv[1:]))
