"""Writes src/saltworks/models.pyi: the types of answers, from a server's OpenAPI document.

    python make_models.py OPENAPI.json [OUT]        # the document: GET /api/openapi.json

Only schemas that the package uses, and those that these refer to. Needs datamodel-code-generator.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

package = Path(__file__).parent / "src" / "saltworks"


def used(document: dict) -> dict:
    schemas = document["components"]["schemas"]
    wanted = {name for file in package.glob("*.py") for name in re.findall(r"\bmodels\.([A-Z]\w+)", file.read_text())}
    if unknown := wanted - schemas.keys():
        sys.exit(f"make_models.py: no schema {sorted(unknown)} in the document")
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted |= set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schemas[name]))) - found
    return {name: schema for name, schema in schemas.items() if name in found}


document = json.loads(Path(sys.argv[1]).read_text())
out = Path(sys.argv[2]) if len(sys.argv) > 2 else package / "models.pyi"
with tempfile.TemporaryDirectory() as folder:
    small, made = Path(folder, "openapi.json"), Path(folder, "models.py")
    document |= {"paths": {}, "components": {"schemas": used(document)}}
    small.write_text(json.dumps(document))
    options = {
        "--input": small,
        "--input-file-type": "openapi",
        "--output": made,
        "--output-model-type": "typing.TypedDict",
        "--target-python-version": "3.10",
        "--naming-strategy": "parent-prefixed",
        "--custom-file-header": "# Made by make_models.py from the server's OpenAPI document: types of answers, for type checkers alone.",
    }
    arguments = [str(part) for option in options.items() for part in option]
    command = [sys.executable, "-m", "datamodel_code_generator", *arguments, "--no-use-closed-typed-dict", "--formatters", "builtin"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    out.write_text(made.read_text())
