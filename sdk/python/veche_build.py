"""Makes a component of the plug-in in this folder: `python -m veche_build`.

The source is `src/plugin.py`, with a class that is a `Plugin`. What the class is says what the component does, and which
modules of the SDK the source imports says what it asks for: the world of the component is just that.
"""

import importlib
import inspect
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

SDK = Path(__file__).resolve().parent
# Beside `sdk/`, in the repository and in what a new project is given.
CONTRACT = SDK.parent.parent / "wit"
KINDS = {"categorizer": "Categorizer", "router": "Router", "indicators": "Indicators", "exporter": "Exporter"}
PERMISSIONS = ["log", "directory", "calendar", "datasets", "applicant"]


class Refused(Exception):
    """The plug-in cannot be built; the message says what to do."""


def main(arguments: list[str]) -> int:
    """`build`, or `types` for what editors and type checkers read."""
    try:
        match arguments:
            case [] | ["build"]:
                print(build(Path.cwd()))
            case ["types"]:
                bindings(Path.cwd())
            case _:
                raise Refused("usage: python -m veche_build [build | types]")
    except Refused as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    return 0


def build(project: Path) -> str:
    """Builds `dist/<name>.wasm`; what was made, in a line."""
    name = project_name(project)
    if not (project / "src/plugin.py").exists():
        raise Refused(f"there is no src/plugin.py in {project}: put the class of the plug-in there")
    typed = bindings(project)
    found, kinds, permissions = look(project, typed)
    file = Path("dist") / f"{name}.wasm"
    (project / "dist").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="veche-") as folder:
        made = Path(folder)
        wit = contract(made / "wit", world("built", kinds, permissions))
        (made / "app").mkdir()
        (made / "app/veche_entry.py").write_text(entry(found, kinds), encoding="utf-8")
        sources = [made / "app", project / "src", SDK]
        paths = [part for path in sources for part in ("--python-path", str(path))]
        componentize(
            ["-d", str(wit), "-w", "built", "componentize", "veche_entry", *paths, "--stub-wasi", "-o", str(project / file)],
            project,
        )
    size = (project / file).stat().st_size
    return f"{file}: {size} bytes; does {', '.join(kinds)}; asks for {', '.join(permissions)}"


def project_name(project: Path) -> str:
    """The name of the plug-in, from `pyproject.toml`."""
    try:
        described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(f"there is no pyproject.toml in {project}: run this in the folder of a plug-in") from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"pyproject.toml: {error}") from None
    name = described.get("project", {}).get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise Refused(f"the name {name!r} in pyproject.toml cannot be that of a plug-in: use small letters, digits and hyphens")
    return name


def contract(folder: Path, extra: str) -> Path:
    """The contract with one more file, in a folder."""
    files = sorted(CONTRACT.glob("*.wit"))
    if not files:
        raise Refused(f"the contract is not in {CONTRACT}: keep the folder `wit` beside the folder `sdk`")
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
    package = next(found for file in files if (found := re.search(r"^package [^;]+;", file.read_text(encoding="utf-8"), re.M)))
    (folder / "built.wit").write_text(f"{package[0]}\n\n{extra}", encoding="utf-8")
    return folder


def world(name: str, kinds: list[str], permissions: list[str]) -> str:
    """A world of just what a plug-in does and asks for."""
    items = [f"import {one};" for one in permissions] + [f"export {one};" for one in ["plugin", *kinds]]
    return f"world {name} {{\n" + "".join(f"  {item}\n" for item in items) + "}\n"


def bindings(project: Path) -> Path:
    """The types of the whole contract as Python modules, in `.veche/bindings`: for type checkers, and for a look at the
    source before it is built."""
    folder = project / ".veche/bindings"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="veche-") as made:
        wit = contract(Path(made) / "wit", world("everything", list(KINDS), PERMISSIONS))
        componentize(["-d", str(wit), "-w", "everything", "bindings", str(folder)], project)
    return folder


def componentize(arguments: list[str], project: Path) -> None:
    """Runs componentize-py of the environment that this runs in."""
    program = Path(sys.executable).parent / "componentize-py"
    if not program.exists():
        raise Refused("componentize-py is not installed here: run `pip install --require-hashes -r requirements.txt` in .venv")
    done = subprocess.run([program, "--quiet", *arguments], cwd=project, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"componentize-py: {done.stderr.strip() or done.stdout.strip() or f'exit code {done.returncode}'}")


def look(project: Path, typed: Path) -> tuple[str, list[str], list[str]]:
    """The class of the plug-in, what it does and what it asks for, by a look at the source as it is imported."""
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(project / "src"), str(typed), str(SDK)]
    try:
        source = importlib.import_module("plugin")
    except Exception as error:
        at = next((frame for frame in reversed(inspect.trace()) if str(project / "src") in frame.filename), None)
        place = f"{Path(at.filename).relative_to(project)}:{at.lineno}: " if at else ""
        if isinstance(error, SyntaxError) and error.filename:
            place = f"{Path(error.filename).relative_to(project)}:{error.lineno}: "
        raise Refused(f"{place}{type(error).__name__}: {error}") from None
    base = importlib.import_module("veche_sdk").Plugin
    classes = [one for one in vars(source).values() if inspect.isclass(one) and issubclass(one, base) and one is not base]
    classes = [one for one in classes if one.__module__ == source.__name__]
    if len(classes) != 1:
        names = ", ".join(one.__name__ for one in classes) or "none"
        raise Refused(f"src/plugin.py must hold one class that is a `Plugin`, and holds {names}: `class Mine(Plugin[Settings], Router)`")
    (found,) = classes
    loaded = {name: sys.modules[f"veche_sdk.{name}"] for name in KINDS if f"veche_sdk.{name}" in sys.modules}
    kinds = [name for name, module in loaded.items() if issubclass(found, getattr(module, KINDS[name]))]
    if not kinds:
        raise Refused(f"{found.__name__} does nothing yet: let it be a {', or a '.join(KINDS.values())}, too")
    idle = [name for name in loaded if name not in kinds]
    if idle:
        raise Refused(f"veche_sdk.{idle[0]} is imported, and {found.__name__} is no {KINDS[idle[0]]}: leave the import out")
    # Exceptions are reported to the log.
    permissions = [name for name in PERMISSIONS if name == "log" or f"veche_sdk.{name}" in sys.modules]
    return found.__name__, kinds, permissions


def entry(found: str, kinds: list[str]) -> str:
    """The module that exports what the world asks for."""
    lines = [
        "from plugin import " + found,
        "from veche_sdk import _kinds, _runtime",
        f"_kinds.AUTHOR = {found}",
        f"Plugin = _runtime.plugin({found})",
        *(f"{KINDS[kind]} = _kinds.{kind}()" for kind in kinds),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
